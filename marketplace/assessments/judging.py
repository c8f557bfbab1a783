"""From what an assessor says to an interval: checked against the framework, computed by the scoring library."""

import datetime
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from marketplace.errors import FieldError
from scoring.errors import Refusal
from scoring.readiness.assess import assess
from scoring.readiness.assessment import Assessment
from scoring.readiness.framework import Framework, Index, Target, index_of
from scoring.readiness.totals import TOTALS
from scoring.receipts import Receipt, assessment_receipt
from scoring.technology import Rating, Technology


class Interval(Struct, frozen=True):
    """A level lies between the two."""

    low: int
    high: int


def chosen_scale(framework: Framework, technology: Technology) -> str | None:
    """The one scale that applies, where the framework has one for each class of technology."""
    value = getattr(technology, framework.chosen_by) if framework.chosen_by else None
    return None if value is None else str(value)


def scale_ends(framework: Framework) -> tuple[int, int]:
    """The lowest and the highest level of the whole."""
    if framework.aggregator == "arl-table":
        return 1, 9
    return framework.levels[0].level, framework.levels[-1].level


def scales_to_judge(framework: Framework, technology: Technology) -> list[int]:
    """The scales that decide, by their places."""
    chosen = chosen_scale(framework, technology)
    return [s for s, scale in enumerate(framework.scales) if scale.decides and chosen in (None, scale.id)]


def faults_of_ratings(
    ratings: Sequence[Rating], framework: Framework, technology: Technology, prefix: str = "ratings"
) -> list[FieldError]:
    """Everything wrong with these ratings, at once."""
    index, chosen = index_of(framework.id), chosen_scale(framework, technology)
    held = {document.id for document in technology.evidence}
    found: list[FieldError] = []
    seen: set[Target] = set()
    for number, rating in enumerate(ratings):
        place = f"{prefix}.{number}"
        target = index.resolve(rating.criterion, chosen)
        if target is None:
            found.append(_unknown_criterion(place, rating, framework))
        else:
            found += _faults_of_value(place, rating, index, target)
            if target in seen:
                expected = "each criterion once"
                found.append(_fault(f"{place}.criterion", rating.criterion, expected, "每项指标只能评一次"))
            seen.add(target)
        found += _faults_of_grounds(place, rating, held)
    return [*found, *_unjudged(prefix, seen, index, scales_to_judge(framework, technology))]


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value)[:80], expected=expected, expected_zh=expected_zh)


def _unknown_criterion(place: str, rating: Rating, framework: Framework) -> FieldError:
    expected = f"a criterion or a scale of {framework.id}, such as {framework.criteria[0].id!r}"
    return _fault(f"{place}.criterion", rating.criterion, expected, f"须为{framework.name.zh}的指标或维度")


def _faults_of_value(place: str, rating: Rating, index: Index, target: Target) -> Iterator[FieldError]:
    value = rating.value
    if target.level is not None:
        if not isinstance(value, bool):
            yield _fault(f"{place}.value", value, "true or false", "须为true或false")
        return
    words = index.framework.values
    if words:
        if value not in words:
            said = ", ".join(words)
            yield _fault(f"{place}.value", value, f"one of {said}", f"须为{said}之一")
    elif isinstance(value, bool) or not isinstance(value, int) or not index.floor <= value <= index.top:
        expected = f"a whole number from {index.floor} to {index.top}"
        yield _fault(f"{place}.value", value, expected, f"须为{index.floor}至{index.top}的整数")


def _faults_of_grounds(place: str, rating: Rating, held: set[str]) -> Iterator[FieldError]:
    if not (rating.rationale or "").strip():
        yield _fault(f"{place}.rationale", "", "a reason", "请填写理由")
    for number, document in enumerate(rating.evidence):
        if document not in held:
            known = ", ".join(sorted(held)) or "none"
            yield _fault(
                f"{place}.evidence.{number}",
                document,
                f"a document of the listing ({known})",
                "须为该条目已附的证据编号",
            )


def _unjudged(prefix: str, seen: set[Target], index: Index, scales: list[int]) -> Iterator[FieldError]:
    judged = {target.scale for target in seen}
    for scale in scales:
        if scale not in judged:
            name = index.framework.scales[scale].name
            yield _fault(prefix, "", f"a rating of {index.scale_refs[scale]} ({name.en})", f"请评价“{name.zh}”")


def as_judged(technology: Technology, framework: str, ratings: Sequence[Rating]) -> Technology:
    """The technology with these ratings alone: what its holder claims, and what documents offer unasked, is left out.

    A document counts where an assessor cites it.
    """
    evidence = tuple(replace(document, supports=()) for document in technology.evidence)
    return replace(technology, ratings={framework: tuple(ratings)}, claimed_trl=None, evidence=evidence)


def anonymous(ratings: Sequence[Rating], rater: str) -> list[Rating]:
    """Without names and without prose, which may give a writer away; "not applicable" keeps that it was explained."""
    return [replace(rating, rater=rater, rationale="explained" if rating.rationale else None) for rating in ratings]


def receipt_of(technology: Technology, framework: str, ratings: Sequence[Rating], as_of: datetime.date) -> Receipt:
    """The score as the library computes it, with everything it was computed from."""
    return assessment_receipt(as_judged(technology, framework, ratings), framework=framework, as_of=as_of)


def interval_of(
    technology: Technology, framework: str, ratings: Sequence[Rating], as_of: datetime.date
) -> Interval | Refusal:
    """Where the whole stands by these ratings; of a profile the lowest scale."""
    found = assess(as_judged(technology, framework, ratings), framework, as_of=as_of)
    return found if isinstance(found, Refusal) else interval_of_assessment(found)


def interval_of_assessment(found: Assessment) -> Interval:
    if TOTALS[found.aggregator] is None or found.low is None or found.high is None:
        return Interval(min(s.low for s in found.profile), min(s.high for s in found.profile))
    return Interval(found.low, found.high)
