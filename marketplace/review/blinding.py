"""An application as reviewers are shown it, without what the call keeps from them in the blind pass."""

from collections.abc import Collection
from typing import Any

from marketplace.applications.models import Application

# What goes, besides what stands here, by the names that calls use. A technology's evidence names who issued it, and
# its cases where it runs: with the applicant both go.
_OF_TECHNOLOGY = {
    "organisation": ("holder", "holder_kind", "source"),
    "country": ("country",),
    "team": ("team",),
    "technology-name": ("name", "id"),
    "earlier-funding": ("funding",),
}
# Ratings and features are the holder's own words to the scoring library, not to reviewers.
_NEVER = ("ratings", "features")


def shown(application: Application, blind: Collection[str]) -> dict[str, Any]:
    """What a reviewer reads. `hidden` names what was left out."""
    technology = dict(application.listing_version.technology) if application.listing_version else {}
    hidden = set(blind)
    for name in (*_NEVER, *(key for field in hidden for key in _OF_TECHNOLOGY.get(field, ()))):
        technology.pop(name, None)
    if "organisation" in hidden:
        technology["evidence"] = [_without(one, "issuer", "title") for one in technology.get("evidence", ())]
        technology["cases"] = [_without(one, "name", "site") for one in technology.get("cases", ())]
        technology["patents"] = [_without(one, "number") for one in technology.get("patents", ())]
    amount = application.amount
    return {
        "organisation": None if "organisation" in hidden else _name(application),
        "country": None if "country" in hidden else application.organisation.country,
        "technology": technology,
        "answers": {key: said for key, said in application.answers.items() if f"answer.{key}" not in hidden},
        # A file's name may give its sender away.
        "documents": [
            {"key": one["key"], "name": "" if hidden else one["name"], "sha256": one["sha256"]}
            for one in application.documents
        ],
        "amount": None if amount is None else {"amount_minor": amount.amount_minor, "currency": amount.currency},
        "hidden": sorted(hidden),
    }


def _name(application: Application) -> dict[str, str | None]:
    name = application.organisation.name
    return {"zh": name.zh, "en": name.en}


def _without(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key not in names}
