"""What waits for whom: the first thing somebody sees after signing in."""
