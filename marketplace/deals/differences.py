"""What differs between two offers, clause by clause, with the names that people give to the clauses."""

from typing import Any

import msgspec
from msgspec import Struct

from marketplace.deals.terms import Terms
from scoring.technology import Text

_LABELS: dict[str, Text] = {
    "amount": Text(zh="金额", en="amount"),
    "amount_minor": Text(zh="金额", en="amount"),
    "beneficiary": Text(zh="受益方", en="beneficiary"),
    "cap_minor": Text(zh="估值上限", en="valuation cap"),
    "conditions": Text(zh="先决条件", en="condition precedent"),
    "convertible": Text(zh="可转债", en="convertible"),
    "cooling_off_days": Text(zh="冷静期天数", en="cooling-off days"),
    "currency": Text(zh="币种", en="currency"),
    "days": Text(zh="天数", en="days"),
    "deliverable": Text(zh="交付物", en="deliverable"),
    "direction": Text(zh="方向", en="direction"),
    "discount_bps": Text(zh="折扣（基点）", en="discount (basis points)"),
    "due_on": Text(zh="到期日", en="due date"),
    "en": Text(zh="英文", en="English"),
    "equity": Text(zh="股权", en="equity"),
    "evidence": Text(zh="证明材料", en="evidence"),
    "exclusive": Text(zh="独占", en="exclusive"),
    "field_of_use": Text(zh="使用领域", en="field of use"),
    "holdback_minor": Text(zh="留存金额", en="holdback"),
    "inspection_days": Text(zh="验收天数", en="inspection days"),
    "instrument": Text(zh="工具", en="instrument"),
    "insured": Text(zh="投保", en="insured"),
    "intellectual_property": Text(zh="知识产权", en="intellectual property"),
    "interest_bps_per_year": Text(zh="年利率（基点）", en="interest a year (basis points)"),
    "key": Text(zh="标识", en="key"),
    "kind": Text(zh="形式", en="kind"),
    "kpis": Text(zh="指标", en="KPI"),
    "law": Text(zh="适用法律", en="governing law"),
    "licence": Text(zh="许可", en="licence"),
    "limit": Text(zh="限值", en="limit"),
    "loan": Text(zh="借款", en="loan"),
    "long_stop_on": Text(zh="最后期限", en="long-stop date"),
    "matures_on": Text(zh="到期日", en="maturity"),
    "milestones": Text(zh="里程碑", en="milestone"),
    "months": Text(zh="月数", en="months"),
    "name": Text(zh="名称", en="name"),
    "notes": Text(zh="备注", en="notes"),
    "pre_money_minor": Text(zh="投前估值", en="pre-money valuation"),
    "repaid_at_most_minor": Text(zh="回收上限", en="repaid at most"),
    "responsible": Text(zh="负责方", en="responsible"),
    "revenue_share": Text(zh="收益分成", en="revenue share"),
    "royalty_bps": Text(zh="提成（基点）", en="royalty (basis points)"),
    "security": Text(zh="担保", en="security"),
    "share_bps": Text(zh="分成比例（基点）", en="share (basis points)"),
    "share_class": Text(zh="股份类别", en="share class"),
    "silence_rule": Text(zh="逾期未答复视为", en="silence means"),
    "territories": Text(zh="地域", en="territories"),
    "text": Text(zh="内容", en="text"),
    "title": Text(zh="标题", en="title"),
    "trial": Text(zh="试用", en="trial"),
    "unit": Text(zh="单位", en="unit"),
    "zh": Text(zh="中文", en="Chinese"),
}


class Change(Struct, frozen=True, kw_only=True):
    """One clause: where it stands, what it is called, what it said, what it says. None is "not there"."""

    path: str
    label: Text
    before: Any
    after: Any
    material: bool


def differences(before: Terms, after: Terms) -> list[Change]:
    """Every clause that differs, in the order of their places. Conditions and KPIs are the same by their keys."""
    old, new = clauses_of(before), clauses_of(after)
    places = [*new, *(path for path in old if path not in new)]
    return [_change(path, old.get(path), new.get(path)) for path in places if old.get(path) != new.get(path)]


def is_material(changes: list[Change]) -> bool:
    return any(change.material for change in changes)


def _change(path: tuple[str, ...], before: Any, after: Any) -> Change:
    return Change(
        path=".".join(path), label=label_of(path), before=before, after=after, material=not _only_wording(path)
    )


def _only_wording(path: tuple[str, ...]) -> bool:
    """What neither side performs or pays by: notes, and what a milestone is called."""
    return path[0] == "notes" or (path[0] == "milestones" and path[2] == "title")


def clauses_of(terms: Terms) -> dict[tuple[str, ...], Any]:
    """Everything that terms say, clause by clause."""
    return _clauses(msgspec.to_builtins(terms))


def _clauses(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Leaves by their paths. Lists of plain values are leaves; rows are named by key or, without one, by number."""
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        parts = [(str(row.get("key", number)), row) for number, row in enumerate(value, start=1)]
    else:
        return {path: value} if value or value in (0, False) else {}
    return {place: leaf for name, part in parts for place, leaf in _clauses(part, (*path, name)).items()}


def label_of(path: tuple[str, ...]) -> Text:
    """Each part by its name; numbers and keys stand for themselves."""
    names = [_LABELS.get(part, Text(zh=part, en=part)) for part in path]
    return Text(
        zh=" · ".join(name.in_language("zh") or "" for name in names),
        en=" · ".join(name.in_language("en") or "" for name in names),
    )
