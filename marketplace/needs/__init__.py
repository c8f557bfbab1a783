"""Needs of the demand side: typed, published without a name, answered, consulted on and solved."""
