"""Texts that are nearly the same must not stand on both sides of a fold."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

SIMILAR = 0.4
SAME_TITLE = 0.8


def groups(titles: Sequence[str], texts: Sequence[str]) -> NDArray[np.intp]:
    """One number a text, the same for texts that are alike; shape (n_texts,).

    Alike are texts whose five-letter strings have a cosine above 0.4 (a follow-up project, a second phase), or whose
    titles' words have one above 0.8.

    Examples
    --------
    >>> groups(["a filter", "the ocean", "a filter"], ["we filter water", "salt and depth", "we test the filter"])
    array([0, 1, 0])
    """
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(5, 5), sublinear_tf=True).fit_transform(texts)
    words = TfidfVectorizer(sublinear_tf=True).fit_transform(titles)
    alike = ((letters @ letters.T).toarray() > SIMILAR) | ((words @ words.T).toarray() > SAME_TITLE)
    found: NDArray[np.intp] = connected_components(alike, directed=False)[1].astype(np.intp)
    return found
