"""A PDF with its reader's name across every page, and without anything that acts by itself.

Run as ``python -m marketplace.files.watermark MARK``: the PDF comes on standard input and leaves on standard output.
"""

import io
import json
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from pypdf import PageObject, PdfReader, PdfWriter, Transformation
from pypdf.generic import ArrayObject, DictionaryObject
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from marketplace.files.sandbox import confine

# Every reader of PDF has the first; the second is drawn with the reader's own Chinese letters.
LATIN, CHINESE = "Helvetica", "STSong-Light"
FAINT = 0.13
_TAKEN_ALONG = ("/URI", "/GoTo")
_DROPPED = ("/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D")


class Mark(NamedTuple):
    """Who reads: lines in any language, and a serial that names the entry of the log."""

    lines: tuple[str, ...]
    serial: str


def watermarked(pdf: bytes, mark: Mark) -> bytes:
    """The same pages with the mark; scripts, attachments and actions of the document are left behind."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    writer = PdfWriter()
    stamps: dict[tuple[float, float], PageObject] = {}
    for page in PdfReader(io.BytesIO(pdf)).pages:
        added = writer.add_page(page)
        added.transfer_rotation_to_content()
        box = added.cropbox
        size = (round(float(box.width), 1), round(float(box.height), 1))
        stamp = stamps.setdefault(size, _stamp(*size, mark)) if size not in stamps else stamps[size]
        added.merge_transformed_page(stamp, Transformation().translate(float(box.left), float(box.bottom)))
        _disarm(added)
    writer.add_metadata({"/Title": mark.serial})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _stamp(width: float, height: float, mark: Mark) -> PageObject:
    """A page of this size that holds nothing but the mark: large across it, and legible at its foot."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width, height))
    canvas.setFillGray(0.35, alpha=FAINT)
    canvas.saveState()
    canvas.translate(width / 2, height / 2)
    canvas.rotate(35)
    size = max(8.0, min(width, height) / 22)
    for row in range(-3, 4):
        for number, line in enumerate(mark.lines):
            _draw(canvas, line, 0, row * height / 5 - number * size * 1.3, size)
    canvas.restoreState()
    canvas.setFillGray(0.35, alpha=0.8)
    _draw(canvas, " · ".join((*mark.lines, mark.serial)), width / 2, 6, 6)
    canvas.showPage()
    canvas.save()
    return PdfReader(io.BytesIO(out.getvalue())).pages[0]


def _draw(canvas: Canvas, line: str, x: float, y: float, size: float) -> None:
    font = LATIN if line.isascii() else CHINESE
    canvas.setFont(font, size)
    canvas.drawCentredString(x, y, line)


def _disarm(page: PageObject) -> None:
    page.pop("/AA", None)
    if "/Annots" not in page:
        return
    kept = ArrayObject()
    for reference in page["/Annots"].get_object():  # type: ignore[union-attr]
        annotation: Any = reference.get_object()
        if not isinstance(annotation, DictionaryObject) or annotation.get("/Subtype") in _DROPPED:
            continue
        annotation.pop("/AA", None)
        action = annotation.get("/A")
        if action is not None and action.get_object().get("/S") not in _TAKEN_ALONG:
            annotation.pop("/A")
        kept.append(reference)
    page[_annots] = kept


_annots: Any = "/Annots"


def main(arguments: Sequence[str]) -> None:
    confine()
    given = json.loads(arguments[0])
    mark = Mark(tuple(given["lines"]), given["serial"])
    sys.stdout.buffer.write(watermarked(sys.stdin.buffer.read(), mark))


if __name__ == "__main__":
    main(sys.argv[1:])
