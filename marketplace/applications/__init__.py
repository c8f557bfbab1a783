"""Applications to calls: written once, checked at once, scored when they are submitted, settled by the database."""
