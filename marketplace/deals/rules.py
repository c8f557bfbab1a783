"""What terms must be before anybody is asked to agree to them; every fault at once, each with its place."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator

from marketplace.deals.terms import AMOUNT_MAX, Terms, Wording
from marketplace.errors import FieldError

_BLOCKS = {"loan": "loan", "convertible": "convertible", "equity": "equity", "revenue-share": "revenue_share"}
_LINK_BLOCKS = {"licence": "licence", "trial-first": "trial"}


def faults_of_terms(terms: Terms, *, link: str, today: datetime.date, cooling_off_days_min: int) -> list[FieldError]:
    """Everything that is wrong; empty where the terms can be offered."""
    return [
        *_amount(terms),
        *_blocks(terms, link),
        *_milestones(terms, today),
        *_conditions(terms),
        *_trial(terms),
        *_times(terms, today, cooling_off_days_min),
    ]


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=f"terms.{field}", value=str(value), expected=expected, expected_zh=expected_zh)


def _amount(terms: Terms) -> Iterator[FieldError]:
    total = terms.amount.amount_minor
    if not 0 < total <= AMOUNT_MAX:
        yield _fault("amount.amount_minor", total, f"1 to {AMOUNT_MAX}", f"须为1至{AMOUNT_MAX}")
    parts = sum(milestone.amount_minor for milestone in terms.milestones)
    if parts != total:
        expected, zh = f"amounts that add up to {total}, not to {parts}", f"各里程碑金额之和须为{total}，现为{parts}"
        yield _fault("milestones", parts, expected, zh)


def _blocks(terms: Terms, link: str) -> Iterator[FieldError]:
    """The block that instrument and link ask for, and no other: nobody signs what does not apply."""
    wanted = {_BLOCKS.get(terms.instrument), _LINK_BLOCKS.get(link)}
    for name in (*_BLOCKS.values(), *_LINK_BLOCKS.values()):
        given = getattr(terms, name) is not None
        if given and name not in wanted:
            yield _fault(
                name, "…", f"nothing: the deal is a {link} by {terms.instrument}", "与交易类型或工具不符，请删除"
            )
        if not given and name in wanted:
            yield _fault(
                name, "", f"its terms: the deal is a {link} by {terms.instrument}", "该交易类型或工具须填写此项"
            )


def _milestones(terms: Terms, today: datetime.date) -> Iterator[FieldError]:
    before = today
    for number, milestone in enumerate(terms.milestones):
        place = f"milestones.{number}"
        yield from _worded(f"{place}.title", milestone.title)
        yield from _worded(f"{place}.deliverable", milestone.deliverable)
        if milestone.holdback_minor > milestone.amount_minor:
            zh = "留存金额不得超过该里程碑金额"
            yield _fault(f"{place}.holdback_minor", milestone.holdback_minor, "no more than the milestone's amount", zh)
        if milestone.due_on <= before if number == 0 else milestone.due_on < before:
            expected = f"a day after {today}" if number == 0 else f"not before {before}, when the one before it is due"
            yield _fault(f"{place}.due_on", milestone.due_on, expected, f"须晚于或等于前一节点（{before}）")
        before = max(before, milestone.due_on)


def _conditions(terms: Terms) -> Iterator[FieldError]:
    yield from _repeated("conditions", (condition.key for condition in terms.conditions))
    for number, condition in enumerate(terms.conditions):
        yield from _worded(f"conditions.{number}.text", condition.text)
        if condition.responsible == condition.beneficiary:
            expected, zh = "the other side: nobody confirms what they bring about", "受益方不得与负责方相同"
            yield _fault(f"conditions.{number}.beneficiary", condition.beneficiary, expected, zh)


def _trial(terms: Terms) -> Iterator[FieldError]:
    if terms.trial is None:
        return
    yield from _repeated("trial.kpis", (kpi.key for kpi in terms.trial.kpis))
    for number, kpi in enumerate(terms.trial.kpis):
        yield from _worded(f"trial.kpis.{number}.name", kpi.name)


def _times(terms: Terms, today: datetime.date, cooling_off_days_min: int) -> Iterator[FieldError]:
    if terms.cooling_off_days < cooling_off_days_min:
        expected = f"at least {cooling_off_days_min}, for this financier's protection"
        zh = f"根据投资者保护要求，至少{cooling_off_days_min}天"
        yield _fault("cooling_off_days", terms.cooling_off_days, expected, zh)
    if terms.long_stop_on is not None and terms.long_stop_on <= today:
        yield _fault("long_stop_on", terms.long_stop_on, f"a day after {today}", f"须晚于{today}")


def _worded(field: str, wording: Wording) -> Iterator[FieldError]:
    if not (wording.zh or wording.en):
        yield _fault(field, "", "a text in Chinese (zh), in English (en) or in both", "请填写中文或英文")


def _repeated(field: str, keys: Iterable[str]) -> Iterator[FieldError]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield _fault(field, key, "each key once", "标识不得重复")
