"""What goes in and out about trains and plans."""

import uuid

from msgspec import Struct

from marketplace.needs.specification import Specification
from marketplace.solutions.knowing import Knowing
from marketplace.solutions.trains import StreamAnswer


class TrainsIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A typed need as it is, or the id of a published one or one's own: one of the two."""

    need_id: uuid.UUID | None = None
    specification: Specification | None = None


class TrainsOut(Struct, frozen=True, kw_only=True):
    """Per stream the trains from the cheapest on, or why there is none; beside them who has done the like."""

    currency: str
    streams: list[StreamAnswer]
    known: Knowing
