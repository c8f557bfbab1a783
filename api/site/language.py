"""Which language a page speaks, and its strings.

English stands in the templates; `api/locale/zh/*.po` holds the Chinese, one file a capability.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Literal

from babel.core import negotiate_locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from litestar.connection import ASGIConnection

Language = Literal["zh", "en"]
COOKIE = "language"
LANGUAGES: tuple[Language, ...] = ("zh", "en")
CATALOGUES = Path(__file__).parents[1] / "locale"

CURRENT: ContextVar[Language] = ContextVar("language", default="zh")


def choose_language(connection: ASGIConnection[Any, Any, Any, Any]) -> Language:
    """What the reader chose, else what the browser prefers, else Chinese."""
    chosen = connection.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    wanted = _wanted(connection.headers.get("accept-language", ""))
    found = negotiate_locale([name for name in wanted for name in (name, name.split("-")[0])], LANGUAGES, sep="-")
    return found if found in LANGUAGES else "zh"


def _wanted(header: str) -> list[str]:
    """The languages of an Accept-Language header, the dearest first."""
    weighed = []
    for place, part in enumerate(header[:500].split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name.strip()))
        except ValueError:
            continue
    return [name for _, _, name in sorted(weighed) if name]


_IN_CONTEXT = "\x04"
"""Between a context and a string, as gettext's own files have it."""


def _key(message: Message) -> str:
    return f"{message.context}{_IN_CONTEXT}{message.id}" if message.context else str(message.id)


@cache
def strings() -> Mapping[str, str]:
    """All Chinese strings by their English; what a context does not tell apart is said alike."""
    found: dict[str, str] = {}
    for path in sorted(CATALOGUES.glob("zh/*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if isinstance(message.id, str) and message.id and isinstance(message.string, str) and message.string:
                    found.setdefault(_key(message), message.string)
    return found


def gettext(english: str) -> str:
    return strings().get(english, english) if CURRENT.get() == "zh" else english


def pgettext(context: str, english: str) -> str:
    """For a word that Chinese says differently in different places."""
    return strings().get(f"{context}{_IN_CONTEXT}{english}", english) if CURRENT.get() == "zh" else english


def ngettext(one: str, many: str, count: int) -> str:
    """Chinese knows no plural; English has two forms."""
    chosen = one if count == 1 and CURRENT.get() == "en" else many
    return gettext(chosen)
