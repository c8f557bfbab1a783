"""Applications over HTTP: for those who apply, and for those who called."""
