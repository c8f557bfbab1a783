"""Writing for the library as a browser without scripts does it."""

from typing import Any

import pytest

from api.knowledge.writing_form import WRITTEN, as_form, parts_of, prepared, tidied
from api.site.forms import Form, _nested, _shaped
from marketplace.knowledge.content import Draft
from tests.api.conftest import MakeParty
from tests.api.site.browser import HTML, fill, form_of

LIST = "/desk/knowledge"
ZH = HTML | {"accept-language": "zh"}
EVENT = {
    "content.kind": "event",
    "title.en": "A meeting",
    "summary.en": "Of those who offer and those who need",
    "content.starts_at": "2026-05-01T09:00",
    "content.ends_at": "2026-05-01T17:00",
    "content.registration_deadline": "2026-04-20T18:00",
    "content.seats": "30",
    "content.place.en": "Nanjing",
    "content.programme.en": "Talks, then talks",
    "media": ["water", "air"],
}
REVIEW = {
    "content.kind": "review",
    "title.en": "What is known",
    "summary.en": "Much",
    "content.authors": "A. One\nB. Two",
    "content.question.en": "How much?",
    "content.method.en": "Read",
    "content.findings.en": "Some",
    "content.limits.en": "Few read",
    "content.searched_until": "2026-01-01",
    "content.references.0.title": "",
    "content.references.1.title": "A paper",
    "content.references.1.authors": "C. Three; D. Four",
    "content.references.1.year": "2020",
}


async def test_an_event_is_written_handed_in_published_revised_and_withdrawn(party: MakeParty) -> None:
    operator = (await party("operator")).browser
    fields = form_of((await operator.get(f"{LIST}/new?kind=event", headers=HTML)).text, f"{LIST}/new")
    made = await fill(operator, f"{LIST}/new", fields | EVENT)
    assert made.status_code == 303, made.text
    one = made.headers["location"]
    early = await fill(operator, f"{one}/submit", {})
    assert (early.status_code, 'href="#field-title.zh"' in early.text) == (422, True)
    kept = form_of(early.text, f"{one}/edit")
    assert (kept["content.starts_at"], kept["media"]) == ("2026-05-01T09:00", ["water", "air"])
    whole = kept | {"title.zh": "对接会", "summary.zh": "供需对接"}
    assert (await fill(operator, f"{one}/edit", whole)).status_code == 303
    stale = await fill(operator, f"{one}/edit", whole | {"title.en": "Mine"})
    assert (stale.status_code, "Somebody has changed it" in stale.text) == (422, True)
    assert (await fill(operator, f"{one}/submit", {})).status_code == 303
    review = f"/desk/operator/knowledge/{one.rpartition('/')[2]}"
    assert (await fill(operator, f"{review}/publish", {})).status_code == 303
    page = (await operator.get(one, headers=ZH)).text
    assert "已发布" in page
    assert (await operator.get(f"/knowledge/{one.rpartition('/')[2]}", headers=ZH)).status_code == 200
    assert (await fill(operator, f"{one}/revise", {})).status_code == 303
    assert "stays in the open" in (await operator.get(one, headers=HTML)).text
    unsaid = await fill(operator, f"{one}/withdraw", {})
    assert unsaid.status_code == 422
    assert (await fill(operator, f"{one}/withdraw", {"note": "Wrong place"})).status_code == 303
    assert (await operator.get(f"/knowledge/{one.rpartition('/')[2]}", headers=HTML)).status_code == 404
    assert (await fill(operator, f"{one}/archive", {"note": "Called off"})).status_code == 303
    assert "已归档" in (await operator.get(one, headers=ZH)).text


async def test_a_review_keeps_its_references_and_names_what_is_wrong(party: MakeParty) -> None:
    assessor = (await party("assessor")).browser
    wrong = await fill(assessor, f"{LIST}/new", REVIEW | {"content.references.1.year": "soon", "links": "no address"})
    assert wrong.status_code == 422
    assert 'id="error-content.references.0.year"' in wrong.text
    assert 'id="error-links"' in wrong.text
    assert 'value="soon"' in wrong.text
    made = await fill(assessor, f"{LIST}/new", REVIEW)
    assert made.status_code == 303, made.text
    one = made.headers["location"]
    kept = form_of((await assessor.get(f"{one}/edit", headers=HTML)).text, f"{one}/edit")
    assert kept["content.authors"].strip() == "A. One\nB. Two"
    assert kept["content.references.0.authors"] == "C. Three; D. Four"
    assert kept["content.references.2.title"] == ""


async def test_who_may_not_write_a_kind_is_not_asked_to(party: MakeParty) -> None:
    holder, viewer = await party("holder"), await party("holder", role="viewer")
    page = (await holder.browser.get(LIST, headers=HTML)).text
    assert "kind=case" in page
    assert "kind=policy" not in page
    assert (await holder.browser.get(f"{LIST}/new?kind=policy", headers=HTML)).status_code == 303
    policy = {"content.kind": "policy", "title.en": "x", "summary.en": "x", "content.issuer.en": "x"}
    said = policy | {"content.level": "national", "content.issued": "2026-01-01", "content.points.0.en": "x"}
    assert (await fill(holder.browser, f"{LIST}/new", said)).status_code == 422
    assert "kind=case" not in (await viewer.browser.get(LIST, headers=HTML)).text


@pytest.mark.parametrize("given", [EVENT, REVIEW])
def test_a_form_says_what_its_draft_says(given: dict[str, Any]) -> None:
    import msgspec

    def read(form: Form[Any]) -> Draft:
        tree = prepared(_nested(tidied(form.given)))
        return msgspec.convert(_shaped(tree, Draft), Draft, strict=False)

    draft = read(Form(given))
    assert read(as_form(draft, 1)) == draft


def test_every_field_of_every_kind_has_its_words() -> None:
    for kind in WRITTEN.values():
        assert all(part.label.zh and part.label.en for part in parts_of(kind))
