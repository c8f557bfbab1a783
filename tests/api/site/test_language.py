"""Every string of every page exists in both languages, and who reads which."""

import re
from collections import defaultdict
from pathlib import Path

import httpx
import pytest
from babel.messages.extract import extract_from_dir

import api
from api.problems import TITLES
from api.site.formats import _ONLY_IN
from api.site.language import CURRENT, gettext, pgettext, strings

FOLDER = Path(api.__file__).parent
METHODS = [("**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
OPTIONS = {"**.html": {"trimmed": "false", "silent": "false"}}


def english() -> dict[str, set[str]]:
    """What templates and code say, and where."""
    found = defaultdict(set)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
    for name, _, message, _, context in extract_from_dir(FOLDER, METHODS, OPTIONS, keywords=keywords):
        many = message[-1] if isinstance(message, tuple) else message
        found[f"{context}\x04{many}" if context else many].add(name)
    for said in (*TITLES.values(), *_ONLY_IN.values()):
        found[said].add("code")
    return found


def test_every_string_has_its_chinese() -> None:
    missing = {text: places for text, places in english().items() if text not in strings()}
    lines = "\n".join(f"# {', '.join(sorted(places))}\n{_entry(text)}" for text, places in missing.items())
    assert not missing, f"add to api/locale/zh/<capability>.po:\n\n{lines}"


def _entry(text: str) -> str:
    context, _, said = text.rpartition("\x04")
    return (f'msgctxt "{context}"\n' if context else "") + f'msgid "{said}"\nmsgstr ""\n'


def test_a_word_is_said_by_its_context() -> None:
    CURRENT.set("zh")
    assert pgettext("topic", "About") == "主题"
    assert gettext("About") != pgettext("topic", "About")
    CURRENT.set("en")
    assert pgettext("topic", "About") == "About"


def test_placeholders_survive_translation() -> None:
    for text, chinese in strings().items():
        assert set(re.findall(r"%\(\w+\)", chinese)) <= set(re.findall(r"%\(\w+\)", text)), text


def test_every_string_can_be_filled_in() -> None:
    """A bare % would break the page that says it, and only there."""
    wrong = []
    for text in {*english(), *strings(), *strings().values()}:
        try:
            said = text % AnyValue()
        except (TypeError, ValueError) as error:
            wrong.append(f"{text!r}: {error}; write %% for a per cent sign")
        else:
            assert said
    assert not wrong, "\n".join(wrong)


class AnyValue(dict[str, int]):
    """A value for every name; a number, for it fits %(n)s and %(n)d."""

    def __missing__(self, name: str) -> int:
        return 1


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("fr", "zh-Hans"),
        ("en;q=0.1, zh", "zh-Hans"),
        ("en;q=x", "zh-Hans"),
    ],
)
async def test_a_page_speaks_what_the_browser_prefers(header: str, spoken: str, client: httpx.AsyncClient) -> None:
    page = await client.get("/sign-in", headers={"accept-language": header})
    assert f'<html lang="{spoken}">' in page.text


async def test_a_choice_outlives_the_browser_s_preference_and_leads_back(client: httpx.AsyncClient) -> None:
    chosen = await client.post("/language", data={"language": "en", "back": "/technologies?trl_min=7"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/technologies?trl_min=7")
    page = await client.get("/sign-in", headers={"accept-language": "zh"})
    assert '<html lang="en">' in page.text


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_no_way_back_leads_outside(address: str, client: httpx.AsyncClient) -> None:
    answer = await client.post("/language", data={"language": "en", "back": address})
    assert answer.headers["location"] == "/"
