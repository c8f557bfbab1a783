"""Screens over the catalogue or a portfolio of one's own: saved, run again on changes, compared, watched."""
