"""How the reference models are learned from public data; `python -m scoring.models.train` runs it."""
