"""The readiness model: bands of readiness by EU funding scheme, from titles and objectives of clean-tech projects."""

import re
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline

from scoring.models.training.chinese import ABSTRACTS, CATALOGUE, transfer_figures
from scoring.models.training.figures import figure, over_repeats, plain
from scoring.models.training.near_duplicates import groups
from scoring.models.training.ordinal import OrdinalTextClassifier
from scoring.models.training.sources import fingerprint, table
from scoring.models.training.trust import left_out, log_loss, with_trust
from scoring.readiness.concepts import concept_counts, word_and_concept_counts
from scoring.readiness.text_linear import Floats, LinearTerms, band_probabilities
from scoring.readiness.text_model import INTERVAL, Band, TextModel, interval
from scoring.readiness.text_terms import tokens
from scoring.technology import Text
from scoring.validation.metrics import auc, calibration_error, quadratic_weighted_kappa

TEXTS = "readiness_text/h2020_readiness.parquet"
REPEATS, FOLDS = 4, 5
PROTOCOL = f"{REPEATS} × {FOLDS}-fold, stratified, near-duplicate texts kept together"

BANDS = (
    Band(Text(zh="前沿研究", en="frontier research"), 1, 4),
    Band(Text(zh="研究与创新", en="research and innovation"), 3, 6),
    Band(Text(zh="示范", en="demonstration"), 5, 8),
    Band(Text(zh="接近市场的中小企业项目", en="market-near project of a small firm"), 6, 9),
)

_words = lru_cache(maxsize=4096)(word_and_concept_counts)
_all_words = lru_cache(maxsize=4096)(partial(word_and_concept_counts, masked=False))
WORDS = OrdinalTextClassifier(_words, known_min=8)
ALL_WORDS = OrdinalTextClassifier(_all_words)
CONCEPTS = OrdinalTextClassifier(concept_counts, C=3.0, known_min=2)
SOFT_HINTS = re.compile(r"\b(?:consorti(?:um|a)|smes?|researchers?|training|careers?|host(?:s|ed|ing)?|calls?)\b", re.I)
Splits = list[tuple[NDArray[np.intp], NDArray[np.intp]]]


class Corpus(NamedTuple):
    """Texts, their bands, and which of them are alike."""

    texts: NDArray[np.object_]
    bands: NDArray[np.intp]
    groups: NDArray[np.intp]


def corpus(data: Path) -> Corpus:
    """The training texts in the order of their record numbers."""
    rows = table(data, TEXTS).sort_values("rcn", kind="stable")
    texts = [f"{title}. {objective}" for title, objective in zip(rows["title"], rows["objective"], strict=True)]
    alike = groups(list(rows["title"]), texts)
    return Corpus(np.array(texts, dtype=object), rows["readiness_band"].to_numpy(np.intp), alike)


def without_soft_hints(rows: Corpus) -> Corpus:
    """The texts without words that a technology may well be described with, and that hint at the programme too."""
    return rows._replace(texts=np.array([SOFT_HINTS.sub(" ", text) for text in rows.texts], dtype=object))


def train(data: Path) -> TextModel:
    """Learn the model and measure it."""
    rows = corpus(data)
    splits = splits_of(rows, 0)
    words = left_out(WORDS, rows.texts, rows.bands, splits, _known_words)
    concepts = left_out(CONCEPTS, rows.texts, rows.bands, splits, _known_concepts)
    model = TextModel(
        name="readiness",
        version="1",
        bands=BANDS,
        words=with_trust(WORDS.fit(list(rows.texts), rows.bands).linear_, words, WORDS.known_min),
        concepts=with_trust(CONCEPTS.fit(list(rows.texts), rows.bands).linear_, concepts, CONCEPTS.known_min),
    )
    about = {"sources": fingerprint(data, TEXTS, CATALOGUE, ABSTRACTS), "figures": _figures(rows, model, data), **ABOUT}
    return msgspec.structs.replace(model, about=about)


def splits_of(rows: Corpus, repeat: int) -> Splits:
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=repeat)
    return list(folds.split(rows.texts, rows.bands, rows.groups))


def _known_words(linear: LinearTerms, text: str) -> tuple[int, float]:
    words = [token for token in tokens(text) if token[0].isalpha()]
    n_known = sum(word in linear for word in words)
    return n_known, n_known / max(1, len(words))


def _known_concepts(linear: LinearTerms, text: str) -> tuple[int, float]:
    return sum(concept_counts(text).values()), 1.0


def left_out_probabilities(rows: Corpus, estimator: Any, trust: float = 1.0, repeats: int = REPEATS) -> Floats:
    """Probabilities of left-out texts, shape (n_repeats, n_texts, n_bands)."""
    found = np.empty((repeats, len(rows.texts), len(BANDS)))
    for repeat in range(repeats):
        for train_rows, test in splits_of(rows, repeat):
            estimator.fit(list(rows.texts[train_rows]), rows.bands[train_rows])
            texts = list(rows.texts[test])
            ours = isinstance(estimator, OrdinalTextClassifier)
            found[repeat, test] = (
                band_probabilities(estimator.decision_function(texts), trust)
                if ours
                else estimator.predict_proba(texts)
            )
    return found


def peer() -> Pipeline:
    """What anybody would try first."""
    return make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))


def _figures(rows: Corpus, model: TextModel, data: Path) -> list[dict[str, Any]]:
    trust = model.words.trust[-1][1]
    ours = left_out_probabilities(rows, WORDS, trust)
    unmasked = left_out_probabilities(rows, ALL_WORDS, trust)
    strict = left_out_probabilities(without_soft_hints(rows), WORDS, trust)
    concepts = left_out_probabilities(rows, CONCEPTS, model.concepts.trust[-1][1])
    plain_peer = left_out_probabilities(rows, peer())
    return [
        *_agreement("most probable band", rows, ours.argmax(axis=2)),
        _kappa("median band", rows, _medians(ours)),
        _kappa("most probable band, give-away phrases not masked", rows, unmasked.argmax(axis=2)),
        _kappa("most probable band, softer hints of the programme masked too", rows, strict.argmax(axis=2)),
        _kappa("most probable band, concepts alone", rows, concepts.argmax(axis=2)),
        _peer("TF-IDF logistic regression, most probable band", rows, plain_peer.argmax(axis=2)),
        _separation(rows, ours),
        *_probabilities(rows, ours),
        *transfer_figures(model, data),
    ]


def _medians(probabilities: Floats) -> NDArray[np.intp]:
    return np.asarray((probabilities.cumsum(axis=2)[..., :-1] < 0.5).sum(axis=2))


def _kappa(what: str, rows: Corpus, predicted: NDArray[np.intp]) -> dict[str, Any]:
    estimate = over_repeats(quadratic_weighted_kappa, rows.bands, predicted.astype(float), groups=rows.groups)
    return figure(f"quadratic weighted kappa, {what}", estimate, PROTOCOL)


def _agreement(what: str, rows: Corpus, predicted: NDArray[np.intp]) -> list[dict[str, Any]]:
    def accuracy(label: Floats, value: Floats) -> float:
        return float(np.mean(label == value))

    right = over_repeats(accuracy, rows.bands, predicted.astype(float), groups=rows.groups)
    return [_kappa(what, rows, predicted), figure(f"accuracy, {what}", right, PROTOCOL)]


def _peer(what: str, rows: Corpus, predicted: NDArray[np.intp]) -> dict[str, Any]:
    return {**_kappa(what, rows, predicted), "peer": True}


def _separation(rows: Corpus, ours: Floats) -> dict[str, Any]:
    late = (rows.bands >= 2).astype(float)
    estimate = over_repeats(auc, late, ours[..., 2:].sum(axis=2), groups=rows.groups)
    return figure("AUC, demonstration or nearer to the market against research", estimate, PROTOCOL)


def _probabilities(rows: Corpus, ours: Floats) -> list[dict[str, Any]]:
    late, first = (rows.bands >= 2).astype(float), ours[0]
    ends = np.array([interval(each) for each in first])
    held = float(np.mean((ends[:, 0] <= rows.bands) & (rows.bands <= ends[:, 2])))
    single = float(np.mean(ends[:, 0] == ends[:, 2]))
    n = len(rows.bands)
    return [
        plain("calibration error of that probability", calibration_error(late, first[:, 2:].sum(axis=1)), n, PROTOCOL),
        plain("log loss", log_loss(rows.bands, first), n, PROTOCOL),
        plain(f"share of texts whose band the {INTERVAL:.0%} interval holds", held, n, PROTOCOL),
        plain("share of intervals of a single band", single, n, PROTOCOL),
    ]


ABOUT: dict[str, Any] = {
    "purpose": "Suggest a band of readiness from a text in English or Chinese. It proposes; evidence decides.",
    "population": "938 clean-tech projects of EU Horizon 2020, title and objective in English, 2014 to 2020",
    "label": "The band of the funding scheme, a proxy of readiness: ERC and MSCA; research and innovation actions; "
    "innovation actions; SME instrument (which asks for TRL 6 or more)",
    "learned": "Three logistic regressions, one for each boundary between bands, on TF-IDF of words, beginnings of "
    "words, pairs of words and concepts of maturity; for Chinese, the same on the concepts alone, which both languages "
    "have words for",
    "leaks_excluded": [
        "cost, number of participants, call and topic codes, start date and country: they give the scheme away",
        "phrases of the programmes (SME instrument, Phase 1, fellowship, PhD, feasibility study, work package, …): "
        "masked in training and in scoring",
        "other projects of the same public catalogue, whose funding scheme is known, were neither learned from nor "
        "tuned on",
    ],
    "limits": [
        "A funding scheme says what a project was paid for, and not how ready its technology is; firms write of "
        "markets and universities of mechanisms at any level.",
        "The style of grant applications is part of what is learned; a data sheet or a patent reads differently.",
        "Chinese is read through about two dozen concepts only; no Chinese text was learned from, and the test has "
        "few labels below full scale.",
        "Bands stand for ranges of levels that overlap; a single level would be false precision.",
    ],
    "not_for": [
        "deciding on financing, an award or an exclusion without a person and without evidence",
        "replacing an assessment: where evidence exists, the rules decide and the model is only shown beside them",
        "languages other than English and Chinese",
    ],
    "licence": "EU Publications Office reuse terms; data set: Koretsky et al. 2021",
}
