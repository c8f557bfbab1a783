"""What those who run the platform ask of it: is it well, how busy is it."""
