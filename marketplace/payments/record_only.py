"""The provider that moves nothing: the money goes through the parties' bank or licensed payment institution.

The platform keeps the instruction, the proof and both sides' confirmations. It is the default, and the right way where
a platform may not collect money and pay it on.
"""

from marketplace.payments.holding import Accepted, Found, Instruction, Outcome

NAME = "record-only"


class RecordOnly:
    """Takes every instruction on; that it is done is said by the two sides (`marketplace.payments.proofs`)."""

    name = NAME

    async def instruct(self, order: Instruction) -> Outcome:
        return Accepted()

    async def look_up(self, order: Instruction) -> Found:
        return Accepted()
