"""Who may knock at a route; what they may do with one object is decided where the object is loaded."""

from enum import StrEnum


class Access(StrEnum):
    PUBLIC = "public"
    SIGNED_IN = "signed-in"
    OPERATOR = "operator"


PUBLIC, SIGNED_IN, OPERATOR = Access.PUBLIC, Access.SIGNED_IN, Access.OPERATOR
