"""Reading portfolios and tables from files people have, and writing results they can open.

Nothing is imported here: small modules such as `problems` serve code that must start at once.
"""
