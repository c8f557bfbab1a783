"""``greenhatch card``: look at a card, or export it as SQL."""

from argparse import Namespace

from scoring.commands.console import Speaker
from scoring.library import card_names, load_card


def run_list(_: Namespace, speaker: Speaker) -> int:
    cards = [load_card(name) for name in card_names()]
    rows = [(card.name, card.version, card.outcome.in_language(speaker.language)) for card in cards]
    speaker.table([speaker.words("card"), speaker.words("version"), speaker.words("outcome")], rows)
    return 0


def run_show(chosen: Namespace, speaker: Speaker) -> int:
    speaker.text(load_card(chosen.card).to_markdown(speaker.language))
    return 0


def run_sql(chosen: Namespace, speaker: Speaker) -> int:
    speaker.text(load_card(chosen.card).to_sql(chosen.dialect, table=chosen.table, keys=chosen.key))
    return 0
