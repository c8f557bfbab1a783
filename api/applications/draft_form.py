"""An application as a form: a field for each question of the stage, a file for each document, the amount asked."""

import asyncio
import hashlib
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from msgspec import Struct

from api.calls.amounts import major, minor
from api.site.forms import Form, texts
from api.site.language import CURRENT, choose_language, gettext
from marketplace.applications.answers import Answer, Document
from marketplace.applications.models import Application
from marketplace.calls.content import CallContent, Question
from marketplace.calls.service import content_of
from marketplace.money import Money

NAME_MAX = 200


class Draft(Struct, frozen=True):
    """What was written. `documents` are all of the stage, those handed in before among them."""

    answers: dict[str, Answer | None]
    documents: list[Document]
    asked: Money | None


def as_form(application: Application) -> Form[Draft]:
    """The form with what is kept."""
    given: dict[str, str | list[str]] = {}
    for key, said in application.answers.items():
        shown = ("yes" if said else "no") if isinstance(said, bool) else said
        given[f"answers.{key}"] = f"{shown:g}" if isinstance(shown, (int, float)) else str(shown)
    if application.amount is not None:
        given["asked"] = major(application.amount.amount_minor, application.amount.currency)
    return Form(given)


async def read_draft(request: Request[Any, Any, Any], application: Application) -> Form[Draft]:
    """What was typed and chosen; a blank field takes its answer back."""
    CURRENT.set(choose_language(request))
    sent = await request.form()
    form: Form[Draft] = Form(texts(sent))
    content = content_of(application.call)
    answers = {one.key: _answer(form, one) for one in content.questions_of(application.stage)}
    asked = _asked(form, application)
    documents = await _documents(sent, content, application)
    if not form.errors:
        form.value = Draft(answers, documents, asked)
    return form


def _answer(form: Form[Any], question: Question) -> Answer | None:
    name = f"answers.{question.key}"
    typed = str(form.typed(name)).replace("\r\n", "\n")
    if not typed.strip():
        return None
    if question.kind == "text":
        return typed
    if question.kind == "yes-no":
        return typed == "yes"
    try:
        return msgspec.convert(typed.strip(), float, strict=False)
    except msgspec.ValidationError:
        form.errors[name] = gettext("a number")
        return None


def _asked(form: Form[Any], application: Application) -> Money | None:
    typed, currency = str(form.typed("asked")).strip(), application.call.ticket_min.currency
    if not typed:
        return None
    found = minor(typed, currency)
    if isinstance(found, str) or found == 0:
        form.errors["asked"] = gettext("an amount, for example 1200000")
        return None
    return Money(found, currency)


async def _documents(sent: Any, content: CallContent, application: Application) -> list[Document]:
    """Those handed in before, and those that this form brings in their place."""
    asked = [document.key for document in content.documents_of(application.stage)]
    held = {one["key"]: msgspec.convert(one, Document) for one in application.documents if one["key"] in asked}
    for key in asked:
        file = sent.get(f"documents.{key}")
        if isinstance(file, UploadFile) and file.filename:
            read = await file.read()
            fingerprint = await asyncio.to_thread(hashlib.sha256, read)
            name = "".join(sign for sign in file.filename if sign.isprintable()).strip()[-NAME_MAX:] or key
            held[key] = Document(key=key, name=name, sha256=fingerprint.hexdigest())
    return list(held.values())
