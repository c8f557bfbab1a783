"""Introductions between a technology's holder and an investor, incubator or demand side, up to open contact data."""
