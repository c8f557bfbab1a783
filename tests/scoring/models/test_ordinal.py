import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

from scoring.models.training.near_duplicates import groups
from scoring.models.training.ordinal import OrdinalTextClassifier
from scoring.models.training.trust import left_out, with_trust

VOCABULARY = [["atom", "theory", "electron"], ["pilot", "plant", "reactor"], ["market", "customer", "sale"]]
COMMON = ["water", "energy", "new", "the", "system"]


def corpus(n, seed=0):
    rng = np.random.default_rng(seed)
    classes = np.arange(n) % 3
    texts = [
        " ".join([*rng.choice(COMMON, 8), *rng.choice(VOCABULARY[k], 3), *rng.choice(VOCABULARY[(k + 1) % 3], 1)])
        for k in classes
    ]
    return texts, classes


def test_finds_a_planted_order():
    texts, classes = corpus(150)
    model = OrdinalTextClassifier().fit(texts[:100], classes[:100])
    assert model.score(texts[100:], classes[100:]) > 0.9
    probabilities = model.predict_proba(texts)
    assert probabilities.shape == (150, 3)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(150))


def test_keeps_the_names_of_the_classes():
    texts, classes = corpus(60)
    names = np.array(["a-early", "b-pilot", "c-late"])[classes]
    assert set(OrdinalTextClassifier().fit(texts, names).predict(texts)) == set(names)


def test_the_order_of_the_rows_does_not_matter():
    texts, classes = corpus(60)
    turned = OrdinalTextClassifier().fit(texts[::-1], classes[::-1]).linear_
    assert OrdinalTextClassifier().fit(texts, classes).linear_ == turned


def test_keeps_the_terms_that_matter():
    texts, classes = corpus(90)
    kept = OrdinalTextClassifier(max_terms=6).fit(texts, classes).linear_.terms
    words = {word for part in VOCABULARY for word in part}
    assert len(kept) == 6
    assert all(
        any(word.startswith(part.rstrip("*")) for word in words for part in entry.term.split()) for entry in kept
    )


def test_works_with_scikit_learn():
    texts, classes = corpus(60)
    assert cross_val_score(clone(OrdinalTextClassifier(C=3.0)), texts, classes, cv=3).mean() > 0.8
    with pytest.raises(NotFittedError):
        OrdinalTextClassifier().predict(texts)


@pytest.mark.parametrize(
    ("texts", "classes"), [("a text", [0]), ([1, 2], [0, 1]), (["a", "b"], [0, 0]), (["a b", "b c"], [0, 1, 2])]
)
def test_says_what_is_wrong(texts, classes):
    with pytest.raises(ValueError, match="expected"):
        OrdinalTextClassifier(min_documents=1).fit(texts, classes)


def test_trust_grows_from_nothing_with_length():
    texts, classes = corpus(120)
    array, estimator = np.array(texts, dtype=object), OrdinalTextClassifier(known_min=1)

    def measure(linear, text):
        known = [word in linear for word in text.split()]
        return sum(known), float(np.mean(known))

    splits = [(np.flatnonzero(np.arange(120) % 4 != k), np.flatnonzero(np.arange(120) % 4 == k)) for k in range(4)]
    found = left_out(estimator, array, classes, splits, measure)
    linear = with_trust(estimator.fit(texts, classes).linear_, found, known_min=1)
    assert linear.trust_at(0) == 0.0
    assert linear.trust_at(1) < linear.trust_at(12)
    assert linear.known_usual >= 10


def test_near_duplicates_share_a_group():
    long = "a reactor that turns waste water into energy with a new kind of membrane and no chemicals at all"
    found = groups(["reactor", "the ocean", "reactors"], [long, "salt, depth and currents of the sea", f"{long} ever"])
    assert found[0] == found[2] != found[1]
