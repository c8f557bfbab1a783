"""``greenhatch card``: look at a card, or export it as SQL."""

from argparse import Namespace

from scoring.commands.console import Speaker
from scoring.library import load, names


def run_list(_: Namespace, speaker: Speaker) -> int:
    cards = [load(name) for name in names()]
    rows = [(card.name, card.version, card.outcome.in_language(speaker.language)) for card in cards]
    speaker.table([speaker.words("card"), speaker.words("version"), speaker.words("outcome")], rows)
    return 0


def run_show(chosen: Namespace, speaker: Speaker) -> int:
    speaker.text(load(chosen.card).to_markdown(speaker.language))
    return 0


def run_sql(chosen: Namespace, speaker: Speaker) -> int:
    speaker.text(load(chosen.card).to_sql(chosen.dialect, table=chosen.table, keys=chosen.key))
    return 0
