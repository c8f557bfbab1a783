"""Technologies over HTTP: the public catalogue, and a holder's own listings."""
