from scoring.models.training.missing import missing_as, without_missing_signal
from scoring.scorecard.card import CategoricalAxis, NumericAxis, Scorecard, Term
from scoring.technology import Text

SIZE = NumericAxis("size", (1.0, 5.0))
KIND = CategoricalAxis("kind", ("a",))
CARD = Scorecard(
    name="demo",
    version="1",
    outcome=Text(en="fails"),
    outcome_is_bad=True,
    intercept=-1.0,
    terms=(
        Term(axes=(SIZE,), log_odds=(0.5, 0.1, -0.4, 2.0), reference=0.05),
        Term(axes=(KIND,), log_odds=(0.2, 0.0, 1.5), reference=0.1),
        Term(axes=(SIZE, KIND), log_odds=tuple(number / 10 for number in range(12))),
    ),
)


def test_a_missing_number_counts_as_the_one_given():
    card = missing_as(CARD, {"size": 3.0})
    for kind in ("a", "other", None):
        assert card.score({"size": None, "kind": kind}).log_odds == card.score({"size": 3.0, "kind": kind}).log_odds
        for size in (0.0, 3.0, 9.0):
            row = {"size": size, "kind": kind}
            assert card.score(row).log_odds == CARD.score(row).log_odds


def test_a_missing_value_can_be_worth_the_average():
    card = without_missing_signal(CARD, {"size", "kind"})
    assert card.terms[0].log_odds == (0.5, 0.1, -0.4, 0.05)
    assert card.terms[1].log_odds == (0.2, 0.0, 0.1)
    assert card.terms[2] == CARD.terms[2]
    assert without_missing_signal(CARD, {"kind"}).terms[0] == CARD.terms[0]
