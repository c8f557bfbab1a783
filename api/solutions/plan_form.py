"""A plan's question as a form: shares in percent, the budget in yuan, rows left blank taken out."""

from typing import Any

import msgspec

from api.calls.amounts import major, minor
from api.calls.call_form import rows_of, without_blank
from api.fields import Line
from api.site.forms import Form, Given
from marketplace.solutions.brief import Brief
from marketplace.solutions.models import CityPlan

FLOW_UNITS = ("m3/d", "m3/h", "L/s", "Nm3/h", "t/d", "t/h", "t/a")
UNITS = ("mg/L", "g/L", "ug/L", "mg/Nm3", "g/Nm3", "mg/kg")
_SOURCE = ("name", "flow.amount", "pollutants.0.name", "pollutants.0.high")
_POLLUTANT = ("name", "low", "high")
_GOAL = ("pollutant", "reduction_share", "concentration")


class PlanForm(Brief, frozen=True, kw_only=True):
    """The question, and a title to find it by."""

    title: Line

    def brief(self) -> Brief:
        return Brief(**{name: getattr(self, name) for name in Brief.__struct_fields__})


def tidied(given: Given) -> Given:
    """Without rows in which nothing was typed; the others numbered anew."""
    given = without_blank(without_blank(given, "sources", _SOURCE), "goals", _GOAL)
    for number in rows_of(given, "sources"):
        given = without_blank(given, f"sources.{number}.pollutants", _POLLUTANT)
    return given


def prepared(tree: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as the data has it."""
    tree.pop("more", None)
    if isinstance(typed := tree.get("capex_budget_minor"), str):
        tree["capex_budget_minor"] = minor(typed, "CNY")
    goals = tree.get("goals")
    for goal in goals.values() if isinstance(goals, dict) else ():
        if isinstance(goal, dict):
            _in_shares(goal)
    return tree


def _in_shares(goal: dict[str, Any]) -> None:
    typed = goal.get("reduction_share")
    if isinstance(typed, str):
        try:
            goal["reduction_share"] = float(typed.rstrip("%％ ")) / 100
        except ValueError:
            return
    if "concentration" not in goal:
        goal.pop("unit", None)


def as_form(kept: CityPlan, brief: Brief) -> Form[PlanForm]:
    """A kept question to be changed and asked again."""
    given = dict(_flat("", msgspec.to_builtins(brief))) | {"title": kept.title}
    if brief.capex_budget_minor is not None:
        given["capex_budget_minor"] = major(brief.capex_budget_minor, brief.currency)
    for number, goal in enumerate(brief.goals):
        if goal.reduction_share is not None:
            given[f"goals.{number}.reduction_share"] = f"{goal.reduction_share * 100:g}"
    return Form(given)


def _flat(place: str, value: Any) -> list[tuple[str, str]]:
    """Dotted names, as the fields of the form have them."""
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, (list, tuple)):
        pairs = [(str(number), part) for number, part in enumerate(value)]
    else:
        return [] if value is None else [(place, f"{value:g}" if isinstance(value, float) else str(value))]
    return [found for name, part in pairs for found in _flat(f"{place}.{name}" if place else name, part)]
