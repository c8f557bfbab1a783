"""Facts of a technology that answer criteria by themselves: a plant that runs, a patent granted, an award.

A rule is data: what must be there, which criteria it meets, and how far the fact can be believed on its own.
Documents that hang on the fact raise that; where a rule asks for several cases, the weakest of them counts.
"""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from scoring.technology import Case, EvidenceGrade, Patent, Technology, Text

DAYS_PER_MONTH = 365.2425 / 12
Met = tuple[int, tuple[str, ...]]  # the rank of the grade, and what it rests on


class CasesNeeded(Struct, frozen=True, kw_only=True, tag="cases"):
    """So many places of such a scale, each in operation for so long, successfully."""

    scales: tuple[str, ...]
    months: float = 0.0
    count: int = 1


class PatentsNeeded(Struct, frozen=True, kw_only=True, tag="patents"):
    """So many patents in force of such a status, in so many jurisdictions."""

    statuses: tuple[str, ...]
    count: int = 1
    jurisdictions: int = 0


class ProvenanceNeeded(Struct, frozen=True, kw_only=True, tag="provenance"):
    values: tuple[str, ...]


class FundingNeeded(Struct, frozen=True, kw_only=True, tag="funding"):
    kinds: tuple[str, ...]


class CostsNeeded(Struct, frozen=True, kw_only=True, tag="costs"):
    kinds: tuple[str, ...]


class TeamNeeded(Struct, frozen=True, kw_only=True, tag="team"):
    size: int


Needs = CasesNeeded | PatentsNeeded | ProvenanceNeeded | FundingNeeded | CostsNeeded | TeamNeeded


class FactRule(Struct, frozen=True, kw_only=True):
    """A fact, the criteria it meets, and the grade that it has without any document."""

    id: str
    name: Text
    needs: Needs
    meets: tuple[str, ...]
    provenance: str
    grade: EvidenceGrade = EvidenceGrade.CLAIMED


def met(needs: Needs, technology: Technology, grades: Mapping[str, int], as_of: date) -> Met | None:
    """How well the documents back a fact, as the rank of a grade, or None where the fact is not there.

    ``grades`` holds the rank of each document that counts on ``as_of``.
    """
    match needs:
        case CasesNeeded():
            return _cases(needs, technology.cases, grades, as_of)
        case PatentsNeeded():
            return _patents(needs, technology.patents, as_of)
        case ProvenanceNeeded():
            return (0, ()) if technology.provenance in needs.values else None
        case FundingNeeded():
            there = any(r.kind in needs.kinds and (r.dated is None or r.dated <= as_of) for r in technology.funding)
            return (0, ()) if there else None
        case CostsNeeded():
            return (0, ()) if {cost.kind for cost in technology.costs} >= set(needs.kinds) else None
        case TeamNeeded():
            return (0, ()) if len(technology.team) >= needs.size else None


def _cases(needs: CasesNeeded, cases: tuple[Case, ...], grades: Mapping[str, int], as_of: date) -> Met | None:
    found = sorted((_backing(case, grades) for case in cases if _fits(case, needs, as_of)), reverse=True)
    if len(found) < needs.count:
        return None
    counted = found[: needs.count]
    return counted[-1][0], tuple(document for _, documents in counted for document in documents)


def _fits(case: Case, needs: CasesNeeded, as_of: date) -> bool:
    if case.scale not in needs.scales or case.succeeded is not True:
        return False
    if case.started is None:
        return (case.months_in_operation or 0.0) >= needs.months
    elapsed = (as_of - case.started).days / DAYS_PER_MONTH
    return elapsed >= 0 and min(case.months_in_operation or 0.0, elapsed) >= needs.months


def _backing(case: Case, grades: Mapping[str, int]) -> Met:
    documents = tuple(document for document in case.evidence if document in grades)
    return max((grades[document] for document in documents), default=0), documents


def _patents(needs: PatentsNeeded, patents: tuple[Patent, ...], as_of: date) -> Met | None:
    found = [patent for patent in patents if patent.status in needs.statuses and _in_force(patent, as_of)]
    if len(found) < needs.count or len({patent.jurisdiction for patent in found}) < needs.jurisdictions:
        return None
    return 0, tuple(f"patent:{patent.number}" for patent in found)


def _in_force(patent: Patent, as_of: date) -> bool:
    return (patent.filed is None or patent.filed <= as_of) and (patent.expires is None or patent.expires >= as_of)
