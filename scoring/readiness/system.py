"""Several technologies together: a tree of elements, each assessed by itself, put together as the framework says.

Most frameworks take the lowest element. The Water Major Project takes the system-maturity matrix, which needs to
know how well the elements are integrated with one another.
"""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from scoring.errors import Refusal
from scoring.readiness.aggregators import LevelRating, OrderStatistic, Outcome
from scoring.readiness.assess import assess, check_arguments
from scoring.readiness.assessment import Assessment, UnknownPolicy
from scoring.readiness.evidence import effective_ranks
from scoring.readiness.framework import GRADES, Framework, index_of
from scoring.readiness.matrix import MaturityMatrix
from scoring.technology import Evidence, Technology, Text


class Link(Struct, frozen=True, kw_only=True):
    """How well two elements work together: the integration level claimed, and the evidence for it."""

    first: str
    second: str
    level: int | None = None
    evidence: tuple[Evidence, ...] = ()


class Element(Struct, frozen=True, kw_only=True):
    """A technology, or a system of elements with links between them. Only critical elements decide."""

    id: str
    name: Text = Text()
    technology: Technology | None = None
    elements: tuple["Element", ...] = ()
    links: tuple[Link, ...] = ()
    critical: bool = True


class SystemAssessment(Struct, frozen=True, kw_only=True, tag="system-assessment"):
    """The level of a system with every element below it.

    ``minimum`` is the lowest proven level of all critical elements and links, which a matrix may lie above, and
    ``limiting`` names those that stand at it. ``refused`` holds the elements that could not be assessed; they count as
    anything between the worst and the best level.
    """

    element: str
    framework: str
    aggregator: str
    level: int
    low: int
    high: int
    minimum: int
    limiting: tuple[str, ...]
    elements: dict[str, "Assessment | SystemAssessment"]
    refused: dict[str, Refusal]


def assess_system(
    element: Element, framework: str = "trl", *, unknown: UnknownPolicy = "worst", as_of: date | None = None
) -> Assessment | SystemAssessment | Refusal:
    """The readiness of a system of technologies.

    Parameters
    ----------
    element : Element
        The root of the tree. An element with a technology is assessed by itself.
    framework, unknown, as_of
        As for ``assess``.

    Returns
    -------
    Assessment, SystemAssessment or Refusal
        A refusal where nothing can be assessed, where the framework has no total, where links are missing that the
        framework asks for, or where the tree contradicts itself.

    Examples
    --------
    >>> from scoring.technology import Technology, Text
    >>> parts = tuple(Element(id=name, technology=Technology(id=name, name=Text(en=name), claimed_trl=level))
    ...               for name, level in (("membrane", 8), ("control", 5)))
    >>> found = assess_system(Element(id="plant", elements=parts), as_of=date(2026, 1, 1))
    >>> found.low, found.high
    (1, 5)
    """
    check_arguments(framework, unknown)
    rules = index_of(framework).framework
    refused = _contradiction(element) or _without_total(rules)
    return refused or _assessed(element, rules, unknown, as_of)


def _assessed(
    element: Element, rules: Framework, unknown: UnknownPolicy, as_of: date | None
) -> Assessment | SystemAssessment | Refusal:
    if element.technology is not None:
        return assess(element.technology, rules.id, unknown=unknown, as_of=as_of)
    answers = {part.id: _assessed(part, rules, unknown, as_of) for part in element.elements}
    refused = {name: answer for name, answer in answers.items() if isinstance(answer, Refusal)}
    known = {name: answer for name, answer in answers.items() if not isinstance(answer, Refusal)}
    if not known:
        missing = tuple(f"{name}: {what}" for name, refusal in refused.items() for what in refusal.missing)
        return _refusal("no-evidence", missing, "No element can be assessed.", "没有任何要素可供评价。")
    outcome, ratings = _together(element, answers, rules, as_of or date.today())  # noqa: DTZ011
    if isinstance(outcome, Refusal):
        return outcome
    minimum = min(rating.low for rating in ratings)
    return SystemAssessment(
        element=element.id,
        framework=rules.id,
        aggregator=outcome.aggregator,
        level=outcome.level,
        low=outcome.low,
        high=outcome.high,
        minimum=minimum,
        limiting=tuple(rating.dimension for rating in ratings if rating.low == minimum),
        elements=known,
        refused=refused,
    )


def _together(
    element: Element, answers: dict[str, Assessment | SystemAssessment | Refusal], rules: Framework, as_of: date
) -> tuple[Outcome | Refusal, list[LevelRating]]:
    ratings = [_rating(part, answers[part.id], rules) for part in element.elements if part.critical]
    if not rules.integration:
        return OrderStatistic("minimum", 1.0)(ratings), ratings
    decides = {rating.dimension for rating in ratings}
    links = {
        (link.first, link.second): _interval(link, rules, as_of)
        for link in element.links
        if {link.first, link.second} <= decides
    }
    joints = [LevelRating(dimension=f"{a}–{b}", low=low, high=high) for (a, b), (low, high) in links.items()]
    return MaturityMatrix(links)(ratings), [*ratings, *joints]


def _rating(part: Element, answer: Assessment | SystemAssessment | Refusal, rules: Framework) -> LevelRating:
    floor, top = rules.levels[0].level, rules.levels[-1].level
    low, high = (floor, top) if isinstance(answer, Refusal) else (answer.low or floor, answer.high or top)
    return LevelRating(dimension=part.id, low=low, high=high, floor=floor, top=top)


def _interval(link: Link, rules: Framework, as_of: date) -> tuple[int, int]:
    """What evidence proves of an integration, and what is claimed of it."""
    if link.level is None:
        return rules.integration[0].level, rules.integration[-1].level
    ranks, _ = effective_ranks(link.evidence, as_of, rules.valid_months)
    best = max(ranks.values(), default=-1)
    proven = [step.level for step in rules.integration if step.level <= link.level and best >= GRADES[step.grade]]
    return max(proven, default=rules.integration[0].level), link.level


def _contradiction(element: Element) -> Refusal | None:
    errors = tuple(_errors(element))
    if not errors:
        return None
    return _refusal("invalid-system", errors, "The tree of elements contradicts itself.", "要素树自相矛盾。")


def _errors(element: Element) -> list[str]:
    names = [part.id for part in element.elements]
    errors = [f"element {name!r}: expected once in {element.id!r}" for name in {n for n in names if names.count(n) > 1}]
    if (element.technology is None) == (not element.elements):
        errors.append(f"element {element.id!r}: expected a technology or elements, one of the two")
    if element.elements and not any(part.critical for part in element.elements):
        errors.append(f"element {element.id!r}: expected at least one critical element")
    errors += _link_errors(element.links, names)
    return errors + [error for part in element.elements for error in _errors(part)]


def _link_errors(links: Sequence[Link], names: Sequence[str]) -> list[str]:
    errors, seen = [], set()
    for link in links:
        pair = frozenset((link.first, link.second))
        if len(pair) < 2 or not pair <= set(names) or pair in seen:
            errors.append(f"link {link.first!r}–{link.second!r}: expected two different elements, each pair once")
        if link.level is not None and not 1 <= link.level <= 9:
            errors.append(f"link {link.first!r}–{link.second!r}: level {link.level!r}: expected 1 to 9")
        seen.add(pair)
    return errors


def _without_total(rules: Framework) -> Refusal | None:
    if rules.aggregator != "profile":
        return None
    return _refusal(
        "no-total",
        ("a framework with a total",),
        f"{rules.name.en} is a profile and has no total.",
        f"{rules.name.zh}为多维画像，不作合计。",
    )


def _refusal(reason: str, missing: tuple[str, ...], message: str, message_zh: str) -> Refusal:
    return Refusal(reason=reason, missing=missing, message=message, message_zh=message_zh)
