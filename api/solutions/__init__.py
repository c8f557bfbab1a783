"""Treatment trains for a need, and plans for a city or a park."""
