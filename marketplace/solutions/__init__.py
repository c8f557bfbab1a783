"""What can treat this: trains of technologies for a need, plans for a city or a park, and claims that cannot be."""
