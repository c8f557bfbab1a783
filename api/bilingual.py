"""A text that exists in Chinese, in English or in both, as requests bring it."""

from typing import Annotated

from msgspec import Meta, Struct

from scoring.technology import Text

_Short = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00\r\n]+$")]
_Long = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"^[^\x00]+$")]


class ShortText(Struct, frozen=True, forbid_unknown_fields=True):
    """A name or a title; at least one language."""

    zh: _Short | None = None
    en: _Short | None = None

    def __post_init__(self) -> None:
        _some(self.zh, self.en)

    def text(self) -> Text:
        return Text(zh=self.zh, en=self.en)


class LongText(Struct, frozen=True, forbid_unknown_fields=True):
    """Prose; at least one language."""

    zh: _Long | None = None
    en: _Long | None = None

    def __post_init__(self) -> None:
        _some(self.zh, self.en)

    def text(self) -> Text:
        return Text(zh=self.zh, en=self.en)


def _some(zh: str | None, en: str | None) -> None:
    if not (zh or en):
        raise ValueError("a text in Chinese (zh), in English (en) or in both")
