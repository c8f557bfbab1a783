"""What the readiness model reads in a text: words, how words begin, and pairs of words. Training and scoring share it.

Phrases that give away *which programme pays* ("SME instrument", "fellowship", "work package 3") are removed first:
the model is to read the technology, not the application form.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

PREFIX_LENGTHS = (4, 5, 6)

GIVE_AWAY = re.compile(
    r"""\b(?:
        sme[\s-]*instruments? | phase[\s-]*(?:[1-3]|i{1,3}|one|two|three)
      | feasibility\s(?:stud(?:y|ies)|assessments?|analys[ei]s) | business\s(?:innovation\s)?plans?
      | (?:individual\s)?fellow(?:ship)?s? | ph\.?\s?d\.?s? | doctor(?:s|a\w*)? | post-?\s?doc\w* | supervis\w+
      | msca | marie | s?k[łl]odowska | curie | erc | esrs? | itn | training\snetworks? | secondments?
      | (?:early[\s-]stage|experienced)\sresearchers? | principal\sinvestigators? | host\sinstitut\w+ | applicants?
      | horizon\s*2020 | h2020 | (?:research\sand\s)?innovation\sactions? | coordination\sand\ssupport\sactions? | ria
      | work\s?packages? | wp\s?\d*
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_TOKEN = re.compile(r"https?://\S+|[a-z]+(?:'[a-z]+)?|\d+(?:[.,]\d+)*|[€$£%&:;()\"/?!*•-]", re.IGNORECASE)
_YEAR = re.compile(r"20\d\d")


def without_give_aways(text: str) -> str:
    """The text without the phrases that name a funding programme or its paperwork.

    Examples
    --------
    >>> without_give_aways("An SME instrument Phase 1 project for a PhD").split()
    ['An', 'project', 'for', 'a']
    """
    return GIVE_AWAY.sub(" ", text)


def tokens(text: str, *, masked: bool = True) -> list[str]:
    """Words in lower case and punctuation that carries style; numbers become ``<year>`` or ``<number>``.

    Examples
    --------
    >>> tokens("In 2020 we sold 1,200 units (50%).")
    ['in', '<year>', 'we', 'sold', '<number>', 'units', '(', '<number>', '%', ')']
    """
    return [_normal(token) for token in _TOKEN.findall(without_give_aways(text) if masked else text)]


def _normal(token: str) -> str:
    if token[0].isdigit():
        return "<year>" if _YEAR.fullmatch(token) else "<number>"
    return "<link>" if token[:4].lower() == "http" and len(token) > 4 else token.lower()


def terms_of(token: str) -> Iterator[str]:
    """The token, and its beginnings: ``commercialise`` and ``commercialisation`` meet in ``commer*``."""
    yield token
    for length in PREFIX_LENGTHS:
        if len(token) > length and token[0].isalpha():
            yield f"{token[:length]}*"


def word_counts(text: str, *, masked: bool = True) -> Counter[str]:
    """How often each term occurs; a pair of neighbours is a term with a space in it.

    ``masked`` is switched off only to measure what the give-away phrases are worth.
    """
    found = tokens(text, masked=masked)
    counts = Counter(term for token in found for term in terms_of(token))
    counts.update(f"{first} {second}" for first, second in pairwise(found))
    return counts
