"""Search in Chinese and English: an index derived from the database, and the ranking that reads it."""
