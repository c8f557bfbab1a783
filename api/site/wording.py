"""What a type asks of a field, in words for people: programs read the type's own."""

import re
from collections.abc import Callable

from api.site.language import CURRENT
from scoring.technology import Text

Said = Callable[[re.Match[str]], Text]


def _always(zh: str, en: str) -> Said:
    return lambda _: Text(zh=zh, en=en)


def _length(found: re.Match[str]) -> Text:
    least, number, many = found["sign"] == ">=", found["number"], found["kind"] == "array"
    if least and number == "1":
        return Text(zh="至少选一项", en="at least one") if many else Text(zh="必填", en="required")
    zh, en = ("项", "of them") if many else ("个字", "characters")
    order_zh, order_en = ("至少", "at least") if least else ("最多", "at most")
    return Text(zh=f"{order_zh}{number}{zh}", en=f"{order_en} {number} {en}")


_ORDERS = {
    ">=": ("不小于", "at least"),
    ">": ("大于", "more than"),
    "<=": ("不大于", "at most"),
    "<": ("小于", "less than"),
}


def _bound(found: re.Match[str]) -> Text:
    zh, en = _ORDERS[found["sign"]]
    whole = found["kind"].startswith("int")
    return Text(zh=f"{'整数，' if whole else ''}{zh}{found['number']}", en=f"{en} {found['number']}")


# The first that fits; what fits none is said as it is.
_WORDS: tuple[tuple[re.Pattern[str], Said], ...] = (
    (re.compile(r"`str.*matching regex '\^\[A-Z\]\{3\}\$'"), _always("三位货币代码，如CNY", "a currency, such as CNY")),
    (
        re.compile(r"`str.*matching regex '\^https:"),
        _always("以https://开头的网址", "an address that begins with https://"),
    ),
    (re.compile(r"`str.*matching regex '\^https\?:"), _always("网址，如https://example.com", "an address of the web")),
    (re.compile(r"`str.*matching regex '\^\[\^@"), _always("电子邮箱地址", "an e-mail address")),
    (re.compile(r"`str.*matching regex"), _always("格式不正确", "another form of text")),
    (re.compile(r"`(?P<kind>str|array)[^`]*` of length (?P<sign>>=|<=) (?P<number>\d+)"), _length),
    (re.compile(r"`(?P<kind>int|float)[^`]*` (?P<sign>>=|<=|>|<) (?P<number>[\d.e+-]+)"), _bound),
    (re.compile(r"`int( \| null)?`, got"), _always("整数", "a whole number")),
    (re.compile(r"`(float|int)[^`]*`, got"), _always("数字", "a number")),
    (re.compile(r"a value$"), _always("必填", "required")),
    (re.compile(r"Invalid enum value"), _always("请从选项中选择", "one of the choices")),
    (re.compile(r"Invalid RFC3339 encoded date$|`date(?!time)"), _always("日期", "a day")),
    (re.compile(r"Invalid RFC3339 encoded datetime|`datetime"), _always("日期与时间", "a day and a time")),
    (re.compile(r"Invalid UUID"), _always("请从选项中选择", "one of the choices")),
    (re.compile(r"`(str|object|array|bool)[^`]*`, got"), _always("格式不正确", "another form of value")),
)


def in_words(expected: str, expected_zh: str = "") -> str:
    """What is expected, in the reader's language."""
    for pattern, said in _WORDS:
        if found := pattern.match(expected):
            return said(found).in_language(CURRENT.get())
    return expected_zh if CURRENT.get() == "zh" and expected_zh else expected
