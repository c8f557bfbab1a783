"""Does what was learned in English hold for Chinese texts? A catalogue's maturity labels, and papers, as tests."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr

from scoring.errors import Refusal
from scoring.models.training.figures import figure, plain
from scoring.models.training.sources import found
from scoring.readiness.claims import claimed_level_range
from scoring.readiness.concepts import concept_counts
from scoring.readiness.text_model import LevelProposal, TextModel
from scoring.technology import Technology, Text
from scoring.validation.metrics import Floats, auc, bootstrap

CATALOGUE = "catalogue/cn_technologies.jsonl"
ABSTRACTS = "catalogue/cn_csl_env_abstracts.jsonl"
FULL_SCALE = 8
LABELS = "name and process route only; the label, what it is based on and the kind of entry withheld"
PAPERS = "title and text; abstracts of environmental papers against catalogue entries labelled full scale"


class _Read(NamedTuple):
    """A text, the levels its label claims, and what the model makes of it."""

    low: int
    high: int
    score: float
    proposal: LevelProposal | Refusal


def transfer_figures(model: TextModel, data: Path) -> list[dict[str, Any]]:
    """How the model's answers agree with labels that it never saw."""
    labelled = _labelled(model, found(data, CATALOGUE))
    papers = _papers(model, found(data, ABSTRACTS))
    return [*_order(labelled), *_answers(labelled), *_against_papers(labelled, papers)]


def _labelled(model: TextModel, path: Path) -> list[_Read]:
    entries = _lines(path)
    claims = [(claimed_level_range(entry["maturity"]), entry) for entry in entries]
    return [_read(model, *claim, entry["name"], entry["process_route"]) for claim, entry in claims if claim is not None]


def _papers(model: TextModel, path: Path) -> list[_Read]:
    return [_read(model, 1, 5, entry["title"], entry["abstract"]) for entry in _lines(path)]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def _read(model: TextModel, low: int, high: int, title: str, text: str | None) -> _Read:
    technology = Technology(id="-", name=Text(zh=title), summary=Text(zh=text))
    score = float(model.concepts.log_odds(concept_counts(f"{title}. {text or ''}")).mean())
    return _Read(low, high, score, model.propose(technology))


def _order(labelled: list[_Read]) -> list[dict[str, Any]]:
    levels, scores = np.array([row.low for row in labelled]), np.array([row.score for row in labelled])
    late = (levels >= FULL_SCALE).astype(float)
    described = f"{LABELS}; {int(late.sum())} at full scale, {int((1 - late).sum())} earlier"
    correlation = bootstrap(_rank_correlation, levels, scores)
    return [
        figure("Chinese catalogue: AUC, full scale against earlier", bootstrap(auc, late, scores), described),
        figure("Chinese catalogue: rank correlation with the labels", correlation, described),
    ]


def _answers(labelled: list[_Read]) -> list[dict[str, Any]]:
    answered = [(row, row.proposal) for row in labelled if isinstance(row.proposal, LevelProposal)]
    meets = [proposal.low <= row.high and row.low <= proposal.high for row, proposal in answered]
    early = sum(row.low < FULL_SCALE for row, _ in answered)
    described = f"{LABELS}; {early} of the answered are labelled below full scale"
    return [
        plain(
            "Chinese catalogue: share answered, the rest refused", len(answered) / len(labelled), len(labelled), LABELS
        ),
        plain(
            "Chinese catalogue: share of answers that meet the label's levels",
            float(np.mean(meets)),
            len(meets),
            described,
        ),
    ]


def _against_papers(labelled: list[_Read], papers: list[_Read]) -> list[dict[str, Any]]:
    rows = [row for row in labelled if row.low >= FULL_SCALE] + papers
    answered = [row for row in rows if isinstance(row.proposal, LevelProposal)]
    return [
        _papers_figure("Chinese, full scale against research papers: AUC, all texts", rows),
        _papers_figure("Chinese, full scale against research papers: AUC, texts answered", answered),
    ]


def _papers_figure(what: str, rows: list[_Read]) -> dict[str, Any]:
    late = np.array([float(row.low >= FULL_SCALE) for row in rows])
    described = f"{PAPERS}; {int(late.sum())} against {int((1 - late).sum())}"
    return figure(what, bootstrap(auc, late, np.array([row.score for row in rows])), described)


def _rank_correlation(level: Floats, score: Floats) -> float:
    if len(np.unique(level)) < 2 or len(np.unique(score)) < 2:
        raise ValueError("a rank correlation needs two levels")
    return float(spearmanr(level, score).statistic)
