"""Texts as people give them: bounded, not blank, in at least one language, without what the database cannot hold."""

from typing import Annotated

from msgspec import Meta

from scoring.technology import Text

Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")]
Url = Annotated[str, Meta(max_length=500, pattern=r"^https?://[^\s\x00]+$")]
Doi = Annotated[str, Meta(max_length=200, pattern=r"^10\.\d{4,9}/[^\s\x00]+$")]
_Short = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")]
_Long = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]


class _GivenText(Text, frozen=True, forbid_unknown_fields=True):
    def __post_init__(self) -> None:
        if not self:
            raise ValueError("a text in Chinese (zh), in English (en) or in both")

    def text(self) -> Text:
        return Text(zh=self.zh, en=self.en)


class ShortText(_GivenText, frozen=True, forbid_unknown_fields=True):
    """A name or a title; at least one language."""

    zh: _Short | None = None
    en: _Short | None = None


class LongText(_GivenText, frozen=True, forbid_unknown_fields=True):
    """Prose; at least one language."""

    zh: _Long | None = None
    en: _Long | None = None
