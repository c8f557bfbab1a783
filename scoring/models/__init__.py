"""The reference models that come with the library: JSON files, and a model card in Markdown beside each."""

from scoring.library import load, names

__all__ = ["load", "names"]
