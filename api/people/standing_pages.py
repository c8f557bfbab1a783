"""How an organisation stands: verified by the operator, and, for investors, how far it is protected."""

import hashlib
from typing import Annotated, Any

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from msgspec import Meta, Struct, to_builtins
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Line, Prose
from api.people.schemas import Category, ClassificationOut, Document, VerificationIn, VerificationOut
from api.routing import SIGNED_IN, get, post
from api.site.forms import Form, read_form
from api.site.language import gettext
from api.site.render import page, see_other
from marketplace.errors import FieldError, Invalid, MarketplaceError
from marketplace.people import organisations
from marketplace.people.models import Organisation
from scoring.technology import Text

_VERIFICATION = "/account/verification"
_CLASSIFICATION = "/account/classification"
DOCUMENTS_MAX = 20
TITLE_CHARS_MAX = 200
CATEGORIES = {
    "retail": Text(zh="普通投资者（保护最充分）", en="Retail (protected most)"),
    "qualified": Text(zh="合格投资者", en="Qualified"),
    "professional": Text(zh="专业投资者（保护最少）", en="Professional (protected least)"),
}


class VerificationForm(Struct, frozen=True):
    """As the page asks for it; documents are files, of which only the fingerprint is kept."""

    legal_name: Line
    registration_number: Line
    legal_representative: Line
    registered_address: Line


@get(_VERIFICATION, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_verification(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    acting_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Where the verification stands, and the form to hand in."""
    return page(request, "people/verification.html", form=None, **await _standing(session, acting_organisation))


async def _standing(session: AsyncSession, organisation: Organisation) -> dict[str, Any]:
    handed_in = await organisations.verifications(session, organisation)
    return {
        "state": organisation.state,
        "organisation_name": organisation.name,
        "registration_number": organisation.registration_number,
        "records": [VerificationOut.of(record) for record in handed_in],
    }


@post(_VERIFICATION, access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_verification(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Hand in what shows who the organisation is."""
    form, standing = await read_form(request, VerificationForm), await _standing(session, administered_organisation)
    documents = await _documents(request)
    if not documents:
        form.errors["documents"] = gettext("Choose at least one document.")
    if form.value is not None and not form.wrong:
        try:
            given = VerificationIn(documents=documents, **to_builtins(form.value))
            await organisations.submit_for_verification(
                session, organisation=administered_organisation, evidence=to_builtins(given)
            )
            return see_other(_VERIFICATION)
        except MarketplaceError as error:
            form.refuse(error)
    return page(request, "people/verification.html", status=422, form=form, **standing)


async def _documents(request: Request[Any, Any, Any]) -> list[Document]:
    """The fingerprints of the files; a field left empty sends a file without a name."""
    sent = (await request.form()).getall("documents", [])
    files = [file for file in sent if isinstance(file, UploadFile) and file.filename][:DOCUMENTS_MAX]
    return [
        Document(title=_title(file.filename), sha256=hashlib.sha256(await file.read()).hexdigest()) for file in files
    ]


def _title(name: str) -> str:
    """A name that fits into a line."""
    return "".join(sign for sign in name if sign.isprintable()).strip()[-TITLE_CHARS_MAX:] or "document"


class ClassificationForm(Struct, frozen=True):
    """As the page asks for it; the answers are kept as given."""

    category: Category
    experience: Prose = ""
    assets: Prose = ""
    understood: Annotated[bool, Meta(description="That less protection means more risk")] = False

    def answers(self) -> dict[str, str]:
        """What was said; whoever wants less protection says all of it."""
        if self.category == "retail":
            return {"category": self.category}
        missing = [name for name in ("experience", "assets") if not getattr(self, name).strip()]
        missing += [] if self.understood else ["understood"]
        if missing:
            expected, zh = "an answer: it is what protects you", "请填写：这是对您的保护"
            raise Invalid([FieldError(field=name, expected=expected, expected_zh=zh) for name in missing])
        return {"experience": self.experience, "assets": self.assets, "understood": "yes"}


@get(_CLASSIFICATION, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_classification_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    acting_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """How far the investor is protected now."""
    return await _classification(request, session, acting_organisation, None)


async def _classification(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    organisation: Organisation,
    form: Form[ClassificationForm] | None,
) -> Response[bytes]:
    now = await organisations.classification(session, organisation.id)
    coming = await organisations.coming_classification(session, organisation.id)
    return page(
        request,
        "people/classification.html",
        status=422 if form else 200,
        form=form,
        now=ClassificationOut.of(now),
        coming=ClassificationOut.of(coming) if coming else None,
        invests=organisation.kind in ("investor", "incubator"),
        categories=CATEGORIES,
        reflection_days=organisations.REFLECTION.days,
    )


@post(_CLASSIFICATION, access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_classification(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Ask for a class."""
    form = await read_form(request, ClassificationForm)
    if form.value is None:
        return await _classification(request, session, administered_organisation, form)
    try:
        await organisations.classify_investor(
            session,
            organisation=administered_organisation,
            category=form.value.category,
            answers=form.value.answers(),
        )
    except MarketplaceError as error:
        return await _classification(request, session, administered_organisation, form.refuse(error))
    return see_other(_CLASSIFICATION)


@post(f"{_CLASSIFICATION}/withdraw", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def withdraw_classification_page(
    session: NamedDependency[AsyncSession], administered_organisation: NamedDependency[Organisation]
) -> Response[bytes]:
    """Back to full protection, at once."""
    await organisations.withdraw_classification(session, organisation=administered_organisation)
    return see_other(_CLASSIFICATION)


STANDING_PAGES = [
    show_verification,
    take_verification,
    show_classification_page,
    take_classification,
    withdraw_classification_page,
]
