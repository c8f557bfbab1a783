"""What is in one file. Run as ``python -m marketplace.files.inside FILE EXTENSION``; writes JSON (`Inspected`).

It imports little, because it is started for every file.
"""

import json
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Sequence
from pathlib import Path

from marketplace.files.sandbox import confine

PAGES_MAX = 2000
PARTS_MAX = 10_000
UNPACKED_BYTES_MAX = 300_000_000
CHUNK_BYTES = 1 << 20
# The folder of the main part in each kind of Office file.
_MAIN = {".docx": "word/", ".xlsx": "xl/", ".pptx": "ppt/"}
_FACTS = {"creator": "author", "created": "created", "lastModifiedBy": "changed_by"}
_PROGRAMS = (".bin", ".exe", ".dll", ".js", ".vbs", ".jar", ".bat", ".cmd", ".ps1", ".scr", ".com", ".msi")


class FaultError(Exception):
    """Why the file is refused."""


def facts_of_pdf(file: Path) -> dict[str, str]:
    """Author, program and time; the file must bear a watermark, tried here so that no view can fail later."""
    from pypdf import PdfReader

    from marketplace.files.watermark import Mark, watermarked

    reader = PdfReader(file)
    if reader.is_encrypted:
        raise FaultError("encrypted")
    if len(reader.pages) > PAGES_MAX:
        raise FaultError("too-many-pages")
    watermarked(file.read_bytes(), Mark(lines=("trial",), serial="trial"))
    said = reader.metadata
    if said is None:
        return {}
    created = said.creation_date
    given = {
        "author": said.author,
        "program": said.producer or said.creator,
        "created": created and created.isoformat(),
    }
    return {name: str(value)[:200].replace("\0", "") for name, value in given.items() if value}


def facts_of_office(file: Path, extension: str, *, bytes_max: int = UNPACKED_BYTES_MAX) -> dict[str, str]:
    """Author and time of a zipped Office file that holds no program and does not swell."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        names = [part.filename.lower() for part in parts]
        if len(parts) > PARTS_MAX:
            raise FaultError("bomb")
        if any(part.flag_bits & 1 for part in parts):
            raise FaultError("encrypted")
        _measure(archive, parts, bytes_max)
        content_types = archive.read("[Content_Types].xml").lower()
        if b"macroenabled" in content_types or any(name.endswith("vbaproject.bin") for name in names):
            raise FaultError("macros")
        if any("/activex/" in name or ("/embeddings/" in name and name.endswith(_PROGRAMS)) for name in names):
            raise FaultError("embedded-program")
        if not any(name.startswith(_MAIN[extension]) for name in names):
            raise FaultError("other-office-kind")
        return _core_facts(archive.read("docProps/core.xml")) if "docprops/core.xml" in names else {}


def _measure(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], bytes_max: int) -> None:
    """Unpack everything into nothing: what an archive says of its size may be a lie."""
    unpacked = 0
    for part in parts:
        with archive.open(part) as opened:
            while chunk := opened.read(CHUNK_BYTES):
                unpacked += len(chunk)
                if unpacked > bytes_max:
                    raise FaultError("bomb")


def _core_facts(xml: bytes) -> dict[str, str]:
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise FaultError("unreadable")  # Office writes none; a declaration could swell without end
    found = {}
    for element in ElementTree.fromstring(xml):  # noqa: S314 - no declarations, see above
        name = _FACTS.get(element.tag.rpartition("}")[2])
        if name and element.text:
            found[name] = element.text[:200]
    return found


def looked_into(file: Path, extension: str) -> dict[str, object]:
    try:
        if extension == ".pdf":
            return {"facts": facts_of_pdf(file)}
        return {"facts": facts_of_office(file, extension)} if extension in _MAIN else {}
    except FaultError as fault:
        return {"fault": str(fault)}
    except MemoryError:
        raise
    except Exception:
        return {"fault": "unreadable"}


def main(arguments: Sequence[str]) -> None:
    confine()
    print(json.dumps(looked_into(Path(arguments[0]), arguments[1])))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(sys.argv[1:])
