"""The card of commercial traction: does a start-up raise another round within 24 months?"""

from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from scoring.models.training.features import feature
from scoring.models.training.figures import figure, plain
from scoring.models.training.missing import without_missing_signal
from scoring.models.training.sources import fingerprint, table
from scoring.scorecard.card import Scorecard
from scoring.scorecard.estimator import ScorecardClassifier
from scoring.technology import Text
from scoring.validation.metrics import Floats, auc, bootstrap, brier, calibration_error, calibration_slope

ROUNDS = "followon/followon.parquet"
LEARNED_UNTIL, TESTED_AT = "2008-10-01", "2010-10-01"
OUTCOME = "follow_on_24m"
PROTOCOL = f"learned as of 2007-10 and 2008-10, tested as of {TESTED_AT[:7]}: 24 months of embargo"


FEATURES = (
    feature("n_rounds", "已完成轮次", "rounds so far"),
    feature("raised_total", "累计融资额", "raised in total", "USD"),
    feature("raised_max", "最大单轮融资额", "largest round", "USD"),
    feature("last_type", "最近一轮类型", "kind of the last round"),
    feature("last_amount", "最近一轮金额", "amount of the last round", "USD"),
    feature("n_angel", "天使轮次数", "angel rounds"),
    feature("n_venture", "风险投资轮次数", "venture rounds"),
    feature("months_since_last", "距最近一轮月数", "since the last round", "months"),
    feature("months_since_first", "距首轮月数", "since the first round", "months"),
    feature("age_months", "公司年龄", "age of the firm", "months"),
    feature("category_code", "行业", "category"),
    feature("state_code", "州", "state"),
)
NAMES = [each.name for each in FEATURES]
# What firms filled in by the time of the export, not by the as-of date; who did not, had mostly closed.
PROFILE = ("category_code", "state_code", "age_months")
GAPS = "AUC, if it may learn from gaps in a firm's profile (not shipped)"
# A pause that grows is bad news for the next round; more rounds behind a firm never were.
MONOTONIC = {"months_since_last": -1}


def train(data: Path) -> Scorecard:
    """Learn the card on the earlier dates and measure it on the last one."""
    rows = table(data, ROUNDS).sort_values(["asof_date", "permalink"], kind="stable")
    known, later = rows[rows["asof_date"] <= LEARNED_UNTIL], rows[rows["asof_date"] == TESTED_AT]
    told: Scorecard = _estimator().fit(known[NAMES], known[OUTCOME]).scorecard_
    card = without_missing_signal(told, PROFILE)
    new = ~later["permalink"].isin(set(known["permalink"])).to_numpy()
    y, firms = later[OUTCOME].to_numpy(float), later["permalink"].to_numpy()
    ours, with_gaps = (each.score_table(later[NAMES]).probability for each in (card, told))
    figures = [*_figures(y, ours, firms, new), figure(GAPS, bootstrap(auc, y, with_gaps, groups=firms), PROTOCOL)]
    about = {"sources": fingerprint(data, ROUNDS), "figures": figures, **ABOUT, **card.about}
    return replace(card, about=about)


def _estimator() -> ScorecardClassifier:
    return ScorecardClassifier(
        monotonic=MONOTONIC,
        max_bins=24,
        pairs=0,
        name="followon",
        version="1",
        outcome=Text(zh="24个月内获得后续融资", en="another round within 24 months"),
        outcome_is_bad=False,
        features=FEATURES,
        random_state=0,
    )


def _figures(
    y: Floats, probability: Floats, firms: NDArray[np.object_], new: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    slope, intercept = calibration_slope(y, probability)
    return [
        figure("AUC", bootstrap(auc, y, probability, groups=firms), PROTOCOL),
        figure("AUC, firms never learned from", bootstrap(auc, y[new], probability[new], groups=firms[new]), PROTOCOL),
        figure("Brier score", bootstrap(brier, y, probability, groups=firms), PROTOCOL),
        figure("calibration error", bootstrap(calibration_error, y, probability, groups=firms), PROTOCOL),
        plain("calibration slope", slope, len(y), PROTOCOL),
        plain("calibration intercept", intercept, len(y), PROTOCOL),
        plain("rate of the outcome", float(y.mean()), len(y), PROTOCOL),
    ]


ABOUT: dict[str, Any] = {
    "purpose": "Rank firms by commercial traction: how likely another round of financing within 24 months is.",
    "population": "US start-ups with at least one known round, as they were known in October 2007 and October 2008",
    "label": "A new round within 24 months of the as-of date; the rate is about 0.33",
    "learned": "Additive boosting of small trees without interactions, compiled to one table a feature; falling in the "
    "months since the last round",
    "leaks_excluded": [
        "what happened after the as-of date (follow_on_24m, acquired_24m) and every date of it",
        "the firm's name (permalink)",
        "gaps in a firm's profile: it was filled in up to October 2013, and a firm without a category had mostly "
        "closed (0.03 raised again against 0.34). A missing category, state or age has no effect of its own",
        "the same firm at a later date: the test lies 24 months after the last row learned from; firms never seen are "
        "reported apart",
    ],
    "limits": [
        "A proxy: a firm that raises again is not a technology that works, and one that does not may earn its living.",
        "US firms before and in the crisis of 2008, mostly software; clean technology is about one row in twenty.",
        "Rounds are self-reported: that an amount is not known is itself informative, and may not be elsewhere.",
        "The category is that of the export, and may have been changed after the as-of date.",
        "The category and the state are US classifications; other values count as not seen.",
    ],
    "not_for": [
        "a probability of default or of loss: it is neither",
        "deciding on financing without a person",
        "firms outside the United States, or today, without a test on their own history (`greenhatch train` fits one)",
    ],
    "licence": "CC-BY, Crunchbase export of October 2013",
}
