"""The desk: what waits for the reader, by kind of organisation."""
