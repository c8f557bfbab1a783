"""Golden cases of each framework, what evidence counts, and what is refused."""

from datetime import date

import pytest

from scoring import Refusal
from scoring.readiness import FRAMEWORKS, assess
from scoring.readiness.framework import index_of
from scoring.technology import Case, Cost, EvidenceGrade, FundingRound, Patent, Provenance, TeamMember, Text
from tests.scoring.readiness.making import TODAY, document, rating, technology


def ends(found):
    return found.low, found.level, found.high


def test_a_claim_alone_is_an_upper_bound():
    found = assess(technology(claimed_trl=8), as_of=TODAY)
    assert ends(found) == (1, 1, 8)
    assert {b.criterion for b in found.blocking} == {"trl.1.performance", "trl.1.setting", "trl.1.record"}
    assert found.next_best_evidence.supports == "trl.8"
    assert (found.next_best_evidence.low, found.next_best_evidence.high) == (8, 8)
    assert found.next_best_evidence.grade is EvidenceGrade.TESTED
    assert "no level is proven yet" in found.explanation.en
    assert "尚无足够证据" in found.explanation.zh


@pytest.mark.parametrize("level", range(1, 10))
def test_proof_of_a_level_proves_the_levels_below(level):
    grade = index_of("trl").grade_of_level[level]
    found = assess(technology(evidence=(document(f"trl.{level}", grade=grade),)), as_of=TODAY)
    assert ends(found) == (level, level, level)
    assert {b.level for b in found.blocking} == ({level + 1} if level < 9 else set())


@pytest.mark.parametrize(("grade", "low"), [("E0", 1), ("E1", 4), ("E2", 6), ("E3", 9), ("E4", 9)])
def test_evidence_proves_as_much_as_its_grade(grade, low):
    found = assess(technology(evidence=(document("trl.9", grade=grade),)), as_of=TODAY)
    assert ends(found) == (low, low, 9)


def test_all_criteria_of_a_level_have_to_be_proven():
    shown = document("trl.6.performance", "trl.6.setting", "trl.4.record")
    found = assess(technology(evidence=(shown,), claimed_trl=6), as_of=TODAY)
    assert ends(found) == (4, 4, 6)
    assert [b.criterion for b in found.blocking] == ["trl.5.record"]
    assert found.next_best_evidence.supports == "trl.6.record"


def test_a_criterion_said_not_to_be_met_bounds_both_ends():
    said = (rating("trl.8", value=True), rating("trl.5.setting", value=False))
    found = assess(technology(evidence=(document("trl.7"),), ratings={"trl": said}), as_of=TODAY)
    assert ends(found) == (4, 4, 8), "the claim above makes it a dispute"
    found = assess(technology(evidence=(document("trl.4"),), ratings={"trl": said[1:]}), as_of=TODAY)
    assert ends(found) == (4, 4, 4)
    assert {b.criterion: b.status for b in found.blocking}["trl.5.setting"] == "denied"
    assert found.next_best_evidence is None, "no document helps before the denial is resolved"


def test_raters_who_disagree_widen_the_interval():
    said = (rating("trl", 4, rater="Li"), rating("trl", 7, rater="Ada"))
    found = assess(technology(evidence=(document("trl"),), ratings={"trl": said}), as_of=TODAY)
    assert ends(found) == (4, 4, 7)
    assert {c.status for c in found.criteria if ".5." in c.criterion} == {"disputed"}


def test_the_newest_word_of_a_rater_stands():
    said = (
        rating("trl", 4, rater="Li", dated=date(2024, 1, 1)),
        rating("trl", 6, rater="Li", dated=date(2025, 1, 1)),
        rating("trl", 9, rater="Li", dated=date(2027, 1, 1)),
    )
    found = assess(technology(evidence=(document("trl"),), ratings={"trl": said}), as_of=TODAY)
    assert ends(found) == (6, 6, 6)
    assert [d.evidence for d in found.discounted] == ["rating:trl"]


@pytest.mark.parametrize(
    ("changes", "low", "reason"),
    [
        ({}, 9, None),
        ({"dated": None}, 1, "no date"),
        ({"dated": date(2026, 1, 2)}, 1, "after the day"),
        ({"dated": date(2026, 1, 1)}, 9, None),
        ({"expires": date(2025, 12, 31)}, 1, "past its expiry"),
        ({"expires": date(2026, 1, 1)}, 9, None),
        ({"dated": date(2015, 12, 1)}, 1, "older than"),
        ({"sha256": None}, 4, "no hash"),
        ({"sha256": None, "grade": "E1"}, 4, None),
    ],
)
def test_what_a_document_counts_on_the_day(changes, low, reason):
    found = assess(technology(evidence=(document("trl.9", **changes),), claimed_trl=9), as_of=TODAY)
    assert ends(found) == (low, low, 9)
    assert [d.reason.en for d in found.discounted] == ([] if reason is None else [found.discounted[0].reason.en])
    assert reason is None or reason in found.discounted[0].reason.en


def test_evidence_that_points_nowhere_is_named():
    lost = document("trl.66", "kth-irl.crl.3")
    silent = document("trl")
    said = rating("trl.4", value=True, evidence=("no-such-document",))
    found = assess(technology(evidence=(lost, silent), ratings={"trl": (said,)}), as_of=TODAY)
    reasons = {d.evidence: d.reason.en for d in found.discounted}
    assert "does not have" in reasons[lost.id]
    assert "no rating says" in reasons[silent.id]
    assert "not there" in reasons["no-such-document"]
    assert ends(found) == (1, 1, 4)


def test_a_document_for_the_whole_scale_backs_the_claimed_level():
    found = assess(technology(evidence=(document("trl"),), claimed_trl=7), as_of=TODAY)
    assert ends(found) == (7, 7, 7)


@pytest.mark.parametrize(("unknown", "expected"), [("worst", (1, 1, 6)), ("ignore", (1, 6, 6)), ("best", (1, 6, 6))])
def test_what_nobody_speaks_of_counts_as_told(unknown, expected):
    shown = document("trl.6.performance")
    assert ends(assess(technology(evidence=(shown,)), unknown=unknown, as_of=TODAY)) == expected


def test_the_day_is_the_technologys_own_unless_given():
    thing = technology(evidence=(document("trl.6"),), as_of=date(2025, 1, 1), claimed_trl=6)
    assert ends(assess(thing)) == (1, 1, 6), "the document was not there yet"
    assert ends(assess(thing, as_of=TODAY)) == (6, 6, 6)
    assert assess(technology(claimed_trl=3)).as_of > date(2024, 1, 1), "today"


def full_scale(months, *evidence, **fields):
    defaults = {"scale": "full", "succeeded": True}
    return Case(name=Text(en="plant"), months_in_operation=months, evidence=evidence, **(defaults | fields))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (full_scale(12, "proof"), (9, 9, 9)),
        (full_scale(6, "proof"), (8, 8, 9)),
        (full_scale(None, "proof"), (7, 7, 9)),
        (full_scale(3, "proof", scale="pilot"), (6, 6, 9)),
        (full_scale(None, "proof", scale="laboratory"), (4, 4, 9)),
        (full_scale(12), (1, 1, 9)),
        (full_scale(12, "proof", started=date(2025, 9, 1)), (7, 7, 9)),
    ],
)
def test_cases_prove_a_level_when_they_carry_evidence(case, expected):
    found = assess(technology(cases=(case,), evidence=(document(id="proof"),)), as_of=TODAY)
    assert ends(found) == expected


@pytest.mark.parametrize(
    "case",
    [full_scale(12, "proof", succeeded=None), full_scale(12, "proof", started=date(2027, 1, 1))],
)
def test_a_case_that_is_no_success_yet_says_nothing(case):
    assert isinstance(assess(technology(cases=(case,), evidence=(document(id="proof"),)), as_of=TODAY), Refusal)


def test_a_patent_number_can_be_looked_up_and_counts_as_documented():
    found = assess(technology(patents=(Patent(number="CN104445812B", status="granted"),)), as_of=TODAY)
    assert ends(found) == (2, 2, 9)
    assert found.criteria[0].evidence == ("patent:CN104445812B",)
    lapsed = Patent(number="CN1", status="granted", expires=date(2025, 1, 1))
    assert isinstance(assess(technology(patents=(lapsed,)), as_of=TODAY), Refusal)


def test_cri_takes_the_lowest_indicator_and_shows_all_eight():
    indicators = [scale.id for scale in FRAMEWORKS["cri"].scales]
    said = tuple(rating(name, 2 if name == "revenue" else 4) for name in indicators)
    proof = document(*(f"cri.{name}" for name in indicators), grade="E2")
    found = assess(technology(evidence=(proof,), ratings={"cri": said}), "cri", as_of=TODAY)
    assert ends(found) == (2, 2, 2)
    assert [scale.low for scale in found.profile] == [2 if name == "revenue" else 4 for name in indicators]
    assert [b.criterion for b in found.blocking] == ["cri.revenue.3"]


def test_cri_with_one_indicator_unknown_asks_for_it():
    indicators = [scale.id for scale in FRAMEWORKS["cri"].scales]
    proof = document(*(f"cri.{name}.4" for name in indicators if name != "costs"), grade="E2")
    found = assess(technology(evidence=(proof,)), "cri", as_of=TODAY)
    assert ends(found) == (1, 1, 4)
    assert found.missing == ("cri.costs",)
    assert found.next_best_evidence.supports == "cri.costs.4"
    assert ends(assess(technology(evidence=(proof,)), "cri", unknown="ignore", as_of=TODAY)) == (1, 4, 4)


def test_kth_is_a_profile_without_a_total():
    said = (rating("crl", 5), rating("kth-irl.brl", 4))
    proof = document("kth-irl.crl")
    found = assess(technology(evidence=(proof,), ratings={"kth-irl": said}), "kth-irl", as_of=TODAY)
    assert ends(found) == (None, None, None)
    profile = {scale.scale: (scale.low, scale.high, scale.known) for scale in found.profile}
    assert profile["kth-irl.crl"] == (5, 5, True)
    assert profile["kth-irl.brl"] == (1, 4, True)
    assert profile["kth-irl.frl"] == (1, 9, False)
    assert found.next_best_evidence.supports == "kth-irl.brl.4"
    assert (found.next_best_evidence.low, found.next_best_evidence.high) == (4, 4)


def test_kth_reads_patents_team_and_funding_as_facts():
    found = assess(
        technology(
            patents=(Patent(number="CN1", status="granted"),),
            team=(TeamMember(role="CEO"), TeamMember(role="CTO")),
            funding=(FundingRound(kind="grant", amount_minor=1, currency="CNY"),),
        ),
        "kth-irl",
        as_of=TODAY,
    )
    claimed = {c.criterion for c in found.criteria if c.status in ("claimed", "proven")}
    assert {"kth-irl.iprl.8", "kth-irl.tmrl.3", "kth-irl.frl.3"} <= claimed
    assert {s.scale: s.low for s in found.profile}["kth-irl.iprl"] == 5, "a grant of E2 would prove more"


@pytest.mark.parametrize("kind", ["treatment", "management", "product"])
def test_the_water_ladder_is_chosen_by_the_class(kind):
    shown = document("water-trl.6", grade="E2")
    found = assess(technology(technology_class=kind, evidence=(shown,), claimed_trl=7), "water-trl", as_of=TODAY)
    assert ends(found) == (6, 6, 7)
    assert [scale.scale for scale in found.profile] == [f"water-trl.{kind}"]
    assert len(found.criteria) == 18
    other = {"treatment": "management"}.get(kind, "treatment")
    elsewhere = document(f"water-trl.{other}.6")
    found = assess(technology(technology_class=kind, evidence=(elsewhere,)), "water-trl", as_of=TODAY)
    assert found.reason == "no-evidence"


def test_the_water_ladder_without_a_class_is_refused():
    found = assess(technology(claimed_trl=7), "water-trl", as_of=TODAY)
    assert isinstance(found, Refusal)
    assert (found.reason, found.missing) == ("class-unknown", ("technology_class",))
    assert found.message_zh


NEETT_TESTS = ["lawful", "advanced", "mature", "economic", "clear-ip"]


@pytest.mark.parametrize("failed", [None, *NEETT_TESTS])
def test_neett_entry_needs_all_five_tests(failed):
    said = tuple(rating(name, name != failed) for name in NEETT_TESTS)
    proof = document(*(f"neett-entry.{name}" for name in NEETT_TESTS if name != failed))
    found = assess(technology(evidence=(proof,), ratings={"neett-entry": said}), "neett-entry", as_of=TODAY)
    assert ends(found) == ((2, 2, 2) if failed is None else (1, 1, 1))
    assert [b.criterion for b in found.blocking] == ([f"neett-entry.{failed}"] if failed else [])


@pytest.mark.parametrize(
    ("provenance", "route"),
    [
        (Provenance.AWARD, "formal-check"),
        (Provenance.CATALOGUE, "formal-check"),
        (Provenance.NATIONAL_PROJECT, "formal-check"),
        (Provenance.SELF_NOMINATED, "review"),
        (None, "review"),
    ],
)
def test_awards_catalogues_and_national_projects_pass_on_a_formal_check(provenance, route):
    said = (rating("lawful", value=True),)
    found = assess(technology(provenance=provenance, ratings={"neett-entry": said}), "neett-entry", as_of=TODAY)
    assert found.route == route
    assert ends(found) == (1, 1, 2), "the route never replaces the five tests"


def test_neett_reads_cases_patents_and_costs_as_facts():
    costs = tuple(Cost(kind=kind, amount_minor=1, currency="CNY", per_unit="m3/d") for kind in ("capex", "opex"))
    found = assess(
        technology(
            cases=(full_scale(None, "proof"),),
            patents=(Patent(number="CN1", status="granted"),),
            costs=costs,
            evidence=(document(id="proof"),),
        ),
        "neett-entry",
        as_of=TODAY,
    )
    stands = {c.criterion.removeprefix("neett-entry."): str(c.status) for c in found.criteria}
    assert stands == {
        "lawful": "unknown",
        "advanced": "unknown",
        "mature": "proven",
        "economic": "claimed",
        "clear-ip": "claimed",
        "route": "unknown",
    }


@pytest.mark.parametrize("name", [name for name in FRAMEWORKS if name != "water-trl"])
def test_nothing_known_is_refused_with_what_is_missing(name):
    found = assess(technology(), name, as_of=TODAY)
    assert isinstance(found, Refusal)
    assert found.reason == "no-evidence"
    assert found.missing
    assert found.message
    assert found.message_zh


def test_all_bad_ratings_are_named_at_once():
    bad = (rating("trl", 12), rating("trl", "high"), rating("trl.4", 4), rating("trl.99", value=True))
    found = assess(technology(ratings={"trl": bad}), as_of=TODAY)
    assert found.reason == "invalid-rating"
    assert len(found.missing) == 4
    assert "expected a whole number from 1 to 9" in found.missing[0]
    assert "expected true or false" in found.missing[2]
    assert "expected a criterion of trl" in found.missing[3]
    found = assess(technology(ratings={"doe-arl": (rating("policy", 2), rating("policy", "severe"))}), "doe-arl")
    assert "expected one of 'high', 'medium', 'low', 'n/a'" in found.missing[0]
    assert len(found.missing) == 2


@pytest.mark.parametrize("claimed", [0, 10, -3])
def test_a_claim_off_the_scale_is_refused(claimed):
    assert assess(technology(claimed_trl=claimed), as_of=TODAY).reason == "invalid-rating"


def test_frameworks_and_policies_that_do_not_exist_are_errors():
    with pytest.raises(ValueError, match="expected one of cri, doe-arl"):
        assess(technology(claimed_trl=3), "trl9")
    with pytest.raises(ValueError, match="expected one of worst, ignore, best"):
        assess(technology(claimed_trl=3), unknown="mean")
