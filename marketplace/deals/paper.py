"""The agreed terms on paper: a PDF in both languages with the document's hash and everybody who said yes to it.

The same rows give the same bytes, whenever and wherever it is made: no date of making and no random id is in it.
Chinese is set in a font that every PDF reader brings along, so nothing has to be shipped.
"""

import io
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

import msgspec
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from marketplace.deals.differences import clauses_of, label_of
from marketplace.deals.models import Consent, Deal, Offer
from marketplace.deals.terms import read_terms

_FONT = "STSong-Light"
_BODY = ParagraphStyle("body", fontName=_FONT, fontSize=9, leading=13, wordWrap="CJK")
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=7.5, leading=10)
_TITLE = ParagraphStyle("title", parent=_BODY, fontSize=15, leading=22)
_HEADING = ParagraphStyle("heading", parent=_BODY, fontSize=11, leading=20, spaceBefore=6)
_GRID = TableStyle([("GRID", (0, 0), (-1, -1), 0.25, "#999999"), ("VALIGN", (0, 0), (-1, -1), "TOP")])
_KINDS = {
    "accepted": "接受 / accepted",
    "approved": "复核 / approved",
    "reconfirmed": "重新确认 / reconfirmed",
    "signed": "签署 / signed",
}
_SIDES = {"holder": "技术持有方 / holder", "financier": "出资方 / financier"}


def pdf_of(deal: Deal, offer: Offer, consents: Sequence[Consent]) -> bytes:
    """The terms of an offer and every consent to them."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    out = io.BytesIO()
    paper = SimpleDocTemplate(
        out, pagesize=A4, invariant=1, title=f"Greenhatch {deal.id}", author="Greenhatch",
        leftMargin=18 * mm, rightMargin=18 * mm, topMargin=16 * mm, bottomMargin=16 * mm,
    )  # fmt: skip
    paper.build([*_head(offer), *_terms(offer), *_signatures(consents)])
    return out.getvalue()


def _text(words: object, style: ParagraphStyle = _BODY) -> Paragraph:
    return Paragraph(escape(str(words)).replace("\n", "<br/>"), style)


def _head(offer: Offer) -> Iterator[Flowable]:
    said = msgspec.json.decode(offer.document)
    yield _text("交易条款 / Terms of the deal", _TITLE)
    rows = [("交易 / deal", said["deal"]), ("要约 / offer", said["offer"]), ("环节 / link", said["link"])]
    rows.append(("技术 / technology", f"{_both(said['technology']['name'])} (v{said['technology']['version']})"))
    for side, party in said["parties"].items():
        rows.append((_SIDES[side], f"{_both(party['name'])} · {party['country']} {party['registration_number'] or ''}"))
    rows.append(("SHA-256", offer.sha256.hex()))
    yield _grid(rows)


def _both(text: dict[str, str | None]) -> str:
    return " / ".join(filter(None, (text.get("zh"), text.get("en"))))


def _terms(offer: Offer) -> Iterator[Flowable]:
    yield _text("条款 / Terms", _HEADING)
    rows = []
    for path, value in clauses_of(read_terms(offer.terms)).items():
        label = label_of(path)
        rows.append((f"{label.zh}\n{label.en}", _value(value)))
    yield _grid(rows)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "是 / yes" if value else "否 / no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _signatures(consents: Sequence[Consent]) -> Iterator[Flowable]:
    yield _text("确认与签署 / Consents and signatures", _HEADING)
    rows = [
        (
            f"{_SIDES[consent.side]}\n{_KINDS[consent.kind]}",
            f"{consent.person_name} · {_both(msgspec.to_builtins(consent.organisation_name))}\n"
            f"{consent.given_at:%Y-%m-%d %H:%M:%S} UTC · SHA-256 {consent.sha256.hex()}",
        )
        for consent in consents
    ]
    yield _grid(rows)
    yield Spacer(0, 4 * mm)
    yield _text(
        "以上每项确认均针对同一份规范文件（UTF-8 JSON，键按序），其 SHA-256 如上所示。\n"
        "Each consent is to the one canonical document (UTF-8 JSON, sorted keys) whose SHA-256 is given above.",
        _SMALL,
    )


def _grid(rows: Sequence[tuple[object, object]]) -> Table:
    return Table(
        [[_text(name, _SMALL), _text(value, _SMALL)] for name, value in rows],
        colWidths=[60 * mm, 114 * mm],
        style=_GRID,
    )
