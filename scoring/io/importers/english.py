"""Rows of English data sets: EU projects, US environmental awards, a catalogue of mitigation technologies."""

import re

from scoring.io.media import media_in
from scoring.io.rows import Row
from scoring.technology import FundingRound, Technology, Text

# The EU writes two countries in a way of its own.
COUNTRIES = {"UK": "GB", "EL": "GR"}


def from_horizon(row: Row) -> Technology:
    """A Horizon 2020 project as it stood when it started.

    The funding scheme, the call and the topics are left out: they are what readiness is read from in training.
    """
    title, objective = row.required("title"), row.text("objective")
    country = row.text("coordinatorCountry")
    granted, started = row.minor("ecMaxContribution"), row.day("startDate")
    return Technology(
        id=row.required("rcn"),
        name=Text(en=title),
        summary=Text(en=objective),
        holder=row.text("coordinator"),
        country=COUNTRIES.get(country or "", country),
        media=media_in(title, objective),
        as_of=started,
        funding=() if granted is None else (_grant(row, granted),),
        source=row.text("projectUrl"),
    )


def _grant(row: Row, granted: int) -> FundingRound:
    return FundingRound(kind="grant", amount_minor=granted, currency="EUR", dated=row.day("startDate"))


def from_sbir(row: Row) -> Technology:
    """A US award as its abstract describes it, in the year of the award; the amount is not stated."""
    title, abstract, link = row.required("title"), row.text("abstract"), row.required("link")
    return Technology(
        id=link.rstrip("/").rpartition("/")[2] or link,
        name=Text(en=title),
        summary=Text(en=abstract),
        holder=row.text("firm"),
        holder_kind="company",
        country="US",
        media=media_in(title, abstract),
        as_of=row.day("year"),
        features={name: row.text(name) for name in ("agency_name", "branch") if row.text(name)},
        source=link,
    )


def from_mitigation(row: Row) -> Technology:
    """A kind of technology, described in general: it has no holder, no date and no claim."""
    name, description = row.required("technology"), row.text("description")
    sector, group = row.text("sector"), row.text("group")
    return Technology(
        id=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or name,
        name=Text(en=name),
        summary=Text(en=description),
        media=media_in(name, group, description),
        industries=(sector,) if sector else (),
        features={} if group is None else {"group": group},
        source=row.text("source"),
    )
