"""Types of request fields that every capability uses: bounded, and without what the database cannot hold."""

from typing import Annotated

from msgspec import Meta

# PostgreSQL's text holds every character but NUL.
_NO_NUL = r"^[^\x00]*$"

Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")]
OptionalLine = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00\r\n]*$")]
Prose = Annotated[str, Meta(max_length=20_000, pattern=_NO_NUL)]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00.]+$")]
Password = Annotated[str, Meta(max_length=1000, pattern=_NO_NUL)]
Token = Annotated[str, Meta(min_length=10, max_length=200, pattern=r"^[\w.~-]+$")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
AmountMinor = Annotated[int, Meta(ge=0, le=2**53 - 1, description="Whole minor units (fen, cents)")]
Url = Annotated[str, Meta(max_length=500, pattern=r"^https?://[^\s\x00]+$")]
