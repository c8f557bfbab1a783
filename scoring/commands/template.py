"""``greenhatch template``: the workbook that a portfolio is filled into."""

from argparse import Namespace

from scoring.commands.console import Speaker, check_output
from scoring.io.template import write_template


def run(chosen: Namespace, speaker: Speaker) -> int:
    check_output(chosen.out, ".xlsx")
    write_template(chosen.out)
    speaker.say("written", path=chosen.out)
    return 0
