"""The list of what is wrong names fields as the page does."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Annotated, Literal

import httpx
import pytest
from msgspec import Meta, Struct

from api.site.forms import Form
from api.site.labels import with_labels
from api.site.language import CURRENT
from api.site.wording import in_words
from api.validation import wrong_fields
from marketplace.errors import FieldError, Invalid
from tests.api.conftest import MakeParty
from tests.api.site.browser import HTML


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = CURRENT.set("en")
    yield
    CURRENT.reset(before)


def entry(name: str) -> str:
    return f'<a href="#field-{name}" data-wrong>{name}</a>too much'


def test_a_field_is_named_by_its_label_without_what_is_said_aside() -> None:
    page = entry("terms.trl_min") + (
        '<label for="field-terms.trl_min">Readiness &lt; 9 <small>optional</small></label>'
        '<input id="field-terms.trl_min">'
    )
    assert with_labels(page).startswith('<a href="#field-terms.trl_min">Readiness &lt; 9</a>: too much')


def test_a_group_is_named_by_its_legend_and_a_tick_by_the_words_around_it() -> None:
    page = (
        entry("media")
        + entry("agreed")
        + (
            '<fieldset id="field-media"><legend>Fields</legend><label><input type="checkbox"> Water</label></fieldset>'
            '<label><input type="checkbox" id="field-agreed"> I agree</label>'
        )
    )
    assert '<a href="#field-media">Fields</a>: ' in with_labels(page)
    assert '<a href="#field-agreed">I agree</a>: ' in with_labels(page)


def test_a_part_of_a_field_leads_to_the_field_and_what_is_not_shown_to_nothing() -> None:
    page = entry("links.3") + entry("elsewhere") + '<label for="field-links">About</label><textarea id="field-links">'
    assert with_labels(page).startswith('<a href="#field-links">About</a>: too muchelsewhere: too much<label')


def test_a_place_in_a_file_is_told_as_it_is() -> None:
    assert with_labels(entry("portfolio.csv, row 2, 自评TRL")) == "portfolio.csv, row 2, 自评TRL: too much"


def test_a_text_in_two_languages_leads_to_the_first() -> None:
    page = entry("title") + '<label for="field-title.zh">Title in Chinese</label><input id="field-title.zh">'
    assert with_labels(page).startswith('<a href="#field-title.zh">Title in Chinese</a>: ')


class Typed(Struct):
    """What the table of words is tried with: what the types say of it must be known there."""

    level: Annotated[int, Meta(ge=1, le=9)] | None = None
    share: Annotated[float, Meta(gt=0, le=1)] = 0.5
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "CNY"
    name: Annotated[str, Meta(min_length=1, max_length=5)] = "x"
    day: datetime.date | None = None
    at: Annotated[datetime.datetime, Meta(tz=True)] | None = None
    way: Literal["a", "b"] = "a"
    one: uuid.UUID | None = None
    some: Annotated[tuple[str, ...], Meta(min_length=1)] = ("x",)


@pytest.mark.parametrize(
    ("field", "value", "zh", "en"),
    [
        ("level", "x", "整数", "a whole number"),
        ("level", "12", "整数，不大于9", "at most 9"),
        ("share", "x", "数字", "a number"),
        ("share", "0", "大于0.0", "more than 0.0"),
        ("currency", "??", "三位货币代码，如CNY", "a currency, such as CNY"),
        ("name", "", "必填", "required"),
        ("name", "sixsix", "最多5个字", "at most 5 characters"),
        ("day", "x", "日期", "a day"),
        ("at", "x", "日期与时间", "a day and a time"),
        ("at", "2026-01-01T10:00:00", "日期与时间", "a day and a time"),
        ("way", "c", "请从选项中选择", "one of the choices"),
        ("one", "c", "请从选项中选择", "one of the choices"),
        ("some", [], "至少选一项", "at least one"),
    ],
)
def test_what_a_type_expects_is_said_in_words(field: str, value: object, zh: str, en: str) -> None:
    (wrong,) = wrong_fields({field: value}, Typed, strict=False)
    CURRENT.set("zh")
    assert in_words(wrong.expected, wrong.expected_zh) == zh
    CURRENT.set("en")
    assert in_words(wrong.expected) == en


def test_what_was_typed_as_one_field_is_wrong_as_one_field() -> None:
    form: Form[object] = Form({"actions": ["listing.", "!"], "rows.0.name": ""})
    form.refuse(
        Invalid([FieldError(field="actions.1", expected="a word"), FieldError(field="rows.0.name", expected="a name")])
    )
    assert form.errors == {"actions": "a word", "rows.0.name": "a name"}


async def test_a_refused_page_says_it_in_the_readers_words(party: MakeParty, client: httpx.AsyncClient) -> None:
    investor = await party("investor")
    typed = {"title.en": "Air", "terms.trl_min": "12", "terms.currency": "CNY"}
    for language, said, colon in (("en", "Readiness at least (TRL)", ": "), ("zh", "成熟度下限（TRL）", "：")):
        headers = HTML | {"accept-language": language}
        page = (await investor.browser.post("/desk/mandates/new", data=typed, headers=headers)).text
        assert f'<a href="#field-terms.trl_min">{said}</a>{colon}' in page
