"""What holds for every technology and every framework, tried on random ones."""

from datetime import date

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scoring import Refusal
from scoring.readiness import FRAMEWORKS, Status, assess
from scoring.readiness.framework import index_of
from scoring.technology import Evidence, EvidenceGrade, Rating
from tests.scoring.readiness.making import TODAY, technology

some = settings(max_examples=50)
NAMES = st.sampled_from(list(FRAMEWORKS))
GRADES = st.sampled_from(list(EvidenceGrade))
DATES = st.sampled_from([None, date(2010, 1, 1), date(2024, 5, 1), date(2026, 1, 1), date(2027, 1, 1)])
KINDS = st.sampled_from(["treatment", "management", "product"])


def values_of(index, target):
    if target.level is not None:
        return st.booleans()
    words = index.framework.values
    return st.sampled_from(list(words)) if words else st.integers(index.floor, index.top)


@st.composite
def ratings_of(draw, name, documents):
    index = index_of(name)
    reference = draw(st.sampled_from(sorted(index.targets)))
    return Rating(
        criterion=reference,
        value=draw(values_of(index, index.targets[reference])),
        rationale=draw(st.sampled_from([None, "a reason"])),
        evidence=tuple(draw(st.lists(st.sampled_from(documents), max_size=2))) if documents else (),
        rater=draw(st.sampled_from([None, "Li", "Ada"])),
        dated=draw(DATES),
    )


@st.composite
def evidence_of(draw, name, number):
    references = sorted(index_of(name).targets)
    supports = draw(st.lists(st.sampled_from(references), max_size=4))
    return Evidence(
        id=f"e{number}",
        grade=draw(GRADES),
        dated=draw(DATES),
        expires=draw(st.sampled_from([None, date(2025, 1, 1), date(2028, 1, 1)])),
        sha256=draw(st.sampled_from([None, "9f86d081"])),
        supports=tuple(reference if reference == name else f"{name}.{reference}" for reference in supports),
    )


@st.composite
def technologies(draw, name=None):
    name = name or draw(NAMES)
    documents = tuple(draw(evidence_of(name, number)) for number in range(draw(st.integers(0, 4))))
    ratings = tuple(draw(st.lists(ratings_of(name, [d.id for d in documents]), max_size=6)))
    thing = technology(
        technology_class=draw(KINDS),
        claimed_trl=draw(st.sampled_from([None, 2, 5, 9])),
        evidence=documents,
        ratings={name: ratings} if ratings else {},
    )
    return name, thing


def judged(name, thing, **options):
    found = assess(thing, name, as_of=TODAY, **options)
    assume(not isinstance(found, Refusal))
    return found


def intervals(found):
    return [(scale.low, scale.high) for scale in found.profile] + [(found.low or 1, found.high or 9)]


def contains(wide, narrow):
    return all(a <= c and d <= b for (a, b), (c, d) in zip(wide, narrow, strict=True))


@some
@given(technologies(), st.sampled_from(["worst", "ignore", "best"]))
def test_the_level_lies_in_its_interval_on_the_scale(drawn, unknown):
    name, thing = drawn
    found = judged(name, thing, unknown=unknown)
    index = index_of(name)
    for scale in found.profile:
        assert index.floor <= scale.low <= scale.high <= index.top
        assert scale.level is None or scale.low <= scale.level <= scale.high
    if found.aggregator == "profile":
        assert found.level is found.low is found.high is None
    else:
        assert 1 <= found.low <= found.level <= found.high <= 9


@some
@given(technologies())
def test_the_policy_on_the_unknown_moves_the_level_and_never_the_interval(drawn):
    name, thing = drawn
    worst, ignored, best = (judged(name, thing, unknown=policy) for policy in ("worst", "ignore", "best"))
    assert intervals(worst) == intervals(ignored) == intervals(best)
    assert worst.level == worst.low
    if worst.level is not None:
        assert worst.level <= ignored.level <= best.level


@some
@given(technologies(), st.randoms(use_true_random=False))
def test_the_order_of_ratings_and_evidence_does_not_matter(drawn, random):
    name, thing = drawn
    documents, ratings = list(thing.evidence), list(thing.ratings.get(name, ()))
    random.shuffle(documents)
    random.shuffle(ratings)
    shuffled = msgspec.structs.replace(thing, evidence=tuple(documents), ratings={name: tuple(ratings)})
    first, second = judged(name, thing), judged(name, shuffled)
    assert intervals(first) == intervals(second)
    assert first.criteria == second.criteria
    assert (first.blocking, first.next_best_evidence) == (second.blocking, second.next_best_evidence)
    assert set(first.discounted) == set(second.discounted)


@some
@given(st.data(), technologies())
def test_more_evidence_never_lowers_what_is_proven(data, drawn):
    name, thing = drawn
    more = data.draw(evidence_of(name, 99))
    before = judged(name, thing)
    after = judged(name, msgspec.structs.replace(thing, evidence=(*thing.evidence, more)))
    assert all(a.low <= b.low for a, b in zip(before.profile, after.profile, strict=True))
    assert (before.low or 0) <= (after.low or 0)


@some
@given(st.data(), technologies())
def test_evidence_for_what_is_claimed_narrows_the_interval(data, drawn):
    name, thing = drawn
    before = judged(name, thing)
    claimed = [c.criterion for c in before.criteria if c.status is Status.CLAIMED]
    assume(claimed)
    proof = Evidence(
        id="proof",
        grade=EvidenceGrade.VERIFIED,
        dated=TODAY,
        sha256="9f86d081",
        supports=tuple(data.draw(st.lists(st.sampled_from(claimed), min_size=1))),
    )
    after = judged(name, msgspec.structs.replace(thing, evidence=(*thing.evidence, proof)))
    known = [i for i, scale in enumerate(before.profile) if scale.known]
    assert contains([intervals(before)[i] for i in known], [intervals(after)[i] for i in known])
    assert contains(intervals(before), intervals(after))


@some
@given(technologies())
def test_the_promised_document_keeps_its_promise(drawn):
    name, thing = drawn
    found = judged(name, thing)
    advice = found.next_best_evidence
    assume(advice is not None)
    proof = Evidence(id="proof", grade=advice.grade, dated=TODAY, sha256="9f86d081", supports=(advice.supports,))
    after = judged(name, msgspec.structs.replace(thing, evidence=(*thing.evidence, proof)))
    if found.low is None:
        scale = next(scale for scale in after.profile if scale.scale == advice.scale)
        assert (scale.low, scale.high) == (advice.low, advice.high)
    else:
        assert (after.low, after.high) == (advice.low, advice.high)
        assert after.low >= found.low


@pytest.mark.parametrize("name", ["trl", "cri", "kth-irl", "water-trl", "neett-entry"])
@settings(max_examples=15)
@given(data=st.data())
def test_a_better_rating_never_lowers_a_level(name, data):
    """DOE's table is left out: it is not monotone, and is tested cell by cell."""
    _, thing = data.draw(technologies(name))
    ratings = thing.ratings.get(name, ())
    assume(ratings)
    at = data.draw(st.integers(0, len(ratings) - 1))
    value = ratings[at].value
    better = True if isinstance(value, bool) else min(value + 1, index_of(name).top)
    improved = (*ratings[:at], msgspec.structs.replace(ratings[at], value=better), *ratings[at + 1 :])
    before = judged(name, thing)
    after = judged(name, msgspec.structs.replace(thing, ratings={name: improved}))
    assert all(a <= c and b <= d for (a, b), (c, d) in zip(intervals(before), intervals(after), strict=True))


@some
@given(technologies("doe-arl"))
def test_a_lower_risk_never_lowers_its_dimension(drawn):
    _, thing = drawn
    ratings = thing.ratings.get("doe-arl", ())
    lower = {"high": "medium", "medium": "low"}
    improved = tuple(msgspec.structs.replace(r, value=lower.get(r.value, r.value)) for r in ratings)
    before = judged("doe-arl", thing)
    after = judged("doe-arl", msgspec.structs.replace(thing, ratings={"doe-arl": improved}))
    for worse, better in zip(before.profile, after.profile, strict=True):
        assert worse.low <= better.low
        assert worse.high <= better.high


@some
@given(technologies())
def test_what_blocks_is_not_proven_and_what_is_missing_was_never_spoken_of(drawn):
    name, thing = drawn
    found = judged(name, thing)
    status = {c.criterion: c.status for c in found.criteria}
    for blocker in found.blocking:
        assert status[blocker.criterion] is blocker.status
        assert blocker.status not in (Status.PROVEN, Status.NOT_APPLICABLE)
        assert blocker.text.zh
        assert blocker.text.en
    unknown_scales = {scale.scale for scale in found.profile if not scale.known}
    assert all(status.get(ref) is Status.UNKNOWN or ref in unknown_scales for ref in found.missing)
