"""The card of financing risk: does a small firm's guaranteed loan end in a charge-off?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from scoring.models.training.features import feature
from scoring.models.training.figures import figure, plain
from scoring.models.training.sources import fingerprint, table
from scoring.portfolio.deal import MASTER_SCALE
from scoring.scorecard.card import Scorecard
from scoring.scorecard.estimator import ScorecardClassifier
from scoring.technology import Text
from scoring.validation.metrics import Floats, auc_interval, bootstrap, brier, calibration_error, calibration_slope

LOANS = "sba_loans/sba_loans.parquet"
OUTCOME = "default"
FIRST_YEAR = 1989
NATURAL = "prefix_csv"
FOLDS = 5
NUMBERS = ("GrAppv", "SBA_Appv", "NoEmp", "CreateJob", "RetainedJob", "FranchiseCode")
CATEGORIES = ("NewExist", "UrbanRural", "RevLineCr", "LowDoc", "naics2", "State")

_SECTORS = {
    "0": ("未记录", "not recorded"),
    "11": ("农林牧渔", "agriculture, forestry, fishing"),
    "21": ("采矿", "mining"),
    "22": ("公用事业", "utilities"),
    "23": ("建筑", "construction"),
    "31": ("制造（食品纺织）", "manufacturing: food, textiles"),
    "32": ("制造（化工木材）", "manufacturing: wood, chemicals"),
    "33": ("制造（金属机械）", "manufacturing: metal, machines"),
    "42": ("批发", "wholesale"),
    "44": ("零售", "retail"),
    "45": ("零售", "retail, other"),
    "48": ("运输", "transport"),
    "49": ("仓储", "storage, couriers"),
    "51": ("信息", "information"),
    "52": ("金融", "finance"),
    "53": ("房地产租赁", "real estate, rental"),
    "54": ("专业技术服务", "professional and technical services"),
    "55": ("企业管理", "management of companies"),
    "56": ("行政与废物管理服务", "administration, waste management, remediation"),
    "61": ("教育", "education"),
    "62": ("卫生", "health"),
    "71": ("文体娱乐", "arts and recreation"),
    "72": ("住宿餐饮", "accommodation and food"),
    "81": ("其他服务", "other services"),
    "92": ("公共管理", "public administration"),
}


_YES_NO = {"Y": ("是", "yes"), "N": ("否", "no")}
_NOT_RECORDED = ("未记录", "not recorded")
FEATURES = (
    feature("GrAppv", "贷款额", "loan", "USD"),
    feature("SBA_Appv", "担保额", "guaranteed amount", "USD"),
    feature("NoEmp", "员工数", "employees"),
    feature("CreateJob", "新增岗位", "jobs to be created"),
    feature("RetainedJob", "保留岗位", "jobs retained"),
    feature("FranchiseCode", "特许经营代码", "franchise code (0 or 1: none)"),
    feature(
        "NewExist", "企业新老", "firm", "", {"0": _NOT_RECORDED, "1": ("已有企业", "existing"), "2": ("新企业", "new")}
    ),
    feature("UrbanRural", "城乡", "place", "", {"0": _NOT_RECORDED, "1": ("城市", "urban"), "2": ("乡村", "rural")}),
    feature("RevLineCr", "循环信贷", "revolving credit", "", _YES_NO),
    feature("LowDoc", "简化文件贷款", "loan with low documentation", "", _YES_NO),
    feature("naics2", "行业", "sector", "", _SECTORS),
    feature("State", "州", "state"),
)


def loans(data: Path) -> pd.DataFrame:
    """The rows learned from, in an order that does not depend on the file's."""
    rows = table(data, LOANS)
    rows = rows[rows["ApprovalFY"] >= FIRST_YEAR].sort_values("LoanNr_ChkDgt", kind="stable", ignore_index=True)
    for name in ("NewExist", "UrbanRural", "naics2"):
        rows[name] = rows[name].astype("Int64").astype("string")
    # Which franchise it is would identify firms; up to 1 means none.
    rows["FranchiseCode"] = rows["FranchiseCode"].clip(1, 2)
    return rows


def train(data: Path) -> Scorecard:
    """Learn the card on all rows, its level and slope on those sampled at the natural rate."""
    rows = loans(data)
    about = {"sources": fingerprint(data, LOANS), "figures": _figures(rows), **ABOUT}
    card: Scorecard = _fit(rows, np.ones(len(rows), bool), about).scorecard_
    return card


def _fit(rows: pd.DataFrame, learn: NDArray[np.bool_], about: dict[str, Any] | None = None) -> ScorecardClassifier:
    part = rows[learn]
    natural = (part["source"] == NATURAL).to_numpy(float)
    estimator = ScorecardClassifier(
        monotonic={"NoEmp": -1},
        max_bins=32,
        pairs=[("GrAppv", "SBA_Appv")],
        categorical=CATEGORIES,
        name="financing-risk",
        version="1",
        outcome=Text(zh="贷款最终被核销", en="the loan is charged off"),
        features=FEATURES,
        grades=MASTER_SCALE,
        about=about or {},
        random_state=0,
    )
    calibrate = natural if natural.any() else None
    estimator.fit(part[[*NUMBERS, *CATEGORIES]], part[OUTCOME], calibration_weight=calibrate)
    return estimator


def _tested(rows: pd.DataFrame, learn: NDArray[np.bool_], test: NDArray[np.bool_]) -> Floats:
    probability: Floats = _fit(rows, learn).predict_proba(rows.loc[test, [*NUMBERS, *CATEGORIES]])[:, 1]
    return probability


def _figures(rows: pd.DataFrame) -> list[dict[str, Any]]:
    y, year = rows[OUTCOME].to_numpy(float), rows["ApprovalFY"].to_numpy(float)
    natural = (rows["source"] == NATURAL).to_numpy()
    early, late = year <= 2004, (year >= 2005) & (year <= 2008)
    left_out = _left_out(rows, y)
    return [
        figure("AUC", auc_interval(y, left_out), f"random {FOLDS}-fold, all rows"),
        figure("AUC", auc_interval(y[natural], left_out[natural]), f"random {FOLDS}-fold, natural-rate rows"),
        figure("AUC", auc_interval(y[late], _tested(rows, early, late)), "by time: up to 2004 → 2005 to 2008"),
        figure(
            "AUC",
            auc_interval(y[natural], _tested(rows, ~natural, natural)),
            "learned on the class-balanced draws, tested on the natural-rate rows",
        ),
        *_calibration(y[natural], left_out[natural]),
    ]


def _left_out(rows: pd.DataFrame, y: Floats) -> Floats:
    found = np.empty(len(rows))
    strata = y + 2 * (rows["source"] == NATURAL).to_numpy()
    for learn, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(strata, strata):
        learning, testing = np.isin(np.arange(len(rows)), learn), np.isin(np.arange(len(rows)), test)
        found[testing] = _tested(rows, learning, testing)
    return found


def _calibration(y: Floats, probability: Floats) -> list[dict[str, Any]]:
    protocol = f"random {FOLDS}-fold, natural-rate rows"
    slope, intercept = calibration_slope(y, probability)
    return [
        figure("Brier score", bootstrap(brier, y, probability, n_resamples=300), protocol),
        figure("calibration error", bootstrap(calibration_error, y, probability, n_resamples=300), protocol),
        plain("calibration slope", slope, len(y), protocol),
        plain("calibration intercept", intercept, len(y), protocol),
        plain("mean probability", float(probability.mean()), len(y), protocol),
        plain("rate of the outcome", float(y.mean()), len(y), protocol),
    ]


ABOUT: dict[str, Any] = {
    "purpose": "A proxy for the risk that debt financing of a small firm is lost.",
    "population": "US small-business loans with a public guarantee, approved 1989 to 2014",
    "label": "The loan was charged off. Three of the four samples are class-balanced; level and slope are learned on "
    "the fourth, of natural rate (approved mostly in 1997 and 2004 to 2006)",
    "learned": "Additive boosting of small trees and one pair (loan and guaranteed amount), compiled to tables; never "
    "rising in the number of employees",
    "leaks_excluded": [
        "Term: for loans charged off it holds the months until then",
        "ChgOffDate, ChgOffPrinGr, BalanceGross, MIS_Status, DisbursementDate, DisbursementGross: known afterwards",
        "LoanNr_ChkDgt, City, Bank, BankState, the full NAICS code and the franchise: who it is, not what it is",
        "the year of approval, and all loans before 1989, of which nearly only the defaults are on file",
    ],
    "limits": [
        "Not defaults of secondary development deals, of which there is no public record: loans to US small firms of "
        "every sector, few of them in environmental technology.",
        "By time the separation is far weaker than at random: the crisis of 2008 lies in between. That is the figure "
        "to expect of a new year.",
        "Sector and place were not recorded in some years and samples, and that carries the year's default rate with "
        "it; the pooled random split is flattered by it, and by mixing samples of different design.",
        "The level is that of the natural-rate sample. Elsewhere it must be recalibrated.",
    ],
    "not_for": [
        "granting or refusing credit to a person or a firm",
        "pricing or provisioning without recalibration on the user's own history (`greenhatch train` fits one)",
        "firms outside the United States without such a test",
    ],
    "licence": "US Small Business Administration, public record; Li, Mickel and Taylor 2018",
}
