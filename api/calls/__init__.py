"""Calls, their public feed, and financing requests over HTTP."""
