"""Short ways to write technologies and evidence in the tests of readiness."""

from datetime import date
from itertools import count
from typing import Any

from scoring.technology import Evidence, EvidenceGrade, Rating, Technology, Text

TODAY = date(2026, 1, 1)
_numbers = count(1)


def technology(**fields: Any) -> Technology:
    return Technology(id="t", name=Text("技术", "technology"), **fields)


def document(*supports: str, grade: str = "E4", **fields: Any) -> Evidence:
    """A dated and hashed document that counts on TODAY, unless the fields say otherwise."""
    defaults = {"id": f"document-{next(_numbers)}", "dated": date(2025, 6, 1), "sha256": "9f86d081"}
    return Evidence(grade=EvidenceGrade(grade), supports=supports, **(defaults | fields))


def rating(criterion: str, value: bool | int | str, **fields: Any) -> Rating:
    return Rating(criterion=criterion, value=value, **fields)
