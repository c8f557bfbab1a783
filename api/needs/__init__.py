"""Needs over HTTP: the interviewer, needs without seekers' names, solutions, and consultations."""
