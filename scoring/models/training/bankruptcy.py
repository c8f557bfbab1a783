"""The card of bankruptcy: does a manufacturing firm go bankrupt within a year, by the ratios of its accounts?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from msgspec.structs import replace
from sklearn.model_selection import StratifiedKFold

from scoring.models.training.features import feature
from scoring.models.training.figures import figure, plain
from scoring.models.training.missing import without_missing_signal
from scoring.models.training.sources import fingerprint, table
from scoring.portfolio.deal import MASTER_SCALE
from scoring.scorecard.card import Scorecard
from scoring.scorecard.estimator import ScorecardClassifier
from scoring.technology import Text
from scoring.validation.metrics import Floats, auc_interval, bootstrap, brier, calibration_error, calibration_slope

ACCOUNTS = "polish_bankruptcy/polish_1year.parquet"
OUTCOME = "bankrupt"
FOLDS = 5
PROTOCOL = f"stratified {FOLDS}-fold, exact duplicates removed before"

FEATURES = (
    feature("Attr1", "净利润/总资产", "net profit / total assets"),
    feature("Attr2", "总负债/总资产", "total liabilities / total assets"),
    feature("Attr3", "营运资金/总资产", "working capital / total assets"),
    feature("Attr5", "防御区间", "defensive interval", "days"),
    feature("Attr6", "留存收益/总资产", "retained earnings / total assets"),
    feature("Attr8", "权益账面值/总负债", "book value of equity / total liabilities"),
    feature("Attr9", "销售收入/总资产（核算口径）", "sales / total assets, as accounted"),
    feature("Attr13", "（毛利润+折旧）/销售收入", "(gross profit + depreciation) / sales"),
    feature("Attr15", "总负债/日（毛利润+折旧）", "total liabilities in days of gross profit and depreciation", "days"),
    feature("Attr20", "存货/日销售收入", "inventory in days of sales", "days"),
    feature("Attr21", "销售收入同比", "sales / sales of the year before"),
    feature("Attr24", "三年毛利润/总资产", "gross profit of three years / total assets"),
    feature("Attr25", "（权益−股本）/总资产", "(equity - share capital) / total assets"),
    feature("Attr26", "（净利润+折旧）/总负债", "(net profit + depreciation) / total liabilities"),
    feature("Attr27", "营业利润/财务费用", "operating profit / financial expenses"),
    feature("Attr29", "总资产对数", "logarithm of total assets"),
    feature("Attr34", "营业费用/总负债", "operating expenses / total liabilities"),
    feature("Attr35", "销售利润/总资产", "profit on sales / total assets"),
    feature("Attr36", "销售总额/总资产", "total sales / total assets"),
    feature("Attr38", "长期资本/总资产", "constant capital / total assets"),
    feature("Attr39", "销售利润/销售收入", "profit on sales / sales"),
    feature(
        "Attr40",
        "（流动资产−存货−应收）/短期负债",
        "(current assets - inventory - receivables) / short-term liabilities",
    ),
    feature("Attr41", "总负债/月（营业利润+折旧）", "total liabilities in months of operating profit and depreciation"),
    feature("Attr44", "应收账款/日销售收入", "receivables in days of sales", "days"),
    feature("Attr46", "速动比率", "(current assets - inventory) / short-term liabilities"),
    feature("Attr51", "短期负债/总资产", "short-term liabilities / total assets"),
    feature("Attr55", "营运资金", "working capital"),
    feature("Attr56", "（销售收入−销售成本）/销售收入", "(sales - cost of products sold) / sales"),
    feature("Attr58", "总成本/总销售额", "total costs / total sales"),
    feature("Attr59", "长期负债/权益", "long-term liabilities / equity"),
    feature("Attr61", "销售收入/应收账款", "sales / receivables"),
    feature("Attr63", "销售收入/短期负债", "sales / short-term liabilities"),
    feature("Attr64", "销售收入/固定资产", "sales / fixed assets"),
)
NAMES = [each.name for each in FEATURES]
PAIRS = 0
# What credit analysis takes for granted: more profit, equity and liquidity never raise the risk; more debt never
# lowers it.
MONOTONIC = {"Attr1": -1, "Attr2": 1, "Attr3": -1, "Attr6": -1, "Attr8": -1, "Attr25": -1, "Attr40": -1, "Attr51": 1}


def accounts(data: Path) -> pd.DataFrame:
    """Each firm's ratios once, in an order that does not depend on the file's."""
    rows = table(data, ACCOUNTS).astype(float).drop_duplicates()
    return rows.sort_values(list(rows.columns), kind="stable", ignore_index=True)


def train(data: Path) -> Scorecard:
    """Learn the card on all firms and measure it on folds."""
    rows = accounts(data)
    y = rows[OUTCOME].to_numpy()
    card = without_missing_signal(_fit(rows, y), NAMES)
    about = {"sources": fingerprint(data, ACCOUNTS), "figures": _figures(rows, y), **ABOUT, **card.about}
    return replace(card, about=about)


def _fit(rows: pd.DataFrame, y: Floats) -> Scorecard:
    estimator = ScorecardClassifier(
        monotonic=MONOTONIC,
        pairs=PAIRS,
        max_bins=32,
        name="bankruptcy",
        version="1",
        outcome=Text(zh="一年内破产", en="bankrupt within a year"),
        features=FEATURES,
        grades=MASTER_SCALE,
        random_state=0,
    )
    card: Scorecard = estimator.fit(rows[NAMES], y).scorecard_
    return card


def _left_out(rows: pd.DataFrame, y: Floats) -> tuple[Floats, Floats]:
    """Probabilities of left-out firms, of the card as it is shipped and of the one that may learn from gaps."""
    ours, with_gaps = np.empty(len(y)), np.empty(len(y))
    for learn, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, y):
        told, tested = _fit(rows.iloc[learn], y[learn]), rows.iloc[test][NAMES]
        ours[test] = without_missing_signal(told, NAMES).score_table(tested).probability
        with_gaps[test] = told.score_table(tested).probability
    return ours, with_gaps


def _figures(rows: pd.DataFrame, y: Floats) -> list[dict[str, Any]]:
    probability, with_gaps = _left_out(rows, y)
    slope, intercept = calibration_slope(y, probability)
    return [
        figure("AUC", auc_interval(y, probability), PROTOCOL),
        figure("AUC, if it may learn from gaps (not shipped)", auc_interval(y, with_gaps), PROTOCOL),
        figure("Brier score", bootstrap(brier, y, probability), PROTOCOL),
        figure("calibration error", bootstrap(calibration_error, y, probability), PROTOCOL),
        plain("calibration slope", slope, len(y), PROTOCOL),
        plain("calibration intercept", intercept, len(y), PROTOCOL),
        plain("rate of the outcome", float(y.mean()), len(y), PROTOCOL),
    ]


ABOUT: dict[str, Any] = {
    "purpose": "A proxy for the risk that a firm fails within a year, from the ratios of its annual accounts.",
    "population": "Polish manufacturing firms with published accounts, 2007 to 2013",
    "label": "Bankrupt within a year of the accounts; the rate is about 0.04",
    "learned": "Additive boosting of small trees without interactions, compiled to one table a ratio; monotone in "
    "profitability, equity, liquidity and debt",
    "leaks_excluded": [
        "exact duplicates, which would stand on both sides of a fold",
        "that a ratio is missing: bankrupt firms leave other gaps in this data set than the rest. A missing ratio has "
        "no effect of its own",
        "Attr37 and other ratios that nearly repeat another one or are missing very often",
    ],
    "limits": [
        "Folds over the same years: no split by time is possible, so a new year will look worse.",
        "Polish manufacturers with full accounts; young technology firms without revenue are unlike all of them, and "
        "the applicability flag says so.",
        "Failure of a firm is not failure of a technology, nor loss on a deal.",
        "What counts as bankrupt was collected apart from the rest, so the rate is not that of all firms.",
    ],
    "not_for": [
        "granting or refusing credit without a person",
        "firms without annual accounts",
        "provisioning or pricing without recalibration on the user's own history (`greenhatch train` fits one)",
    ],
    "licence": "UCI Machine Learning Repository 365, CC BY 4.0; Zięba, Tomczak and Tomczak 2016",
}
