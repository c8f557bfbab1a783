"""Which kinds of file are taken, how their first bytes look, and what is never taken."""

from collections.abc import Callable
from pathlib import PurePath

from msgspec import Struct

from marketplace.errors import FieldError

_DOCX = "application/vnd.openxmlformats-officedocument"
_ZIP = b"PK\x03\x04"


class Kind(Struct, frozen=True):
    """`starts` are the first bytes, one of which it must have; none means text."""

    media_type: str
    name: str
    name_zh: str
    starts: tuple[bytes, ...] = ()
    watermarked: bool = False


_TEXT = Kind("text/plain; charset=utf-8", "a text", "文本")
_JPEG = Kind("image/jpeg", "a JPEG picture", "JPEG图片", (b"\xff\xd8\xff",))
_TIFF = Kind("image/tiff", "a TIFF picture", "TIFF图片", (b"II*\x00", b"MM\x00*"))
KINDS: dict[str, Kind] = {
    ".csv": _TEXT,
    ".docx": Kind(f"{_DOCX}.wordprocessingml.document", "a Word document", "Word文档", (_ZIP,)),
    ".dwg": Kind("image/vnd.dwg", "an AutoCAD drawing", "AutoCAD图纸", (b"AC10",)),
    ".jpeg": _JPEG,
    ".jpg": _JPEG,
    ".json": _TEXT,
    ".md": _TEXT,
    ".pdf": Kind("application/pdf", "a PDF file", "PDF文件", (b"%PDF-",), watermarked=True),
    ".png": Kind("image/png", "a PNG picture", "PNG图片", (b"\x89PNG\r\n\x1a\n",)),
    ".pptx": Kind(f"{_DOCX}.presentationml.presentation", "a PowerPoint file", "PowerPoint文件", (_ZIP,)),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".txt": _TEXT,
    ".xlsx": Kind(f"{_DOCX}.spreadsheetml.sheet", "an Excel workbook", "Excel工作簿", (_ZIP,)),
}
# Only to tell the sender what they have sent.
_SEEN: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"#!", "a script"),
    (b"\xca\xfe\xba\xbe", "a Java or macOS program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xd0\xcf\x11\xe0", "an old Office file, which may hold macros"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (_ZIP, "a ZIP archive or a newer Office file"),
    (b"{\\rtf", "an RTF text"),
)
_STARTS = (*_SEEN, *((start, kind.name) for kind in KINDS.values() for start in kind.starts if start != _ZIP))


def extension_of(name: str) -> str:
    return PurePath(name).suffix.lower()


def fault_of_head(extension: str, head: bytes) -> FieldError | None:
    """Whether the first bytes are those of the kind that the name promises."""
    kind = KINDS[extension]
    fits: Callable[[bytes], bool] = _is_text if not kind.starts else lambda given: given.startswith(kind.starts)
    if head and fits(head):
        return None
    return FieldError(
        field="content",
        value=seen_as(head),
        expected=f"{kind.name}, as the name ending in {extension} says",
        expected_zh=f"内容须为{kind.name_zh}，与扩展名{extension}一致",
    )


def seen_as(head: bytes) -> str:
    """What a file looks like, in words."""
    if not head:
        return "an empty file"
    known = next((name for start, name in _STARTS if head.startswith(start)), None)
    return known or ("a text" if _is_text(head) else "something unknown")


def _is_text(head: bytes) -> bool:
    """No control characters; in UTF-8 or GB 18030, cut off anywhere; and nothing that is known as something else."""
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in head):
        return False
    if any(head.startswith(start) for start, _ in _STARTS):
        return False
    return any(_decodes(head, encoding) for encoding in ("utf-8", "gb18030"))


def _decodes(head: bytes, encoding: str) -> bool:
    for cut in range(4):
        try:
            head[: len(head) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
