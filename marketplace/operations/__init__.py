"""How the platform itself is doing, for those who operate it."""
