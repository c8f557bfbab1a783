"""What is said in another language than the page's is marked; names of the field are said in the reader's."""

import pytest

from api.payments.words import account, booked
from api.site.formats import lines, written
from api.site.language import CURRENT, Language
from api.site.words import parameter, pollutant


@pytest.mark.parametrize(
    ("page", "text", "shown"),
    [
        ("en", "A plan", "A plan"),
        ("zh", "方案", "方案"),
        ("zh", "A plan", '<span lang="en">A plan</span>'),
        ("en", "方案 <b>", '<span lang="zh-Hans">方案 &lt;b&gt;</span>'),
        ("en", "1.2 / 3", "1.2 / 3"),
        ("zh", None, "–"),
    ],
)
def test_what_somebody_wrote_is_marked_with_its_language(page: Language, text: str | None, shown: str) -> None:
    token = CURRENT.set(page)
    try:
        assert str(written(text)) == shown
    finally:
        CURRENT.reset(token)


def test_each_paragraph_has_its_own_language() -> None:
    token = CURRENT.set("en")
    try:
        assert lines("One\n二") == '<p>One</p><p lang="zh-Hans">二</p>'
    finally:
        CURRENT.reset(token)


def test_pollutants_are_called_as_readers_call_them() -> None:
    assert (pollutant("COD").zh, pollutant("COD").en) == ("COD", "COD")
    assert (pollutant("油烟").zh, pollutant("油烟").en) == ("油烟", "Cooking fumes")
    assert parameter("removal.油烟").en == "Removal of cooking fumes"
    assert parameter("removal.TN").en == "Removal of TN"


def test_bookings_and_accounts_are_said_in_words() -> None:
    assert booked("fund:01a2:a1:left").en == "Pay-in: has left"
    assert booked("release:01a2:a1:fee").zh == "放款：平台服务费"
    assert account("deal:01a2:payer").en == "Payer"
    assert booked("something else").en == "something else"
