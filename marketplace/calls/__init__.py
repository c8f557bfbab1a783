"""Financing calls of investors and incubators, and their mirror: what holders ask to be financed."""
