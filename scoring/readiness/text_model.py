"""The readiness model: what a text suggests about how far a technology has come. It proposes; evidence decides."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from msgspec import Struct

from scoring.errors import CellError, InputError, Refusal
from scoring.readiness.concepts import concept_counts, concepts, word_and_concept_counts
from scoring.readiness.technology_text import technology_text
from scoring.readiness.text_linear import Floats, LinearTerms, band_probabilities
from scoring.readiness.text_terms import PREFIX_LENGTHS, tokens
from scoring.technology import Technology, Text

REASONS_MAX = 4
INTERVAL = 0.9
CHARS_MAX = 100_000
"""What is read of a text; training texts have about 2,000 characters."""

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_CHINESE_SHARE_MIN = 0.2  # Chinese technical texts are full of Latin symbols, English ones have no Chinese


class Band(Struct, frozen=True, forbid_unknown_fields=True):
    """A band of readiness, and the technology readiness levels it stands for (they overlap, as funding schemes do)."""

    label: Text
    trl_low: int
    trl_high: int


class LevelReason(Struct, frozen=True, kw_only=True):
    """A word, a pair of words or a concept, and how far it moved the answer.

    ``effect`` is in log-odds, the mean over the boundaries between bands; above 0 it speaks for a higher level.
    """

    term: str
    label: Text
    effect: float

    def text(self, language: str = "en") -> str:
        """The reason for a person, in ``"en"`` or ``"zh"``."""
        said = self.label.in_language(language)
        return (f"“{said}” {self.effect:+.2f}" if language == "zh" else f'"{said}" {self.effect:+.2f}').replace(
            "-", "−"
        )

    def __str__(self) -> str:
        return self.text()


class LevelProposal(Struct, frozen=True, kw_only=True):
    """What the text suggests.

    Attributes
    ----------
    probabilities : tuple of float
        One a band, lowest band first.
    level : int
        The TRL of the median band: the lower middle of the levels it stands for.
    low, high : int
        The TRLs of the fewest neighbouring bands that hold nine tenths of the probability.
    reasons : tuple of LevelReason
        The terms that moved the answer most, at most four; with all others they add up to the log-odds exactly.
    language : str
        Of the text that was read, ``"zh"`` or ``"en"``.
    applicable : bool
        False where the text is shorter than those the model was tested on, so that the distribution is wide.
    """

    probabilities: tuple[float, ...]
    level: int
    low: int
    high: int
    reasons: tuple[LevelReason, ...]
    language: str
    applicable: bool


class _Reading(NamedTuple):
    """A text as the model sees it."""

    language: str
    words: list[str]
    counts: Counter[str]
    n_known: int
    understood: bool


class TextModel(Struct, frozen=True, kw_only=True, dict=True, forbid_unknown_fields=True):
    """An ordinal model of readiness from text: English by its words, Chinese by the concepts both languages share.

    Attributes
    ----------
    name, version : str
    bands : tuple of Band
        Lowest first.
    words, concepts : LinearTerms
        The model for English, and the one for Chinese; both learned from English texts.
    about : dict
        Where it comes from: data, protocol, figures, limits of use.
    """

    name: str
    version: str
    bands: tuple[Band, ...]
    words: LinearTerms
    concepts: LinearTerms
    about: dict[str, Any] = {}
    format: Literal["greenhatch-text-model/1"] = "greenhatch-text-model/1"

    def level_probabilities(self, text: Mapping[str, str | None]) -> Floats:
        """The probability of each band, lowest band first.

        Parameters
        ----------
        text : mapping
            ``"title"`` and ``"text"``, in English or Chinese; either may be absent.

        Returns
        -------
        array of shape (n_bands,)
            A short text gives a wide distribution; one the model cannot read, equal probabilities.

        Raises
        ------
        InputError
            Where a key is neither of the two, or a value is not text.

        Examples
        --------
        >>> import scoring
        >>> model = scoring.load("readiness")
        >>> early = model.level_probabilities({"text": "We will investigate the fundamental mechanism of charge"
        ...     " transport by spectroscopy, and develop a theory of the dynamics that is seen in hybrid materials."})
        >>> late = model.level_probabilities({"text": "Our company sells filters to customers in five countries."
        ...     " The market grows; we expect a turnover of 5 million euro and commercialise with our distributors."})
        >>> bool(early[0] > 0.5), bool(late[3] > 0.5)
        (True, True)
        """
        read = self._read(*_checked(text))
        return band_probabilities(self._linear(read).log_odds(read.counts), self._trust(read))

    def explain(self, text: Mapping[str, str | None]) -> dict[str, Floats]:
        """What each term of a text adds to the log-odds of lying above each boundary, shape (n_boundaries,) each.

        With the intercepts under ``""`` they add up to the log-odds before these are tempered for a short text.
        """
        read = self._read(*_checked(text))
        linear = self._linear(read)
        return {"": np.array(linear.intercepts), **linear.contributions(read.counts)}

    def propose(self, technology: Technology) -> LevelProposal | Refusal:
        """What the technology's own words and facts suggest, or why they suggest nothing.

        The English text is read where there is one that can be read, else the Chinese one. Cases, patents and the
        titles of evidence are read as sentences; the claimed level is not.

        Examples
        --------
        >>> import scoring
        >>> model = scoring.load("readiness")
        >>> model.propose(Technology(id="a", name=Text(en="Filter"))).reason
        'unlike-training-data'
        >>> said = Text(zh="已在多家企业推广应用，客户稳定运行，市场占有率高，年销售收入五千万元，利润八百万元。")
        >>> model.propose(Technology(id="b", name=Text(zh="某技术"), summary=said)).high
        9
        """
        for language in ("en", "zh"):
            read = self._read(*technology_text(technology, language))
            if read.understood:
                return self._proposal(read)
        return _REFUSAL

    def _linear(self, read: _Reading) -> LinearTerms:
        return self.concepts if read.language == "zh" else self.words

    def _trust(self, read: _Reading) -> float:
        return self._linear(read).trust_at(read.n_known) if read.understood else 0.0

    def _read(self, title: str, text: str) -> _Reading:
        joined = f"{title}. {text}"[:CHARS_MAX]
        if _is_chinese(joined):
            counts = concept_counts(joined)
            n_known = sum(counts.values())
            return _Reading("zh", [], counts, n_known, n_known >= self.concepts.known_min)
        words = [token for token in tokens(joined) if token[0].isalpha()]
        n_known = sum(word in self.words for word in words)
        like = n_known >= self.words.known_min and n_known >= self.words.known_share_min * len(words)
        return _Reading("en", words, word_and_concept_counts(joined), n_known, like)

    def _proposal(self, read: _Reading) -> LevelProposal:
        trust = self._trust(read)
        probabilities = band_probabilities(self._linear(read).log_odds(read.counts), trust)
        low, median, high = (self.bands[band] for band in interval(probabilities))
        return LevelProposal(
            probabilities=tuple(map(float, probabilities)),
            level=(median.trl_low + median.trl_high) // 2,
            low=low.trl_low,
            high=high.trl_high,
            reasons=self._reasons(read, trust),
            language=read.language,
            applicable=read.n_known >= self._linear(read).known_usual,
        )

    def _reasons(self, read: _Reading, trust: float) -> tuple[LevelReason, ...]:
        """The strongest terms; beginnings of words count towards the words of the text that have them."""
        effects = defaultdict[str, float](float)
        beginning = _by_beginning(read.words)
        for term, added in self._linear(read).mean_contributions(read.counts).items():
            sources = beginning.get(term) or [term]
            for source in sources:
                effects[source] += trust * added / len(sources)
        strongest = sorted(effects, key=lambda term: (-abs(effects[term]), term))[:REASONS_MAX]
        return tuple(
            LevelReason(term=term, label=_label(term, read.language), effect=effects[term]) for term in strongest
        )


_REFUSAL = Refusal(
    reason="unlike-training-data",
    missing=("summary",),
    message="The text is too short, or in a language the model has not learned, to suggest a level.",
    message_zh="文字过短，或其语言不在模型学习范围内，无法据以推断成熟度。",
)


def interval(probabilities: Floats) -> tuple[int, int, int]:
    """The lowest, the median and the highest of the fewest neighbouring bands that hold nine tenths.

    Examples
    --------
    >>> interval(np.array([0.02, 0.08, 0.6, 0.3]))
    (2, 2, 3)
    """
    below = np.concatenate([[0.0], np.cumsum(probabilities)])
    n_bands = len(probabilities)
    runs = [(low, high) for low in range(n_bands) for high in range(low, n_bands)]
    enough = [run for run in runs if below[run[1] + 1] - below[run[0]] >= INTERVAL - 1e-12]
    low, high = min(enough, key=lambda run: (run[1] - run[0], below[run[0]] - below[run[1] + 1]))
    return low, int((below[1:-1] < 0.5).sum()), high


def _checked(text: Mapping[str, Any]) -> tuple[str, str]:
    faults = [_fault(key, value) for key, value in text.items() if key not in ("title", "text") or not _textual(value)]
    if faults:
        raise InputError(faults)
    return text.get("title") or "", text.get("text") or ""


def _textual(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _fault(key: str, value: Any) -> CellError:
    expected = "text or nothing" if key in ("title", "text") else '"title" and "text" only'
    return CellError(file="text", row=None, column=str(key), value=repr(value)[:80], expected=expected)


def _is_chinese(text: str) -> bool:
    letters = len(_LETTER.findall(text))
    return letters > 0 and len(_CHINESE.findall(text)) >= _CHINESE_SHARE_MIN * letters


def _by_beginning(words: Sequence[str]) -> dict[str, list[str]]:
    """The words of a text by each of their beginnings, written as terms are (``"filtr*"``)."""
    found = defaultdict[str, list[str]](list)
    for word in words:
        for length in PREFIX_LENGTHS:
            if len(word) > length:
                found[f"{word[:length]}*"].append(word)
    return found


def _label(term: str, language: str) -> Text:
    if language == "zh" or term[0] == "#":
        return concepts()[term.removeprefix("#")].label
    return Text(zh=term, en=term)
