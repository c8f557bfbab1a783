"""The card as a file: canonical, checked whole, and nothing of a bad one kept."""

import json
from math import nan
from pathlib import Path

import msgspec
import pytest

import scoring
from scoring import InputError, Scorecard
from scoring.scorecard.card import (
    Applicability,
    BandTable,
    CategoricalAxis,
    Feature,
    Grade,
    Novelty,
    NumericAxis,
    Range,
    Scale,
    ScoreBands,
    Term,
)
from scoring.scorecard.check import check
from scoring.scorecard.file import FILE_BYTES_MAX, from_bytes, to_bytes
from scoring.technology import Text

TERM = Term(axes=(NumericAxis("trl", (4.0, 6.0)),), log_odds=(0.9, 0.1, -0.6, 0.2), monotonic=-1)
CARD = Scorecard(
    name="stall", version="1", outcome=Text(en="stalls"), outcome_is_bad=True, intercept=-1.0, terms=(TERM,)
)
changed = msgspec.structs.replace


@pytest.mark.parametrize("seed", range(30))
def test_what_is_saved_is_what_is_loaded(seed, card_of, tmp_path):
    card = card_of(seed, bare=seed % 3 == 0)
    card.save(tmp_path / "card.json")
    loaded = Scorecard.load(tmp_path / "card.json")
    assert loaded == card
    assert loaded.sha256 == card.sha256
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "card.json").read_bytes()


def test_equal_cards_have_equal_bytes():
    """However their numbers and dictionaries were written."""
    one = changed(CARD, intercept=0.0, about={"b": 1, "a": 2}, scale=Scale(pdo=20.0))
    two = changed(CARD, intercept=-0.0, about={"a": 2, "b": 1}, scale=Scale(pdo=20))
    assert to_bytes(one) == to_bytes(two)
    assert one.sha256 == two.sha256 != CARD.sha256


def test_the_file_is_json_with_a_term_on_a_line():
    text = to_bytes(CARD).decode()
    assert json.loads(text)["terms"][0]["log_odds"] == [0.9, 0.1, -0.6, 0.2]
    assert sum(line.startswith('{"axes"') for line in text.splitlines()) == len(CARD.terms)


def test_a_pair_is_written_short_and_read_whole():
    """Whole numbers for decimals, and categories that share cells by name only in the feature's own term."""
    own = Term(axes=(CategoricalAxis("state", ("Ohio", "Iowa", "Utah")),), log_odds=(0.1, 0.2, 0.3, 0.0, 0.0))
    shared = CategoricalAxis("state", ("Ohio", "Iowa", "Utah"), (0, 1, 0))
    pair = Term(axes=(NumericAxis("trl", (4.0,)), shared), log_odds=tuple(n / 100 for n in range(-5, 7)))
    card = changed(CARD, terms=(TERM, own, pair))
    text = to_bytes(card).decode()
    assert text.count("Ohio") == 1
    assert json.loads(text)["terms"][2]["log_odds"] == list(range(-5, 7))
    assert from_bytes(text.encode()) == card
    assert to_bytes(from_bytes(text.encode())) == text.encode()


def test_names_left_out_without_an_own_term_are_a_fault():
    shared = CategoricalAxis("state", (), (0, 0))
    pair = Term(axes=(NumericAxis("trl", ()), shared), log_odds=(0.0,) * 6)
    with pytest.raises(InputError, match="one cell for each category"):
        from_bytes(msgspec.json.encode(changed(CARD, terms=(TERM, pair))))


def test_a_failed_save_leaves_the_old_file_alone(tmp_path):
    CARD.save(tmp_path / "card.json")
    with pytest.raises(InputError):
        changed(CARD, intercept=nan).save(tmp_path / "card.json")
    assert Scorecard.load(tmp_path / "card.json") == CARD
    assert [path.name for path in tmp_path.iterdir()] == ["card.json"]


def bands(**fields):
    return ScoreBands(**({"method": "venn-abers", "level": 0.9, "edges": (), "low": (0.1,), "high": (0.2,)} | fields))


def novelty(*values, feature="trl"):
    return Novelty(axis=NumericAxis(feature, ()), novelty=values)


APPLICABILITY = Applicability(tables=(novelty(0.1, 0.2),), threshold=1.0, level=0.05)
OTHER_KIND = Novelty(axis=CategoricalAxis("trl", ()), novelty=(1.0, 1.0))
FAULTS = {
    "a name": {"name": ""},
    "a version": {"version": ""},
    "an outcome": {"outcome": Text()},
    "finite intercept": {"intercept": nan},
    "at least one term": {"terms": ()},
    "one term over the same features": {"terms": (TERM, TERM)},
    "'about' to be JSON": {"about": {"auc": nan}},
    "one axis or two": {"terms": (changed(TERM, axes=()),)},
    "two different features": {"terms": (changed(TERM, axes=TERM.axes * 2),)},
    "4 values of log_odds": {"terms": (changed(TERM, log_odds=(0.0,)),)},
    "log_odds between": {"terms": (changed(TERM, log_odds=(0.9, 0.1, -0.6, 1e9)),)},
    "a finite reference": {"terms": (changed(TERM, reference=nan),)},
    "monotonic to be": {"terms": (changed(TERM, monotonic=2),)},
    "values that only rise": {"terms": (changed(TERM, monotonic=1),)},
    "values that only fall": {"terms": (Term(axes=(CategoricalAxis("c", ("a",)),), log_odds=(1, 0, 0), monotonic=-1),)},
    "to ascend": {"terms": (changed(TERM, axes=(NumericAxis("trl", (6.0, 4.0)),)),)},
    "finite edges": {"terms": (changed(TERM, axes=(NumericAxis("trl", (4.0, nan)),)),)},
    "a feature's name": {"terms": (changed(TERM, axes=(NumericAxis("", (4.0, 6.0)),)),)},
    "once": {"terms": (Term(axes=(CategoricalAxis("c", ("a", "a")),), log_odds=(0.0,) * 4),)},
    "numbered from 0": {"terms": (Term(axes=(CategoricalAxis("c", ("a", "b"), (0, 2)),), log_odds=(0.0,) * 5),)},
    "decimals in a file alone": {"terms": (changed(TERM, decimals=2),)},
    "a number everywhere": {"applicability": changed(APPLICABILITY, tables=(OTHER_KIND,))},
    "one entry for a feature": {"features": (Feature(name="trl"),) * 2},
    "an entry only for features": {"features": (Feature(name="other"),)},
    "pdo above 0": {"scale": Scale(pdo=0)},
    "base_odds above 0": {"scale": Scale(base_odds=-1)},
    "finite base_points": {"scale": Scale(base_points=nan)},
    "the last grade to reach 1": {"grades": (Grade(name="A", probability_max=0.5),)},
    "probability_max to ascend": {"grades": (Grade(name="A", probability_max=1), Grade(name="B", probability_max=1))},
    "each grade once": {"grades": (Grade(name="A", probability_max=0.5), Grade(name="A", probability_max=1))},
    "a name for each grade": {"grades": (Grade(name="", probability_max=1),)},
    "a level between": {"bands": bands(level=1.0)},
    "1 values of low": {"bands": bands(low=(0.1, 0.2))},
    "low <= high <= 1": {"bands": bands(low=(0.3,))},
    "0 entries in by_segment": {"bands": bands(by_segment=(None,))},
    "by_segment[0]": {
        "bands": bands(segment=NumericAxis("trl", ()), by_segment=(BandTable(edges=(), low=(0.5,), high=(0.1,)), None))
    },
    "finite threshold": {"applicability": changed(APPLICABILITY, threshold=nan)},
    "2 values of novelty": {"applicability": changed(APPLICABILITY, tables=(novelty(1.0),))},
    "one table of novelty": {"applicability": changed(APPLICABILITY, tables=(novelty(1.0, 1.0),) * 2)},
    "low <= high in a range": {"applicability": changed(APPLICABILITY, ranges=(Range(feature="trl", low=2, high=1),))},
    "a finite range": {"applicability": changed(APPLICABILITY, ranges=(Range(feature="trl", low=nan, high=1),))},
}  # fmt: skip


@pytest.mark.parametrize("expected", FAULTS)
def test_every_fault_is_found(expected):
    with pytest.raises(InputError) as caught:
        check(changed(CARD, **FAULTS[expected]))
    assert expected in str(caught.value)


def test_a_bad_card_does_not_score():
    bad = changed(CARD, intercept=nan)
    with pytest.raises(InputError):
        bad.score({"trl": 1})
    with pytest.raises(InputError):
        bad.score_table({"trl": [1]})
    with pytest.raises(InputError):
        bad.to_sql("duckdb", table="t")


def test_faults_of_a_file_are_listed_together(tmp_path):
    raw = json.loads(to_bytes(CARD))
    del raw["name"]
    raw |= {"intercept": "zero", "format": "greenhatch-card/9", "surplus": 1}
    raw["terms"] = [{"axes": []}, 7]
    (tmp_path / "bad.json").write_text(json.dumps(raw))
    with pytest.raises(InputError) as caught:
        Scorecard.load(tmp_path / "bad.json")
    assert {error.column for error in caught.value.errors} == {
        "name", "intercept", "format", "surplus", "terms[0]", "terms[1]",
    }  # fmt: skip
    assert {error.file for error in caught.value.errors} == {"bad.json"}


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"intercept": 1e999}', b"[" * 100_000, b'{"a":' * 100_000, b"NaN"],
)
def test_what_is_no_card_is_refused(data):
    with pytest.raises(InputError):
        from_bytes(data)


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 10)
    with pytest.raises(InputError, match="at most"):
        Scorecard.load(path)


def test_load_takes_a_path_or_says_what_it_knows(tmp_path):
    CARD.save(tmp_path / "card.json")
    assert scoring.load(tmp_path / "card.json") == CARD
    with pytest.raises(InputError, match="the path of a card, or the name of a reference card"):
        scoring.load("no-such-card")


def test_every_shipped_card_loads():
    from scoring.library import names

    for path in Path(scoring.__file__).parent.glob("models/*.json"):
        assert path.stem in names()
        assert scoring.load(path.stem)


def test_scoring_needs_no_scikit_learn():
    """Neither to import nor to load and score a row; numpy is only for tables."""
    import subprocess
    import sys

    code = (
        "import sys, scoring; scoring.Scorecard; scoring.load\n"
        "from scoring.scorecard.card import *\n"
        "card = Scorecard(name='n', version='1', outcome=Text(en='x'), outcome_is_bad=True, intercept=0.0,"
        " terms=(Term(axes=(NumericAxis('x', ()),), log_odds=(0.0, 0.0)),))\n"
        "assert card.score({'x': 1}).probability == 0.5\n"
        "assert not {'sklearn', 'scipy', 'numpy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
