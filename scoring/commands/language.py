"""The language that the commands speak: what ``--lang`` asks for, or the locale's."""

import os
from collections.abc import Mapping, Sequence
from typing import Literal

Language = Literal["zh", "en"]


def language_of(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Language:
    """Chinese where the arguments or the locale ask for it, English otherwise.

    >>> language_of(["score", "--lang", "zh"], {}), language_of([], {"LANG": "zh_CN.UTF-8"}), language_of([], {})
    ('zh', 'zh', 'en')
    """
    for place, argument in enumerate(arguments):
        asked = argument.partition("=")[2] if argument.startswith("--lang=") else None
        if argument == "--lang":
            asked = arguments[place + 1] if place + 1 < len(arguments) else ""
        if asked is not None:
            return "zh" if asked == "zh" else "en"
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"
