"""Word vectors for the language of environmental and technical proposals.

    python -m marketplace.search.training.meaning DATA

DATA holds ``sbir_calls`` (6,223 topics of US calls, public record) and ``catalogue/en_h2020_cleantech_projects``
(1,732 EU projects). Titles learn to find their own texts, sentences the texts they were taken from, and first halves
the second ones, each against the others of its batch. No award and no question of a retrieval set is read.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from marketplace.search.meaning import TABLE, WordVectors, save
from marketplace.search.words import folded, stems

DIMENSIONS, ROUNDS, BATCH = 192, 12, 256
TEMPERATURE, RATE = 0.05, 0.006
TEXT_CHARS_MAX, WORDS_MAX, WORDS_SEEN_MIN, SENTENCE = 4000, 400, 4, 12
DROPPED_OF_QUESTIONS, DROPPED_OF_TEXTS = 0.1, 0.3

Floats = NDArray[np.float64]
Words = list[str]


def texts(data: Path) -> list[tuple[Words, Words]]:
    """Titles with their texts, each text once."""
    calls = pd.read_parquet(data / "sbir_calls/sbir_topics_2008_2018.parquet")
    projects = pd.read_parquet(data / "catalogue/en_h2020_cleantech_projects.parquet")
    rows = [*zip(calls["topic"], calls["description"], strict=True)]
    rows += [*zip(projects["title"], projects["objective"], strict=True)]
    once = {str(text)[:200]: (str(title), str(text)) for title, text in rows if len(str(text)) > 300}
    return [(_words(title), _words(text[:TEXT_CHARS_MAX])[:WORDS_MAX]) for title, text in once.values()]


def _words(text: str) -> Words:
    return stems(folded(text))


class Pairs(NamedTuple):
    """Row n of `questions` is answered by row n of `answers`."""

    questions: list[Words]
    answers: list[Words]


def pairs(rows: Sequence[tuple[Words, Words]], chance: np.random.Generator) -> list[Pairs]:
    """Title → text, sentence → the rest, first half → second half."""
    starts = [int(chance.integers(0, max(1, len(text) - SENTENCE))) for _, text in rows]
    cut = [(title, text[:at], text[at : at + SENTENCE], text[at + SENTENCE :])
           for (title, text), at in zip(rows, starts, strict=True)]  # fmt: skip
    return [
        Pairs([title for title, _ in rows], [text for _, text in rows]),
        Pairs([inside for _, _, inside, _ in cut], [title + before + after for title, before, _, after in cut]),
        Pairs([text[: len(text) // 2] for _, text in rows], [text[len(text) // 2 :] for _, text in rows]),
    ]


def train(data: Path) -> WordVectors:
    """Start from the latent semantics of the texts, then let questions find their answers."""
    chance = np.random.default_rng(0)
    rows = texts(data)
    vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True, min_df=WORDS_SEEN_MIN, max_df=0.3)
    whole = vectorizer.fit_transform([title + text for title, text in rows])
    latent = TruncatedSVD(DIMENSIONS, random_state=0).fit(whole)
    kinds = pairs(rows, chance)
    questions = vstack([_thinned(vectorizer.transform(kind.questions), DROPPED_OF_QUESTIONS, chance) for kind in kinds])
    answers = vstack([_thinned(vectorizer.transform(kind.answers), DROPPED_OF_TEXTS, chance) for kind in kinds])
    places = np.tile(_unit(latent.transform(whole)), (len(kinds), 1))
    vectors = contrasted(questions.tocsr(), answers.tocsr(), latent.components_.T.copy(), places, chance)
    return WordVectors(list(vectorizer.get_feature_names_out()), vectors * vectorizer.idf_[:, None])


def _thinned(matrix: csr_matrix, dropped: float, chance: np.random.Generator) -> csr_matrix:
    matrix.data *= chance.random(len(matrix.data)) > dropped
    return matrix


def contrasted(
    questions: csr_matrix, answers: csr_matrix, vectors: Floats, places: Floats, chance: np.random.Generator
) -> Floats:
    """Adagrad on the symmetric contrastive loss; every other round a batch holds neighbours, which are hard to tell."""
    squares = np.full_like(vectors, 1e-6)
    for number in range(ROUNDS):
        noise = chance.normal(size=len(places))
        line = places @ chance.normal(size=places.shape[1]) + 0.02 * noise if number % 2 else noise
        order = np.argsort(line)
        for start in range(0, len(order) - 8, BATCH):
            chosen = order[start : start + BATCH]
            slope = _slope(questions[chosen], answers[chosen], vectors)
            squares += slope * slope
            vectors -= RATE * slope / np.sqrt(squares)
    return vectors


def _slope(questions: csr_matrix, answers: csr_matrix, vectors: Floats) -> Floats:
    asked, said = questions @ vectors, answers @ vectors
    asked_length, said_length = _lengths(asked), _lengths(said)
    asked, said = asked / asked_length, said / said_length
    likeness = asked @ said.T / TEMPERATURE
    pull = _softmax(likeness, 1) + _softmax(likeness, 0) - 2 * np.eye(len(asked))
    pull /= 2 * TEMPERATURE * len(asked)
    to_asked, to_said = pull @ said, pull.T @ asked
    to_asked = (to_asked - asked * (to_asked * asked).sum(1, keepdims=True)) / asked_length
    to_said = (to_said - said * (to_said * said).sum(1, keepdims=True)) / said_length
    slope: Floats = questions.T @ to_asked + answers.T @ to_said
    return slope


def _softmax(values: Floats, axis: int) -> Floats:
    raised = np.exp(values - values.max(axis, keepdims=True))
    shares: Floats = raised / raised.sum(axis, keepdims=True)
    return shares


def _lengths(rows: Floats) -> Floats:
    lengths: Floats = np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9
    return lengths


def _unit(rows: Floats) -> Floats:
    return rows / _lengths(rows)


if __name__ == "__main__":
    save(train(Path(sys.argv[1])), TABLE)
