"""Search over everything that the caller may see."""
