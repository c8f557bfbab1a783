"""Cap tables in the Open Cap Format: reading what decides who owns how much, and writing an investment into it.

Read are issuers, share classes, stakeholders, share issuances and what ends them, and options granted. Fields beyond
these stay in the files untouched. A transaction that would change the numbers and is not understood is refused.
"""

import datetime
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from marketplace.errors import FieldError, Invalid

OCF_VERSION = "1.2.0"
FILES_MAX, ITEMS_MAX = 50, 20_000
OPTIONS = "options"
_ISSUANCES = {
    "TX_STOCK_ISSUANCE": "stock",
    "TX_EQUITY_COMPENSATION_ISSUANCE": "option",
    "TX_PLAN_SECURITY_ISSUANCE": "option",
}
# Whatever of a security remains after these was issued anew as another.
_ENDINGS = ("TRANSFER", "CANCELLATION", "REPURCHASE", "RETRACTION")
_WITHOUT_EFFECT = ("ACCEPTANCE", "VESTING", "CHANGE_EVENT", "AUTHORIZED_SHARES", "POOL", "CONVERTIBLE_ISSUANCE")
_ZERO_DECIMALS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"})
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")

_Id = Annotated[str, Meta(min_length=1, max_length=200)]
Number = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,10})?$")]


class Issuer(Struct, frozen=True):
    id: _Id
    legal_name: Annotated[str, Meta(min_length=1, max_length=500)]


class Manifest(Struct, frozen=True):
    file_type: Annotated[str, Meta(pattern="^OCF_MANIFEST_FILE$")]
    issuer: Issuer
    as_of: datetime.date


class Name(Struct, frozen=True):
    legal_name: Annotated[str, Meta(min_length=1, max_length=500)]


class Stakeholder(Struct, frozen=True):
    id: _Id
    name: Name


class StockClass(Struct, frozen=True):
    id: _Id
    name: Annotated[str, Meta(min_length=1, max_length=500)]


class Issuance(Struct, frozen=True, kw_only=True):
    security_id: _Id
    stakeholder_id: _Id
    quantity: Number
    stock_class_id: _Id | None = None


class Ending(Struct, frozen=True):
    security_id: _Id


class Position(Struct, frozen=True, kw_only=True):
    """What one stakeholder holds of one kind: shares of a class, or options."""

    stakeholder_id: str
    stakeholder: str
    held: str
    shares: int


class Table(Struct, frozen=True, kw_only=True):
    """Who owns what, and the files it was read from."""

    issuer: Issuer
    as_of: datetime.date
    positions: tuple[Position, ...]
    classes: dict[str, str]
    convertibles: int
    files: dict[str, Any]

    @property
    def fully_diluted(self) -> int:
        return sum(position.shares for position in self.positions)


def read(files: Mapping[str, Any]) -> Table:
    """A cap table from its files by their names; everything wrong with them at once."""
    faults = [
        _fault("files", name, "file names of letters, digits, dots, dashes and underscores")
        for name in files
        if not _FILE_NAME.match(name)
    ]
    if b"\\u0000" in msgspec.json.encode(files):
        faults.append(_fault("files", "", "text without the character NUL"))
    manifest = _manifest(files, faults)
    items = list(_items(files, faults))
    people = {found.id: found.name.legal_name for found in _of(items, "STAKEHOLDER", Stakeholder, faults)}
    classes = {found.id: found.name for found in _of(items, "STOCK_CLASS", StockClass, faults)}
    positions = _positions(items, people, classes, faults)
    if not faults and not any(position.shares for position in positions if position.held != OPTIONS):
        faults.append(_fault("files", "", "at least one issued share"))
    if faults or manifest is None:
        raise Invalid(faults, code="not-a-cap-table", message="These are no cap table in the Open Cap Format.",
                      message_zh="不是有效的 Open Cap Format 股权结构表。")  # fmt: skip
    return Table(
        issuer=manifest.issuer,
        as_of=manifest.as_of,
        positions=tuple(positions),
        classes=classes,
        convertibles=sum(item.get("object_type") == "TX_CONVERTIBLE_ISSUANCE" for _, item in items),
        files=dict(files),
    )


def _fault(field: str, value: object, expected: str) -> FieldError:
    return FieldError(field=field, value=str(value)[:80], expected=expected, expected_zh="不符合 Open Cap Format")


def _manifest(files: Mapping[str, Any], faults: list[FieldError]) -> Manifest | None:
    found = [name for name, content in files.items() if _type_of(content) == "OCF_MANIFEST_FILE"]
    if len(found) != 1 or len(files) > FILES_MAX:
        faults.append(_fault("files", len(found), f"one manifest among at most {FILES_MAX} files"))
        return None
    manifest: Manifest | None = _converted(files[found[0]], Manifest, f"files.{found[0]}", faults)
    return manifest


def _type_of(content: Any) -> str:
    return str(content.get("file_type", "")) if isinstance(content, dict) else ""


def _converted(value: Any, kind: type[Any], place: str, faults: list[FieldError]) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        faults.append(_fault(place, "", str(error)))
        return None


def _items(files: Mapping[str, Any], faults: list[FieldError]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of every file, with its place."""
    count = 0
    for name, content in files.items():
        items = content.get("items", []) if isinstance(content, dict) else None
        if not _type_of(content).startswith("OCF_") or not isinstance(items, list):
            faults.append(_fault(f"files.{name}", "", "an OCF file with a list of items"))
            continue
        count += len(items)
        for number, item in enumerate(items[:ITEMS_MAX]):
            if isinstance(item, dict):
                yield f"files.{name}.items.{number}", item
            else:
                faults.append(_fault(f"files.{name}.items.{number}", item, "an object"))
    if count > ITEMS_MAX:
        faults.append(_fault("files", count, f"at most {ITEMS_MAX} items"))


def _of(items: list[tuple[str, dict[str, Any]]], wanted: str, kind: type[Any], faults: list[FieldError]) -> list[Any]:
    found = [_converted(item, kind, at, faults) for at, item in items if item.get("object_type") == wanted]
    return [one for one in found if one is not None]


def _positions(
    items: list[tuple[str, dict[str, Any]]], people: dict[str, str], classes: dict[str, str], faults: list[FieldError]
) -> list[Position]:
    issued: dict[str, tuple[str, str, Decimal]] = {}
    ended: set[str] = set()
    for at, item in items:
        name = str(item.get("object_type", ""))
        if name in _ISSUANCES:
            _issue(_converted(item, Issuance, at, faults), _ISSUANCES[name], at, people, classes, issued, faults)
        elif name.startswith("TX_") and name.endswith(_ENDINGS):
            ending = _converted(item, Ending, at, faults)
            ended |= {ending.security_id} if ending else set()
        elif name.startswith("TX_") and not any(word in name for word in _WITHOUT_EFFECT):
            faults.append(_fault(at, name, "a transaction of shares or options"))
    return _summed({key: held for key, held in issued.items() if key not in ended}, people, faults)


def _issue(
    found: Issuance | None, kind: str, at: str, people: dict[str, str], classes: dict[str, str],
    issued: dict[str, tuple[str, str, Decimal]], faults: list[FieldError],
) -> None:  # fmt: skip
    if found is None:
        return
    if found.stakeholder_id not in people:
        faults.append(_fault(f"{at}.stakeholder_id", found.stakeholder_id, "a stakeholder of the files"))
    if kind == "stock" and found.stock_class_id not in classes:
        faults.append(_fault(f"{at}.stock_class_id", found.stock_class_id, "a stock class of the files"))
    if found.security_id in issued:
        faults.append(_fault(f"{at}.security_id", found.security_id, "a security issued once"))
    held = classes.get(found.stock_class_id or "", "") if kind == "stock" else OPTIONS
    issued[found.security_id] = (found.stakeholder_id, held, Decimal(found.quantity))


def _summed(
    issued: dict[str, tuple[str, str, Decimal]], people: dict[str, str], faults: list[FieldError]
) -> list[Position]:
    sums: dict[tuple[str, str], Decimal] = {}
    for owner, held, quantity in issued.values():
        sums[owner, held] = sums.get((owner, held), Decimal(0)) + quantity
    if any(total != int(total) for total in sums.values()):
        faults.append(_fault("files", "", "whole numbers of shares"))
    return [
        Position(stakeholder_id=owner, stakeholder=people.get(owner, ""), held=held, shares=int(total))
        for (owner, held), total in sorted(sums.items())
    ]


def decimal_of(minor: int | str, currency: str) -> str:
    """Minor units as the format writes money: in units of the currency, as a decimal string."""
    places = 0 if currency in _ZERO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    return format(Decimal(minor).scaleb(-places), "f")


def zipped(files: Mapping[str, Any]) -> bytes:
    """All files as one archive (`.ocf.zip`); the manifest lists the others by their MD5, as the format asks."""
    written = {name: _json(content) for name, content in files.items() if _type_of(content) != "OCF_MANIFEST_FILE"}
    sums = {name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in written.items()}
    for name, content in files.items():
        if _type_of(content) == "OCF_MANIFEST_FILE":
            written[name] = _json(_listed(content, sums))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(written):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), written[name])
    return out.getvalue()


def _listed(manifest: dict[str, Any], sums: dict[str, str]) -> dict[str, Any]:
    """The manifest with the sums of the files as they are now."""
    listed = dict(manifest)
    for key, entries in manifest.items():
        if key.endswith("_files") and isinstance(entries, list):
            paths = [str(entry.get("filepath", "")).removeprefix("./") for entry in entries if isinstance(entry, dict)]
            listed[key] = [{"filepath": f"./{path}", "md5": sums[path]} for path in paths if path in sums]
    return listed


def _json(content: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content, order="deterministic"), indent=2)
