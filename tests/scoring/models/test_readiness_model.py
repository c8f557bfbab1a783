import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring
from scoring.errors import InputError, Refusal
from scoring.readiness import text_file
from scoring.readiness.text_linear import band_probabilities
from scoring.readiness.text_model import LevelProposal
from scoring.technology import Case, Evidence, Patent, Technology, Text

RESEARCH = (
    "We will investigate the fundamental mechanism of charge transport in hybrid perovskites by ultrafast spectroscopy "
    "and numerical simulation. The hypothesis is that lattice dynamics govern recombination, and the aim is a theory "
    "that explains the observed phenomena and opens novel directions in solid state physics and chemistry."
)
MARKET = (
    "Our company has developed a patented filter and sells it to customers in five countries. The global market grows "
    "by 8% a year and competitors charge twice our price. We expect a turnover of €12 million and 40 new jobs within "
    "three years; distributors have signed letters of intent, and the payback time for the client is 14 months."
)
DEMONSTRATION = (
    "The project will demonstrate the technology at full scale in three European cities with municipalities, utilities "
    "and industrial partners. The demonstration sites cover different climates, and replication to follower cities is "
    "prepared with stakeholders. Partners will validate the performance and show the benefits to users and citizens."
)
CHINESE_LATE = (
    "该技术已在多家企业推广应用，客户装置稳定运行，市场占有率高，年销售收入五千万元，投资回收期两年，利润八百万元。"
)
CHINESE_EARLY = "研究了催化反应机理，通过实验室小试和数值模拟考察影响因素，实验研究表明该机制与理论规律一致，仍需探索。"


@pytest.fixture(scope="module")
def model():
    return scoring.load("readiness")


def bands(model, text, title=""):
    return model.level_probabilities({"title": title, "text": text})


def test_orders_research_demonstration_and_market(model):
    research, demonstration, market = (bands(model, text) for text in (RESEARCH, DEMONSTRATION, MARKET))
    assert (research.argmax(), demonstration.argmax(), market.argmax()) == (0, 2, 3)


def test_orders_chinese_texts_though_it_learned_from_english_alone(model):
    early, late = bands(model, CHINESE_EARLY), bands(model, CHINESE_LATE)
    assert np.all(np.cumsum(early)[:-1] > np.cumsum(late)[:-1])


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.text(max_size=300), st.lists(st.sampled_from(f"{RESEARCH} {MARKET} {CHINESE_LATE}".split())).map(" ".join)
    )
)
def test_any_text_gives_a_distribution(text):
    found = bands(scoring.load("readiness"), text, text[:20])
    assert found.shape == (4,)
    assert np.all(found >= 0)
    assert found.sum() == pytest.approx(1.0)


def test_contributions_add_up_to_the_answer(model):
    parts = model.explain({"title": "A filter", "text": MARKET})
    trust = model.words.trust_at(1e9)
    found = band_probabilities(sum(parts.values()), trust)
    assert len(MARKET.split()) > 50
    long = {"title": "A filter", "text": MARKET * 6}
    assert model.level_probabilities(long) == pytest.approx(
        band_probabilities(sum(model.explain(long).values()), trust), abs=1e-12
    )
    assert found.argmax() == 3


def test_phrases_that_name_the_programme_change_nothing(model):
    given_away = f"{RESEARCH} SME instrument phase 1. Fellowship PhD. Feasibility study"
    plain = f"{RESEARCH} . . "
    assert bands(model, given_away) == pytest.approx(bands(model, plain), abs=1e-12)


@pytest.mark.parametrize("text", ["", "x", "!!!", "Filter", "某技术"])
def test_says_nothing_where_there_is_nothing_to_read(model, text):
    assert bands(model, text) == pytest.approx([0.25] * 4)
    refusal = model.propose(Technology(id="a", name=Text(zh=text) if text == "某技术" else Text(en=text)))
    assert isinstance(refusal, Refusal)
    assert refusal.missing == ("summary",)
    assert refusal.message_zh


def test_refuses_a_language_it_has_not_learned(model):
    german = (
        "Das Verfahren wurde im Labor untersucht und reinigt Abwasser von Kläranlagen mittels Membranen, wobei die "
        "Kosten gegenüber herkömmlichen Anlagen erheblich gesenkt werden konnten; weitere Versuche sind geplant."
    )
    assert isinstance(model.propose(Technology(id="a", name=Text(en="Membran"), summary=Text(en=german))), Refusal)


def test_a_short_text_gives_a_wide_distribution(model):
    short, whole = (bands(model, text) for text in (" ".join(MARKET.split()[:12]), MARKET))
    assert short.max() < whole.max()


def test_bad_input_is_named_all_at_once(model):
    with pytest.raises(InputError) as caught:
        model.level_probabilities({"title": 3, "text": "fine", "cost": "much"})
    assert [error.column for error in caught.value.errors] == ["title", "cost"]


def test_proposes_levels_with_reasons(model):
    proposal = model.propose(Technology(id="a", name=Text(en="Filter"), summary=Text(en=MARKET)))
    assert isinstance(proposal, LevelProposal)
    assert 1 <= proposal.low <= proposal.level <= proposal.high <= 9
    assert proposal.high == 9
    assert 1 <= len(proposal.reasons) <= 4
    effects = [abs(reason.effect) for reason in proposal.reasons]
    assert effects == sorted(effects, reverse=True)
    assert all(reason.term.strip("<>€%.") in MARKET.lower() or "<" in reason.term for reason in proposal.reasons)
    assert str(proposal.reasons[0]).startswith('"')


def test_chinese_reasons_are_concepts_with_chinese_names(model):
    proposal = model.propose(Technology(id="a", name=Text(zh="某技术"), summary=Text(zh=CHINESE_LATE)))
    assert proposal.language == "zh"
    assert "收入利润" in {reason.label.zh for reason in proposal.reasons}


def test_facts_move_the_proposal_and_a_claim_does_not(model):
    said = {"id": "a", "name": Text(zh="某技术"), "summary": Text(zh=CHINESE_EARLY)}
    plain = model.propose(Technology(**said))
    claimed = model.propose(Technology(**said, claimed_trl=9))
    facts = model.propose(
        Technology(
            **said,
            cases=(Case(name=Text(zh="甲厂"), scale="full", months_in_operation=24),),
            patents=(Patent(number="CN1", status="granted"),),
            evidence=(Evidence(id="e", title=Text(zh="工程竣工验收报告")),),
        )
    )
    assert claimed == plain
    assert facts.probabilities[0] < plain.probabilities[0]


def test_the_file_is_small_and_says_the_same_again(model):
    data = text_file.to_bytes(model)
    assert len(data) < 1_000_000
    assert text_file.to_bytes(text_file.from_bytes(data)) == data


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"intercepts":[', b'"intercepts":[0.5,'),
        (b'"trust":[[', b'"trust":[[900.0,1.0],['),
        (b'"format":"greenhatch-text-model/1"', b'"format":"other"'),
        (b'"bands":[', b'"bans":['),
    ],
)
def test_a_damaged_file_is_refused(model, old, new):
    with pytest.raises(InputError):
        text_file.from_bytes(text_file.to_bytes(model).replace(old, new, 1))


def test_an_endless_file_is_refused():
    with pytest.raises(InputError, match="at most"):
        text_file.from_bytes(b" " * (text_file.FILE_BYTES_MAX + 1))


def test_scoring_a_text_needs_no_scikit_learn():
    code = (
        "import sys, scoring; scoring.load('readiness').level_probabilities({'title': 'a filter', 'text': 'sold'});"
        "assert not {'sklearn', 'scipy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
