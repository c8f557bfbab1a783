"""Forms make the same structs as JSON, and lose nothing when they don't."""

from typing import Annotated, Any, ClassVar

import pytest
from msgspec import Meta, Struct

from api.site.forms import Form, _nested, _shaped, read_form
from marketplace.errors import Conflict, FieldError, Invalid


class Criterion(Struct):
    name: Annotated[str, Meta(max_length=10)]
    weight: Annotated[int, Meta(ge=1, le=100)] = 1


class Name(Struct):
    zh: str | None = None
    en: str | None = None


class Call(Struct, forbid_unknown_fields=True):
    name: Name
    seats: Annotated[int, Meta(ge=1)] | None = None
    media: list[str] = []
    criteria: list[Criterion] = []
    open: bool = False


class Sent:
    """A request as far as forms know it."""

    headers: ClassVar[dict[str, str]] = {}
    cookies: ClassVar[dict[str, str]] = {}

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = pairs

    async def form(self) -> Any:
        return self

    def __iter__(self) -> Any:
        return iter(dict(self.pairs))

    def getall(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]


async def read(*pairs: tuple[str, str]) -> Form[Call]:
    return await read_form(Sent(*pairs), Call)  # type: ignore[arg-type]


async def test_dots_lead_into_structs_and_numbers_into_lists() -> None:
    form = await read(
        ("name.en", "Call"), ("name.zh", ""), ("seats", "3"), ("media", "water"), ("open", "on"),
        ("criteria.10.name", "last"), ("criteria.2.name", "first"), ("criteria.2.weight", "5"), ("csrf_token", "x"),
    )  # fmt: skip
    assert form.value == Call(Name(en="Call"), 3, ["water"], [Criterion("first", 5), Criterion("last")], True)


async def test_what_is_blank_was_not_given() -> None:
    assert (await read(("name.en", "Call"), ("seats", " "), ("media", ""))).value == Call(Name(en="Call"))


async def test_all_wrong_fields_are_named_and_what_was_typed_stays() -> None:
    form = await read(("seats", "many"), ("criteria.0.name", "x" * 11), ("criteria.0.weight", "0"), ("other", "1"))
    assert form.value is None
    assert form.errors.keys() == {"name", "seats", "criteria.0.name", "criteria.0.weight", "other"}
    assert form.typed("seats") == "many"


async def test_what_a_service_refuses_stands_beside_its_field() -> None:
    form = await read(("name.en", "Call"))
    form.refuse(Invalid([FieldError(field="seats", expected="a number", expected_zh="数字")]))
    assert form.error("seats") == "数字"
    assert (await read()).refuse(Conflict("taken", "Taken.", "已被占用。")).wrong


@pytest.mark.parametrize("name", ["a." * 50, "criteria.x.name", "name.en.deep", "", ".", "criteria.-1.name"])
async def test_no_name_of_a_field_is_a_fault_of_ours(name: str) -> None:
    form = await read((name, "1"), ("name", "text"), ("name.en", "x"))
    assert form.value is None or form.value.name.en == "x"


def test_a_list_has_an_end() -> None:
    given: dict[str, Any] = {f"media.{number}": "x" for number in range(1000)}
    assert len(_shaped(_nested(given), Call)["media"]) == 200


async def test_a_number_that_is_one_is_not_named_beside_a_field_that_is_wrong() -> None:
    form = await read(("name.en", "Call"), ("seats", "3"), ("criteria.0.name", "x"), ("criteria.0.weight", "many"))
    assert form.errors.keys() == {"criteria.0.weight"}
