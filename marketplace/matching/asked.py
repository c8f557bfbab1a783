"""What a call asks for, as terms; and its conditions that are no terms."""

from collections.abc import Iterable

from marketplace.calls.content import CallContent
from marketplace.calls.eligibility import Rule
from marketplace.matching.terms import NUMBERS, WORDS, Terms


def terms_of(content: CallContent) -> Terms:
    """The limits that matching counts: those of the call's own fields, and the conditions on the same facts.

    A region stands for its country, as it does where an application is checked. Of several limits on one end of a
    fact the strictest counts.
    """
    return Terms(
        fields=content.media,
        regions=tuple(dict.fromkeys(region[:2] for region in content.regions)),
        instruments=(content.instrument,),
        trl_min=content.trl_low,
        trl_max=content.trl_high,
        ticket_low_minor=content.ticket_min.amount_minor or None,
        ticket_high_minor=content.ticket_max.amount_minor or None,
        currency=content.ticket_max.currency,
        at_least=_ends(content.eligibility, "at-least"),
        at_most=_ends(content.eligibility, "at-most"),
        any_of=_words(content.eligibility),
    )


def _ends(rules: Iterable[Rule], operator: str) -> dict[str, float]:
    strictest, found = (max if operator == "at-least" else min), dict[str, float]()
    for rule in rules:
        if rule.field in NUMBERS and rule.operator == operator and not isinstance(rule.value, (bool, tuple)):
            found[rule.field] = strictest(found.get(rule.field, rule.value), rule.value)
    return {name: value for name, value in found.items() if value >= 0}


def _words(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """The first condition of its kind on each fact; a second one is left to `further`."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        if _is_term(rule) and rule.field not in found and isinstance(rule.value, tuple):
            found[rule.field] = rule.value
    return found


def _is_term(rule: Rule) -> bool:
    return rule.field in WORDS and rule.operator == "any-of"


def further(content: CallContent) -> list[Rule]:
    """Conditions that matching doesn't count, and an application will be held to."""
    counted, rest = set[str](), list[Rule]()
    for rule in content.eligibility:
        number = rule.field in NUMBERS and rule.operator in ("at-least", "at-most")
        if number or (_is_term(rule) and rule.field not in counted):
            counted.add(rule.field)
        else:
            rest.append(rule)
    return rest
