"""``greenhatch lint``: what in a table gives the outcome away."""

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.commands.columns import column_of, outcome_of
from scoring.commands.console import Speaker, check_output
from scoring.io.reading import read_table
from scoring.io.writing import write_rows
from scoring.validation import Finding, lint

LEAKS_FOUND = 1


def run(chosen: Namespace, speaker: Speaker) -> int:
    check_output(chosen.json, ".json")
    table = read_table(chosen.file)
    outcome = outcome_of(table, chosen.label, chosen.positive, chosen.file)
    found = findings_of(table, outcome, chosen)
    show(found, speaker)
    if chosen.json is not None:
        write_rows([as_row(finding) for finding in found], chosen.json)
        speaker.say("written", path=chosen.json)
    return LEAKS_FOUND if any(finding.severity == "error" for finding in found) else 0


def findings_of(table: Any, outcome: NDArray[np.int64], chosen: Namespace) -> list[Finding]:
    """What the linter finds, after the columns that were named are known to be there."""
    for name in filter(None, (chosen.as_of, chosen.group)):
        column_of(table, name, chosen.file)
    return lint(table.drop_columns([chosen.label]), outcome, as_of=chosen.as_of, groups=chosen.group)


def show(found: Sequence[Finding], speaker: Speaker) -> None:
    """The findings as a table, or one line where there are none."""
    if not found:
        speaker.text(speaker.words("clean"))
        return
    columns = [speaker.words(name) for name in ("column", "finding", "evidence")]
    speaker.table(columns, [_cells(finding, speaker) for finding in found], title=speaker.words("findings"))
    advice = dict.fromkeys((finding.kind, finding.advice.in_language(speaker.language)) for finding in found)
    speaker.table([speaker.words("finding"), speaker.words("advice")], list(advice))


def _cells(finding: Finding, speaker: Speaker) -> tuple[str, ...]:
    return (
        ", ".join(finding.columns) or "–",
        f"{finding.severity}: {finding.kind}, {finding.text.in_language(speaker.language)}",
        ", ".join(f"{name} {value}" for name, value in finding.evidence.items()),
    )


def as_row(finding: Finding) -> dict[str, Any]:
    """A finding as plain values."""
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "columns": list(finding.columns),
        "evidence": finding.evidence,
        "text": {"zh": finding.text.zh, "en": finding.text.en},
    }
