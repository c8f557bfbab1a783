"""What is taken in, where it lies, and when it is forgotten."""

import asyncio
import hashlib
import io
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy import select

from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.errors import Invalid
from marketplace.files.inside import FaultError, facts_of_office, looked_into
from marketplace.files.kinds import KINDS, fault_of_head, seen_as
from marketplace.files.models import StoredFile
from marketplace.files.service import Received, sweep, take_in
from marketplace.files.store import DamagedFileError, FileStore, file_store
from marketplace.files.watermark import Mark, watermarked
from marketplace.settings import Secret, Settings
from tests.api.dataroom.things import pdf

TESTING = system("test")
_TYPES = b'<Types><Override ContentType="application/vnd.openxmlformats"/></Types>'


def office(folder: Path, extra: dict[str, bytes] | None = None, *, main: str = "word/document.xml") -> Path:
    file = folder / "file.docx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"[Content_Types].xml": _TYPES, main: b"<w/>", **(extra or {})}.items():
            archive.writestr(name, content)
    return file


def received(folder: Path, content: bytes, name: str = "notes.txt") -> Received:
    place = folder / name
    place.write_bytes(content)
    return Received(name, place, hashlib.sha256(content).hexdigest(), len(content))


def test_first_bytes_decide_and_the_name_has_to_agree() -> None:
    starts = {"pdf": b"%PDF-1.7", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff\xe0", "dwg": b"AC1032"}
    for extension, head in starts.items():
        assert fault_of_head(f".{extension}", head) is None
        assert fault_of_head(".txt" if extension != "dwg" else ".pdf", head) is not None
    for head in (b"MZ\x90", b"\x7fELF", b"#!/bin/sh\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b""):
        assert fault_of_head(".txt", head) is not None, seen_as(head)
    assert fault_of_head(".csv", "时间,总氮\n".encode("gb18030")) is None


@given(st.binary(min_size=1, max_size=64), st.sampled_from(sorted(KINDS)))
def test_no_head_is_two_things_at_once(head: bytes, extension: str) -> None:
    fits = {KINDS[other].media_type for other in KINDS if fault_of_head(other, head) is None}
    assert len(fits - {KINDS[".docx"].media_type, KINDS[".xlsx"].media_type, KINDS[".pptx"].media_type}) <= 1
    assert (fault_of_head(extension, head) is None) == (KINDS[extension].media_type in fits)


def test_office_files_are_looked_into(tmp_path: Path) -> None:
    core = b'<cp xmlns:dc="d" xmlns:t="t"><dc:creator>Li</dc:creator><t:created>2026-01-02T03:04:05Z</t:created></cp>'
    good = looked_into(office(tmp_path, {"docProps/core.xml": core}), ".docx")
    assert good == {"facts": {"author": "Li", "created": "2026-01-02T03:04:05Z"}}
    assert looked_into(office(tmp_path, {"word/vbaProject.bin": b"x"}), ".docx") == {"fault": "macros"}
    assert looked_into(office(tmp_path, {"word/embeddings/a.exe": b"x"}), ".docx") == {"fault": "embedded-program"}
    assert looked_into(office(tmp_path, main="xl/workbook.xml"), ".docx") == {"fault": "other-office-kind"}
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    assert looked_into(office(tmp_path, {"docProps/core.xml": entities}), ".docx") == {"fault": "unreadable"}


def test_a_file_that_swells_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    file = office(tmp_path, {f"word/media/{n}": b"\0" * 1_000_000 for n in range(7)})
    assert file.stat().st_size < 20_000
    with pytest.raises(FaultError, match="bomb"):
        facts_of_office(file, ".docx", bytes_max=6_000_000)
    assert facts_of_office(file, ".docx", bytes_max=8_000_000) == {}


def test_a_watermarked_pdf_does_nothing_by_itself() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("one"))))
    writer.add_attachment("run.exe", b"MZ")
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x")})
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})
    writer.root_object[NameObject("/OpenAction")] = action
    out = io.BytesIO()
    writer.write(out)
    assert b"/JavaScript" in out.getvalue()
    marked = watermarked(out.getvalue(), Mark(("王禾 · 示范机构", "a@b.example"), "serial-7"))
    assert not [word for word in (b"/JavaScript", b"/EmbeddedFile", b"/AA", b"MZ") if word in marked]
    text = PdfReader(io.BytesIO(marked)).pages[0].extract_text()
    assert all(said in text for said in ("one", "王禾", "a@b.example", "serial-7"))


async def test_a_refused_file_leaves_nothing(sessions: Sessions, tmp_path: Path) -> None:
    store = FileStore(MemoryStore())
    with pytest.raises(Invalid, match="as the name ending in"):
        await take_in(sessions, store, actor=TESTING, received=received(tmp_path, b"MZ\x90\x00"))
    async with transaction(sessions, TESTING) as session:
        assert (await session.scalars(select(StoredFile))).all() == []


async def test_files_are_forgotten_a_day_after_nothing_named_them(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    store, sent = FileStore(MemoryStore()), received(tmp_path, b"notes")
    await take_in(sessions, store, actor=TESTING, received=sent)
    assert await store.read(sent.sha256) == b"notes"
    clock.advance(timedelta(hours=23))
    assert await sweep(sessions, store, actor=TESTING) == 0
    await take_in(sessions, store, actor=TESTING, received=sent)
    clock.advance(timedelta(hours=23))
    assert await sweep(sessions, store, actor=TESTING) == 0, "it was sent again meanwhile"
    clock.advance(timedelta(hours=2))
    assert await sweep(sessions, store, actor=TESTING) == 1
    with pytest.raises(FileNotFoundError):
        await store.read(sent.sha256)


async def test_who_sends_what_is_being_swept_keeps_it(committed: Sessions, clock: SetClock, tmp_path: Path) -> None:
    store, sent = FileStore(MemoryStore()), received(tmp_path, b"notes")
    for _ in range(5):
        await take_in(committed, store, actor=TESTING, received=sent)
        clock.advance(timedelta(hours=25))
        await asyncio.gather(
            sweep(committed, store, actor=TESTING), take_in(committed, store, actor=TESTING, received=sent)
        )
        async with transaction(committed, TESTING) as session:
            assert await session.get(StoredFile, sent.sha256) is not None
        assert await store.read(sent.sha256) == b"notes"


async def test_a_damaged_file_is_not_handed_out(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    store, sent = file_store(settings), received(tmp_path, b"notes")
    await store.keep(sent.sha256, sent.place)
    (kept,) = (file for file in (tmp_path / "files").rglob("*") if file.is_file())
    assert kept.name == sent.sha256
    kept.write_bytes(b"other")
    with pytest.raises(DamagedFileError):
        await store.read(sent.sha256)


@asynccontextmanager
async def _closed(connections: list[asyncio.StreamWriter]) -> AsyncIterator[None]:
    """A client keeps its connections open; whoever ends the loop has to end them first."""
    yield
    for writer in connections:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in connections), return_exceptions=True)


async def test_a_bucket_is_spoken_to_in_s3(tmp_path: Path) -> None:
    """Over the wire, with a few lines that keep what they are sent in place of a store."""
    kept: dict[str, bytes] = {}
    signatures: list[str] = []

    connections: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while line := await reader.readline():
            method, path, _ = line.decode().split()
            headers = {}
            while (header := (await reader.readline()).decode().strip()) != "":
                name, _, value = header.partition(": ")
                headers[name.lower()] = value
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            signatures.append(headers.get("authorization", ""))
            if method == "PUT":
                kept[path] = body
            found = kept.get(path) if method == "GET" else b""
            status = "404 Not Found" if found is None else "200 OK"
            if method == "POST":
                key = re.search(rb"<Key>(.*)</Key>", body)
                kept.pop(f"/bucket/{key[1].decode()}" if key else path)
                found = b"<DeleteResult><Deleted><Key>" + (key[1] if key else b"") + b"</Key></Deleted></DeleteResult>"
            said = (
                f'HTTP/1.1 {status}\r\nContent-Length: {len(found or b"")}\r\nETag: "1"\r\n'
                "Last-Modified: Mon, 02 Mar 2026 09:00:00 GMT\r\n\r\n"
            )
            writer.write(said.encode() + (found or b""))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, _closed(connections):
        settings = Settings(
            files_url="s3://bucket/rooms",
            files_endpoint=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            files_region="eu-1",
            files_key_id="key",
            files_secret_key=Secret("s3cret"),
        )
        store, sent = file_store(settings), received(tmp_path, b"notes")
        await store.keep(sent.sha256, sent.place)
        assert kept == {f"/bucket/rooms/{sent.sha256[:2]}/{sent.sha256}": b"notes"}
        assert await store.read(sent.sha256) == b"notes"
        await store.forget(sent.sha256)
        with pytest.raises(FileNotFoundError):
            await store.read(sent.sha256)
        assert all(said.startswith("AWS4-HMAC-SHA256 Credential=key/") for said in signatures)
