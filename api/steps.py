"""A step of a process, as every capability takes and shows it."""

import datetime

from msgspec import Struct

from api.fields import Prose
from marketplace.process import ProcessEvent


class StepIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A step that is asked for; some want a reason."""

    note: Prose = ""


class StepOut(Struct, frozen=True, kw_only=True):
    """A step that was taken; who took it is not said."""

    transition: str
    from_state: str | None
    to_state: str
    at: datetime.datetime
    note: str

    @classmethod
    def of(cls, event: ProcessEvent) -> "StepOut":
        return cls(
            transition=event.transition,
            from_state=event.from_state,
            to_state=event.to_state,
            at=event.at,
            note=event.note,
        )
