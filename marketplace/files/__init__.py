"""Files that people bring: checked by what is in them, kept once by their hash, swept when nothing names them."""
