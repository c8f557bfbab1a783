"""Model cards in Markdown, written from the fitted model itself so that the two cannot drift apart."""

from collections.abc import Iterator
from typing import Any

from scoring.readiness.text_linear import LinearTerms
from scoring.readiness.text_model import TextModel
from scoring.scorecard.card import Scorecard
from scoring.scorecard.file import sha256

TERMS_SHOWN = 12

PRINCIPLES = """\
## Model risk management

US supervisors replaced SR 11-7 in April 2026 by SR 26-2 / OCC Bulletin 2026-13: principles, not rules, aimed at large
banks. This is where each principle is met; a user who is bound by it remains responsible for the rest.

| principle | here |
|---|---|
| purpose and limits are stated | "What it is for", "What it must not be used for" |
| conceptual soundness | an additive model: every table (or term) is in the file and can be read, none is hidden |
| data fit for purpose | "Learned from", with hashes of the files; the leaks that were kept out |
| outcomes analysis | "Figures": on rows kept aside, by the protocol named, with intervals |
| ongoing monitoring | `scoring.population_shift`, `covariate_drift`, `calibration_drift`, `coverage_drift` |
| effective challenge | `python -m scoring.models.train --data DIR --check` learns it again, byte for byte |
| inventory | name, version and hash above; every score can carry a receipt (`scoring.receipt`) |
"""


def scorecard_card(card: Scorecard) -> str:
    """The model card of a scorecard."""
    return "\n".join(
        [
            f"# {card.name}: {card.outcome.en}",
            "",
            f"{card.outcome.zh} · version {card.version} · sha256 of `{card.name}.json`: `{sha256(card)}`",
            "",
            *_story(card.about),
            "## The card",
            "",
            card.to_markdown("en"),
            "",
            PRINCIPLES,
        ]
    )


def text_model_card(model: TextModel) -> str:
    """The model card of the readiness model."""
    return "\n".join(
        [
            "# readiness: a band of readiness from text",
            "",
            f"由文字推断成熟度区间 · version {model.version}",
            "",
            *_story(model.about),
            "## Bands",
            "",
            "| band | meaning | 含义 | TRL |",
            "|---|---|---|---|",
            *(
                f"| {number} | {band.label.en} | {band.label.zh} | {band.trl_low}–{band.trl_high} |"
                for number, band in enumerate(model.bands)
            ),
            "",
            "## Strongest terms",
            "",
            f"{len(model.words.terms):,} terms for English, {len(model.concepts.terms)} concepts for Chinese. "
            "A `*` ends the beginning of a word.",
            "",
            *_strongest("words", model.words),
            *_strongest("concepts", model.concepts),
            PRINCIPLES,
        ]
    )


def _strongest(what: str, linear: LinearTerms) -> Iterator[str]:
    ranked = sorted(linear.terms, key=lambda entry: (sum(entry.weights) * entry.documents**0.5, entry.term))
    for which, entries in (("later", ranked[::-1][:TERMS_SHOWN]), ("earlier", ranked[:TERMS_SHOWN])):
        yield f"- {what} that speak for a {which} band: " + ", ".join(f"`{entry.term}`" for entry in entries)
    yield ""


def _story(about: dict[str, Any]) -> Iterator[str]:
    yield from _section("What it is for", [about["purpose"]])
    yield from _list("What it must not be used for", about["not_for"])
    yield from _list("Limits", about["limits"])
    yield from _section("Learned from", list(_learned(about)))
    yield from _list("Leaks kept out", about["leaks_excluded"])
    yield from _section("Figures", list(_figures(about["figures"])))


def _section(title: str, lines: list[str]) -> Iterator[str]:
    yield from (f"## {title}", "", *lines, "")


def _list(title: str, items: list[str]) -> Iterator[str]:
    yield from _section(title, [f"- {item}" for item in items])


def _learned(about: dict[str, Any]) -> Iterator[str]:
    yield f"- Population: {about['population']}."
    yield f"- Outcome: {about['label']}."
    yield f"- Method: {about['learned']}."
    yield f"- Licence: {about['licence']}."
    for place, digest in about["sources"].items():
        yield f"- `{place}`, sha256 `{digest}`"


def _figures(figures: list[dict[str, Any]]) -> Iterator[str]:
    yield "| figure | value | 95 % interval | rows | protocol |"
    yield "|---|---|---|---|---|"
    for each in figures:
        between = f"{each['low']:.3f}–{each['high']:.3f}" if "low" in each else ""
        what = f"*{each['what']}* (peer)" if each.get("peer") else each["what"]
        yield f"| {what} | {each['value']:.3f} | {between} | {each['n']:,} | {each['protocol']} |"
