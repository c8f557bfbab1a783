"""The card of bankruptcy: does a manufacturing firm go bankrupt within a year, by the ratios of its accounts?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from scoring.models.training.features import feature
from scoring.models.training.figures import figure, plain
from scoring.models.training.missing import missing_as
from scoring.models.training.sources import fingerprint, table
from scoring.portfolio.deal import MASTER_SCALE
from scoring.scorecard.card import Scorecard
from scoring.scorecard.estimator import ScorecardClassifier
from scoring.technology import Text
from scoring.validation.metrics import (
    Floats,
    auc_interval,
    bootstrap,
    brier,
    calibration_error,
    calibration_slope,
)

ACCOUNTS = "polish_bankruptcy/polish_1year.parquet"
OUTCOME = "bankrupt"
FOLDS = 5
PROTOCOL = f"stratified {FOLDS}-fold, exact duplicates removed before"

# The ratios Attr1 to Attr64, in their order.
RATIOS = """
净利润/总资产|net profit / total assets
总负债/总资产|total liabilities / total assets
营运资本/总资产|working capital / total assets
流动资产/短期负债|current assets / short-term liabilities
自给期（天）|self-financing period (days)
留存收益/总资产|retained earnings / total assets
息税前利润/总资产|EBIT / total assets
权益账面值/总负债|book value of equity / total liabilities
销售收入/总资产|sales / total assets
权益/总资产|equity / total assets
（毛利润+非常项目+财务费用）/总资产|(gross profit + extraordinary items + financial expenses) / total assets
毛利润/短期负债|gross profit / short-term liabilities
（毛利润+折旧）/销售收入|(gross profit + depreciation) / sales
（毛利润+利息）/总资产|(gross profit + interest) / total assets
总负债×365/（毛利润+折旧）|total liabilities × 365 / (gross profit + depreciation)
（毛利润+折旧）/总负债|(gross profit + depreciation) / total liabilities
总资产/总负债|total assets / total liabilities
毛利润/总资产|gross profit / total assets
毛利润/销售收入|gross profit / sales
存货×365/销售收入|inventory × 365 / sales
本年销售/上年销售|sales (n) / sales (n−1)
营业利润/总资产|profit on operating activities / total assets
净利润/销售收入|net profit / sales
三年毛利润/总资产|gross profit in three years / total assets
（权益−股本）/总资产|(equity − share capital) / total assets
（净利润+折旧）/总负债|(net profit + depreciation) / total liabilities
营业利润/财务费用|profit on operating activities / financial expenses
营运资本/固定资产|working capital / fixed assets
总资产对数|logarithm of total assets
（总负债−现金）/销售收入|(total liabilities − cash) / sales
（毛利润+利息）/销售收入|(gross profit + interest) / sales
流动负债×365/销货成本|current liabilities × 365 / cost of products sold
营业费用/短期负债|operating expenses / short-term liabilities
营业费用/总负债|operating expenses / total liabilities
销售利润/总资产|profit on sales / total assets
总销售/总资产|total sales / total assets
（流动资产−存货）/长期负债|(current assets − inventories) / long-term liabilities
长期资本/总资产|constant capital / total assets
销售利润/销售收入|profit on sales / sales
（流动资产−存货−应收款）/短期负债|(current assets − inventory − receivables) / short-term liabilities
总负债/（（营业利润+折旧）×12/365）|total liabilities / ((operating profit + depreciation) × 12/365)
营业利润/销售收入|profit on operating activities / sales
应收款周转+存货周转（天）|rotation of receivables + inventory turnover (days)
应收款×365/销售收入|receivables × 365 / sales
净利润/存货|net profit / inventory
（流动资产−存货）/短期负债|(current assets − inventory) / short-term liabilities
存货×365/销货成本|inventory × 365 / cost of products sold
EBITDA/总资产|EBITDA / total assets
EBITDA/销售收入|EBITDA / sales
流动资产/总负债|current assets / total liabilities
短期负债/总资产|short-term liabilities / total assets
短期负债×365/销货成本|short-term liabilities × 365 / cost of products sold
权益/固定资产|equity / fixed assets
长期资本/固定资产|constant capital / fixed assets
营运资本|working capital
（销售收入−销货成本）/销售收入|(sales − cost of products sold) / sales
（流动资产−存货−短债）/（收入−毛利−折旧）|(current assets − inventory − short-term debt) / (sales − gross profit − DA)
总成本/总销售|total costs / total sales
长期负债/权益|long-term liabilities / equity
销售收入/存货|sales / inventory
销售收入/应收款|sales / receivables
短期负债×365/销售收入|short-term liabilities × 365 / sales
销售收入/短期负债|sales / short-term liabilities
销售收入/固定资产|sales / fixed assets
"""
FEATURES = tuple(
    feature(f"Attr{number}", zh=ratio.partition("|")[0], en=ratio.partition("|")[2])
    for number, ratio in enumerate(RATIOS.strip().splitlines(), start=1)
)
NAMES = [each.name for each in FEATURES]
# What credit analysis takes for granted: profit, reserves and equity never raise the risk, debt never lowers it.
MONOTONIC = {"Attr1": -1, "Attr2": 1, "Attr6": -1, "Attr10": -1, "Attr51": 1}
PAIRS = 12


def accounts(data: Path) -> pd.DataFrame:
    """Each firm's ratios once, in an order that does not depend on the file's."""
    rows = table(data, ACCOUNTS).astype(float).drop_duplicates()
    return rows.sort_values(list(rows.columns), kind="stable", ignore_index=True)


def train(data: Path) -> Scorecard:
    """Learn the card on all firms and measure it on folds."""
    rows = accounts(data)
    y = rows[OUTCOME].to_numpy()
    return _fit(
        rows,
        y,
        {"sources": fingerprint(data, ACCOUNTS), "figures": _figures(rows, y), **ABOUT},
    )


def _fit(rows: pd.DataFrame, y: Floats, about: dict[str, Any], *, gaps: bool = False) -> Scorecard:
    """A card that saw no gaps and to which a missing ratio is the median one, or one that may learn from the gaps."""
    usual = {name: float(rows[name].median()) for name in NAMES}
    estimator = ScorecardClassifier(
        monotonic=MONOTONIC,
        pairs=PAIRS,
        repeats=1,
        name="bankruptcy",
        version="1",
        outcome=Text(zh="一年内破产", en="bankrupt within a year"),
        features=FEATURES,
        grades=MASTER_SCALE,
        about=about,
        random_state=0,
    )
    estimator.fit(rows[NAMES] if gaps else without_gaps(rows[NAMES]), y)
    card: Scorecard = estimator.scorecard_
    return card if gaps else missing_as(card, usual)


def without_gaps(ratios: pd.DataFrame) -> pd.DataFrame:
    """The ratios with each gap filled by another firm's value, drawn at random.

    Any one value in all gaps, the median say, would mark them as plainly as the gaps did.
    """
    draw, filled = np.random.default_rng(0), ratios.copy()
    for name in ratios.columns:
        absent, known = ratios[name].isna(), ratios[name].dropna().to_numpy()
        filled.loc[absent, name] = draw.choice(known, int(absent.sum()))
    return filled


def _left_out(rows: pd.DataFrame, y: Floats, *, gaps: bool) -> Floats:
    found = np.empty(len(y))
    for learn, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, y):
        card = _fit(rows.iloc[learn], y[learn], ABOUT, gaps=gaps)
        found[test] = card.score_table(rows.iloc[test][NAMES]).probability
    return found


def _figures(rows: pd.DataFrame, y: Floats) -> list[dict[str, Any]]:
    probability, with_gaps = (_left_out(rows, y, gaps=gaps) for gaps in (False, True))
    slope, intercept = calibration_slope(y, probability)
    return [
        figure("AUC", auc_interval(y, probability), PROTOCOL),
        figure(
            "AUC, if it may learn from gaps (not shipped)",
            auc_interval(y, with_gaps),
            PROTOCOL,
        ),
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
    "learned": "Additive boosting of small trees with twelve searched pairs, compiled to tables; monotone in profit, "
    "reserves, equity and debt",
    "leaks_excluded": [
        "exact duplicates, which would stand on both sides of a fold",
        "that a ratio is missing (Attr27, Attr21 and Attr37 above all): bankrupt firms leave other gaps in this data "
        "set than the rest. In learning, gaps are filled with other firms' values; in scoring, a missing ratio "
        "counts as the median one",
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
