"""Rows of a Chinese catalogue of technologies: name, process route, parameters as text, a maturity label, its basis."""

import re

from scoring.io.glossary import VALUES
from scoring.io.media import media_in
from scoring.io.money import Amount, MoneyUnit, amount
from scoring.io.problems import Unexpected
from scoring.io.quantities import parameters_in
from scoring.io.rows import Row
from scoring.io.values import items
from scoring.readiness.claims import Claim, claim
from scoring.technology import Case, Cost, Evidence, EvidenceGrade, Parameter, Patent, Provenance, Technology, Text

ENGINEERING_CASE = "工程案例"
PATENT_NUMBER = re.compile(r"CN\d{7,12}[A-Z]?")
OFFICIAL_LIST = re.compile(r"名录|目录|公告")
# A report, a survey or a publication says it, and not only the holder's own pages.
PUBLISHED = re.compile(r"报告|调研|综述|公告|名录|目录|题名|文中|专利")
INVESTMENT = re.compile(r"投资")
RUNNING_COST = re.compile(r"运行(?:费用|成本)|处理(?:费用|成本)|产水成本")


def from_chinese(row: Row) -> Technology:
    """A technology; its maturity label is a claim, which bounds its level from above and proves nothing."""
    identity, name = row.required("id"), row.required("name")
    stated = row.texts("parameters")
    parameters = tuple(parameter for text in stated for parameter in parameters_in(text))
    basis = row.text("maturity_basis")
    claimed = claim(row.text("maturity"))
    return Technology(
        id=identity,
        name=Text(zh=name),
        summary=Text(zh=_summary(row.text("process_route"), stated)),
        holder=row.text("holder"),
        holder_kind=VALUES["holder_kind"].get(row.text("holder_type") or ""),
        country="CN",
        provenance=Provenance.CATALOGUE if OFFICIAL_LIST.search(basis or "") else None,
        media=media_in(row.text("field"), name, row.text("process_route")),
        industries=items(row.text("scope")),
        claimed_trl=None if claimed is None else claimed.high,
        parameters=tuple(parameter for parameter in parameters if _cost(parameter) is None),
        costs=tuple(cost for cost in map(_cost, parameters) if cost is not None),
        cases=(Case(name=Text(zh=name), scale="full"),) if row.text("kind") == ENGINEERING_CASE else (),
        patents=tuple(Patent(number=number, jurisdiction="CN") for number in PATENT_NUMBER.findall(basis or "")),
        evidence=_evidence(claimed, basis),
        features={name: row.text(name) for name in ("field", "kind", "maturity") if row.text(name)},
        source=row.text("source"),
    )


def _summary(route: str | None, stated: tuple[str, ...]) -> str | None:
    """The process route, and whatever is stated beside it and not in it: no statement is lost."""
    beside = [text for text in stated if text not in (route or "")]
    return "；".join(part for part in (route, *beside) if part) or None


def _evidence(claimed: Claim | None, basis: str | None) -> tuple[Evidence, ...]:
    if claimed is None or basis is None:
        return ()
    documented = claimed.grade is not EvidenceGrade.CLAIMED or PUBLISHED.search(basis) or PATENT_NUMBER.search(basis)
    grade = EvidenceGrade.DOCUMENTED if documented else EvidenceGrade.CLAIMED
    return (Evidence(id="maturity", title=Text(zh=basis), grade=grade, supports=(f"trl.{claimed.high}",)),)


def _cost(parameter: Parameter) -> Cost | None:
    """The cost that a parameter states, if it is one amount: of a whole plant, or of treating a unit."""
    if parameter.value is None or "元" not in parameter.unit:
        return None
    stated = _amount(parameter)
    if stated is not None and stated.per is None and INVESTMENT.search(parameter.name):
        return Cost(kind="capex", amount_minor=stated.minor, currency=stated.currency, per_unit="installation")
    if stated is not None and stated.per is not None and RUNNING_COST.search(parameter.name):
        return Cost(kind="opex", amount_minor=stated.minor, currency=stated.currency, per_unit=stated.per)
    return None


def _amount(parameter: Parameter) -> Amount | None:
    try:
        return amount(f"{parameter.value}{parameter.unit}", MoneyUnit())
    except Unexpected:
        return None
