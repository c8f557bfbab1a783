"""The shipped cards: small, whole, monotone, and documented by the file that comes with them."""

from pathlib import Path

import numpy as np
import pytest

import scoring
from scoring.scorecard.card import NumericAxis

MODELS = Path(scoring.__file__).parent / "models"
CARDS = ("followon", "financing-risk", "bankruptcy")
OUTCOMES = {
    "followon": {"follow_on_24m", "acquired_24m", "permalink", "last_round"},
    "financing-risk": {"Term", "ChgOffDate", "ChgOffPrinGr", "BalanceGross", "MIS_Status", "DisbursementGross", "Bank"},
    "bankruptcy": {"bankrupt"},
}


@pytest.fixture(params=CARDS)
def card(request):
    return scoring.load(request.param)


def rows(card, n=200, seed=0):
    """Plausible rows: every feature within what the card knows, some missing."""
    rng = np.random.default_rng(seed)
    axes = {axis.feature: axis for term in card.terms for axis in term.axes}
    return [{name: draw(axis, rng) for name, axis in axes.items()} for _ in range(n)]


def draw(axis, rng):
    if rng.random() < 0.1:
        return None
    if isinstance(axis, NumericAxis):
        edges = axis.edges or (0.0,)
        return float(rng.uniform(edges[0] - 1, edges[-1] + 1))
    return str(rng.choice([*axis.categories, "never seen"]))


def test_is_small_and_called_by_its_name(card):
    assert (MODELS / f"{card.name}.json").stat().st_size <= 50_000
    assert card.outcome.zh
    assert card.outcome.en


def test_holds_no_column_from_after_the_outcome(card):
    assert not {axis.feature for term in card.terms for axis in term.axes} & OUTCOMES[card.name]


def test_every_feature_has_a_name_in_both_languages(card):
    named = {feature.name for feature in card.features if feature.label.zh and feature.label.en}
    assert {axis.feature for term in card.terms for axis in term.axes} <= named


def test_scores_lie_inside_their_intervals_with_at_most_four_reasons(card):
    for row in rows(card):
        score = card.score(row)
        assert 0 <= score.low <= score.probability <= score.high <= 1
        assert score.low < score.high
        assert len(score.reasons) <= 4
        assert all(reason.points * (1 if reason.adverse else -1) <= 0 for reason in score.reasons)


def test_contributions_add_up(card):
    table = rows(card)
    scored = card.score_table({name: np.array([row[name] for row in table], dtype=object) for name in table[0]})
    log_odds = np.log(scored.probability / (1 - scored.probability))
    assert card.intercept + scored.contributions.sum(axis=1) == pytest.approx(log_odds, abs=1e-9)


def test_a_lone_monotone_feature_never_turns_round(card):
    tables = [term for term in card.terms if term.monotonic and len(term.axes) == 1]
    assert tables
    for term in tables:
        steps = term.monotonic * np.diff(term.log_odds[:-1])
        assert steps.min(initial=0.0) >= 0


def test_the_model_card_is_of_this_very_file(card):
    text = (MODELS / f"{card.name}.md").read_text("utf-8")
    assert card.sha256 in text
    for heading in ("What it is for", "What it must not be used for", "Limits", "Leaks kept out", "Figures", "SR 26-2"):
        assert heading in text


def test_a_missing_ratio_is_the_usual_one_and_a_firm_with_no_ratios_is_ordinary():
    card = scoring.load("bankruptcy")
    assert 0.001 < card.score({}).probability < 0.05
    alone = {term.name: term for term in card.terms if len(term.axes) == 1}
    for name in ("Attr21", "Attr27", "Attr37"):
        assert alone[name].log_odds[-1] in alone[name].log_odds[:-1]


def test_the_readiness_model_has_a_model_card_too():
    text = (MODELS / "readiness.md").read_text("utf-8")
    assert "give-away" in text
    assert "Chinese catalogue" in text
