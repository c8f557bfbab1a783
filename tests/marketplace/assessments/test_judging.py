"""Ratings, panels and feedback, without a database."""

import datetime
import itertools
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.assessments import feedback, judging, panel
from scoring.readiness.assess import assess
from scoring.readiness.assessment import Assessment
from scoring.readiness.framework import FRAMEWORKS
from scoring.receipts import Receipt
from scoring.technology import Evidence, EvidenceGrade, Medium, Rating, Technology, TechnologyClass, Text

TODAY = datetime.date(2026, 3, 2)
DOCUMENTS = tuple(
    Evidence(
        id=grade.value,
        grade=grade,
        dated=datetime.date(2025, 6, 1),
        sha256="0" * 64,
        issuer="Pinggu Assessment Centre",
        supports=("trl.8",),
    )
    for grade in EvidenceGrade
)
TECHNOLOGY = Technology(
    id="T",
    name=Text(zh="膜", en="membrane"),
    technology_class=TechnologyClass.TREATMENT,
    media=(Medium.WATER,),
    claimed_trl=9,
    evidence=DOCUMENTS,
)


def rating(criterion: str, value: Any, *evidence: str, why: str | None = "seen on site") -> Rating:
    return Rating(criterion=criterion, value=value, rationale=why, evidence=evidence)


def test_all_bad_ratings_are_named_at_once() -> None:
    bad = [
        rating("trl.99", 3),
        rating("trl", 12),
        rating("trl.6.performance", "yes", "nothing", why=" "),
        rating("trl", True),
    ]
    found = judging.faults_of_ratings(bad, FRAMEWORKS["trl"], TECHNOLOGY)
    assert [fault.field for fault in found] == [
        "ratings.0.criterion",
        "ratings.1.value",
        "ratings.2.value",
        "ratings.2.rationale",
        "ratings.2.evidence.0",
        "ratings.3.value",
        "ratings.3.criterion",
    ]
    assert all(fault.expected and fault.expected_zh for fault in found)


def test_every_deciding_scale_must_be_judged() -> None:
    found = judging.faults_of_ratings([rating("doe-arl.delivered-cost", "low")], FRAMEWORKS["doe-arl"], TECHNOLOGY)
    assert len(found) == 16
    assert {fault.field for fault in found} == {"ratings"}


def test_what_the_holder_claims_does_not_move_the_score() -> None:
    said = [rating("trl", 6, "E2")]
    assert judging.interval_of(TECHNOLOGY, "trl", said, TODAY) == judging.Interval(6, 6)
    humble = msgspec.structs.replace(TECHNOLOGY, claimed_trl=1)
    assert judging.interval_of(humble, "trl", said, TODAY) == judging.Interval(6, 6)


def test_a_receipt_computes_to_the_same_bytes() -> None:
    kept = judging.receipt_of(TECHNOLOGY, "trl", judging.anonymous([rating("trl", 6, "E2")], "r1"), TODAY).to_bytes()
    read = Receipt.from_bytes(kept)
    assert read.verify().ok
    again = judging.receipt_of(msgspec.convert(read.input, Technology), "trl", read_ratings(read), TODAY)
    assert again.to_bytes() == kept
    assert b"seen on site" not in kept


def read_ratings(read: Receipt) -> list[Rating]:
    return msgspec.convert(read.input["ratings"]["trl"], list[Rating])


def test_two_who_agree_well_above_the_bar_need_nobody_else() -> None:
    found = panel.view("trl", 6, "a", [panel.Said("a", "x", 8, 8), panel.Said("a", "y", 8, 8)])
    assert (found.level, found.crosses_bar) == (8, False)
    assert found.chance_at_bar > 0.95
    divided = panel.view("trl", 6, "a", [panel.Said("a", "x", 4, 4), panel.Said("a", "y", 8, 8)])
    assert divided.crosses_bar


def test_a_harsh_assessor_is_known_by_their_other_scores() -> None:
    past = [
        score
        for n in range(12)
        for score in (
            panel.Said(str(n), "harsh", 4, 4),
            panel.Said(str(n), "fair", 6, 6),
            panel.Said(str(n), "just", 6, 6),
        )
    ]
    alone = [panel.Said("new", "harsh", 5, 5)]
    found = panel.view("trl", 6, "new", [*past, *alone])
    assert found.severities["harsh"] < -0.5
    assert found.level > panel.view("trl", 6, "new", alone).level


def test_the_record_of_a_panel_holds_no_names_and_computes_again() -> None:
    said = [
        panel.Said(subject, rater, 5, 5 + n % 3)
        for n, (subject, rater) in enumerate(itertools.product(("b", "a", "c"), ("zhang", "anna", "li")))
        if (subject, rater) != ("a", "li")
    ]
    record = panel.panel_record("trl", 6, "a", said)
    assert panel.recomputed(record) == record == panel.panel_record("trl", 6, "a", said[::-1])
    assert b"zhang" not in record
    assert panel.recomputed(record.replace(b'"low":5', b'"low":4')) != record


def test_who_has_forecast_better_counts_for_more_and_the_record_says_so() -> None:
    apart = [panel.Said("a", "low", 5, 5), panel.Said("a", "high", 7, 7)]
    trusted = [panel.Said("a", "low", 5, 5, weight=2.0), panel.Said("a", "high", 7, 7, weight=0.2)]
    assert panel.view("trl", 6, "a", trusted).chance_at_bar < panel.view("trl", 6, "a", apart).chance_at_bar - 0.1
    record = panel.panel_record("trl", 6, "a", trusted)
    assert panel.recomputed(record) == record
    assert (b"weight" in record, b"weight" in panel.panel_record("trl", 6, "a", apart)) == (True, False)


def test_disagreement_names_the_scale_and_both_sides() -> None:
    ratings = {"r1": [rating("trl", 4, "E2")], "r2": [rating("trl", 7, "E3")]}
    (found,) = panel.disagreements(TECHNOLOGY, "trl", TODAY, ratings)
    assert (found.scale, found.intervals) == ("trl", {"r1": (4, 4), "r2": (7, 7)})
    assert panel.disagreements(TECHNOLOGY, "trl", TODAY, {"r1": ratings["r1"], "r2": ratings["r1"]}) == []


def value_of(framework: str, draw: Any) -> Any:
    words = FRAMEWORKS[framework].values
    if words:
        return draw(st.sampled_from(sorted(words)))
    levels = FRAMEWORKS[framework].levels
    return draw(st.integers(levels[0].level, levels[-1].level))


def name_of(framework: str, scale: int) -> str:
    return FRAMEWORKS[framework].scales[scale].id


@st.composite
def panels(draw: Any) -> tuple[str, list[Rating], int]:
    framework = draw(st.sampled_from(sorted(FRAMEWORKS)))
    scales = judging.scales_to_judge(FRAMEWORKS[framework], TECHNOLOGY)
    ratings = []
    for rater in ("r1", "r2"):
        for scale in scales:
            name = name_of(framework, scale)
            reference = framework if name == framework else f"{framework}.{name}"
            documents = draw(st.sampled_from([(), ("E1",), ("E4",)]))
            ratings.append(
                Rating(
                    criterion=reference, value=value_of(framework, draw), evidence=documents, rater=rater, rationale="x"
                )
            )
        some = st.sampled_from(
            [c for c in FRAMEWORKS[framework].criteria if c.scale in {name_of(framework, s) for s in scales}]
        )
        ratings += [
            Rating(criterion=criterion.id, value=draw(st.booleans()), rater=rater, rationale="x")
            for criterion in draw(st.lists(some, max_size=2, unique_by=id))
        ]
    floor, top = judging.scale_ends(FRAMEWORKS[framework])
    return framework, ratings, draw(st.integers(floor + 1, top))


@settings(max_examples=60, deadline=None)
@given(panels())
def test_the_smallest_change_would_have_passed(drawn: tuple[str, list[Rating], int]) -> None:
    framework, ratings, bar = drawn
    before = assess(judging.as_judged(TECHNOLOGY, framework, ratings), framework, as_of=TODAY)
    changes = feedback.smallest_change(TECHNOLOGY, framework, ratings, TODAY, bar)
    if not isinstance(before, Assessment) or judging.interval_of_assessment(before).low >= bar:
        assert changes == []
        return
    assert changes
    changed = feedback.after(TECHNOLOGY, framework, ratings, TODAY, changes)
    found = assess(changed, framework, as_of=TODAY)
    assert isinstance(found, Assessment)
    assert judging.interval_of_assessment(found).low >= bar


def test_codes_say_why() -> None:
    def codes_of(*given: Rating) -> set[str]:
        return {change.code for change in feedback.smallest_change(TECHNOLOGY, "trl", given, TODAY, 6)}

    assert codes_of(rating("trl", 6)) == {"evidence-missing"}
    assert codes_of(rating("trl", 6, "E1")) == {"evidence-too-weak"}
    assert codes_of(rating("trl", 5, "E4")) == {"not-met"}
    two = (
        msgspec.structs.replace(rating("trl", 7, "E4"), rater="a"),
        msgspec.structs.replace(rating("trl", 5, "E4"), rater="b"),
    )
    assert codes_of(*two) == {"judged-differently"}
    assert codes_of(rating("trl", 7, "E4")) == set()
