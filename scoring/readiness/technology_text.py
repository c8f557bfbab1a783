"""What a technology says of itself, as one text in one language: its own words, and its facts as sentences.

The level it claims is left out on purpose: a claim is judged by the rules, and the model is to be a second opinion.
"""

from collections.abc import Iterator

from scoring.technology import Case, Technology, Text

_SCALES = {
    "laboratory": Text(zh="已完成实验室试验", en="It was tested in the laboratory"),
    "pilot": Text(zh="已完成中试", en="A pilot plant was operated"),
    "demonstration": Text(zh="已建成示范工程", en="A demonstration plant was built"),
    "full": Text(zh="已工程应用，投入使用", en="Full-scale plants are installed at customers"),
}
_MONTHS = Text(zh="连续运行{months:.0f}个月", en="It has been in operation for {months:.0f} months")
_GRANTED = Text(zh="已获专利授权", en="A patent was granted")


def technology_text(technology: Technology, language: str) -> tuple[str, str]:
    """Title and text in ``"zh"`` or ``"en"``; both empty where the technology has no words in that language.

    Examples
    --------
    >>> plant = Technology(id="a", name=Text(en="Filter"), cases=(Case(name=Text(en="Works"), scale="pilot"),))
    >>> technology_text(plant, "en"), technology_text(plant, "zh")
    (('Filter', 'A pilot plant was operated.'), ('', ''))
    """
    title, summary = _own(technology.name, language), _own(technology.summary, language)
    if not title and not summary:
        return "", ""
    stop = "。" if language == "zh" else ". "
    facts = [fact.rstrip("。.") + stop for fact in _facts(technology, language)]
    return title, "".join([summary, stop if summary and facts else "", *facts]).strip()


def _own(text: Text, language: str) -> str:
    return (text.zh if language == "zh" else text.en) or ""


def _facts(technology: Technology, language: str) -> Iterator[str]:
    for case in technology.cases:
        yield from _of_case(case, language)
    if any(patent.status == "granted" for patent in technology.patents):
        yield _own(_GRANTED, language)
    for document in technology.evidence:
        if title := _own(document.title, language):
            yield title


def _of_case(case: Case, language: str) -> Iterator[str]:
    if case.scale in _SCALES and case.succeeded is not False:
        yield _own(_SCALES[case.scale], language)
    if case.months_in_operation:
        yield _own(_MONTHS, language).format(months=case.months_in_operation)
