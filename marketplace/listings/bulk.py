"""Many listings at once: all of a file or nothing, and everything that is wrong with it at once."""

import uuid
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.listings import service
from marketplace.listings.content import Content, faults, fingerprint
from marketplace.listings.models import CHAIN_PLACES, INDUSTRY_GROUPS, Listing
from marketplace.listings.parsing import Parsed
from marketplace.people.models import Organisation
from scoring.errors import CellError
from scoring.technology import Technology

LISTINGS_MAX = 1000
TECHNOLOGY_BYTES_MAX = 200_000
# Columns of the marketplace that a technology has no field for; in JSON they stand under `features`.
CHOICES: Mapping[str, tuple[str, ...]] = {"industry_group": INDUSTRY_GROUPS, "chain_place": CHAIN_PLACES}


class Shortcoming(Struct, frozen=True, kw_only=True):
    """What keeps an imported draft from being submitted, not from being imported."""

    id: str
    field: str
    expected: str


class ImportReport(Struct, frozen=True, kw_only=True):
    """`imported` is empty after a dry run, and whenever there is an error."""

    technologies: int
    errors: tuple[CellError, ...]
    shortcomings: tuple[Shortcoming, ...]
    imported: tuple[uuid.UUID, ...] = ()


async def check_import(session: AsyncSession, *, holder: Organisation, parsed: Parsed, file: str) -> ImportReport:
    """Everything that stands against importing the file; changes nothing."""
    taken = await _fingerprints(session, holder)
    errors = [*parsed.errors, *_errors(parsed.technologies, taken, file)]
    short = [
        Shortcoming(id=technology.id, field=fault.field, expected=fault.expected)
        for technology in parsed.technologies
        for fault in faults(_content(technology))
    ]
    return ImportReport(technologies=len(parsed.technologies), errors=tuple(errors), shortcomings=tuple(short))


async def import_listings(
    session: AsyncSession, *, holder: Organisation, technologies: Sequence[Technology]
) -> list[Listing]:
    """Draft a listing for each; what was checked before is guarded by constraints, should somebody be faster."""
    return [
        await service.draft_listing(session, holder=holder, content=_content(technology)) for technology in technologies
    ]


async def _fingerprints(session: AsyncSession, holder: Organisation) -> set[bytes]:
    mine = (Listing.organisation_id == holder.id, Listing.state != "withdrawn")
    return set(await session.scalars(select(Listing.fingerprint).where(*mine)))


def _errors(technologies: Sequence[Technology], taken: set[bytes], file: str) -> Iterator[CellError]:
    if len(technologies) > LISTINGS_MAX:
        yield _error(file, None, None, str(len(technologies)), f"at most {LISTINGS_MAX:,} technologies at once")
    seen: dict[bytes, int] = {}
    for number, technology in enumerate(technologies, start=1):
        row = _row(technology, number)
        yield from _choice_errors(technology, file, row)
        size = len(msgspec.json.encode(technology))
        if size > TECHNOLOGY_BYTES_MAX:
            yield _error(
                file, row, None, f"{size:,} bytes", f"at most {TECHNOLOGY_BYTES_MAX:,} bytes; use the data room"
            )
        found = fingerprint(technology)
        if found in taken:
            yield _error(file, row, "name", technology.id, "a name and text that no listing of yours has already")
        if (first := seen.setdefault(found, row)) != row:
            yield _error(file, row, "name", technology.id, f"a name and text of its own; row {first} has this one")


def _choice_errors(technology: Technology, file: str, row: int) -> Iterator[CellError]:
    for name, choices in CHOICES.items():
        value = technology.features.get(name)
        if value is not None and value not in choices:
            yield _error(file, row, name, str(value)[:80], f"one of {', '.join(choices)}")


def _row(technology: Technology, number: int) -> int:
    """The row in a table whose rows have no ids; else the position, with its header counted as a spreadsheet does."""
    marked = technology.id.removeprefix("row-")
    return int(marked) if marked != technology.id and marked.isdecimal() else number + 1


def _error(file: str, row: int | None, column: str | None, value: str, expected: str) -> CellError:
    return CellError(file=file, row=row, column=column, value=value, expected=expected)


def _content(technology: Technology) -> Content:
    chosen = {name: technology.features.get(name) for name in CHOICES}
    features = {name: value for name, value in technology.features.items() if name not in CHOICES}
    place, group = (str(chosen[name]) if chosen[name] else None for name in ("chain_place", "industry_group"))
    return Content(technology=replace(technology, features=features), chain_place=place, industry_group=group)


def exported(listing: Listing) -> Technology:
    """The listing as a technology that an import reads back; nothing confidential is in it."""
    technology = service.technology_of(listing)
    chosen = {name: value for name in CHOICES if (value := getattr(listing, name)) is not None}
    return replace(technology, features=technology.features | chosen)
