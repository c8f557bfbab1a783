"""What the leakage linter can find, what each finding means and what to do about it."""

from typing import Literal

from msgspec import Struct

from scoring.technology import Text

Kind = Literal[
    "target-coded-missingness",
    "post-outcome",
    "near-perfect",
    "future-date",
    "identifier",
    "duplicates",
    "resampled",
    "group",
    "time-travel",
]
Severity = Literal["error", "warning"]
Evidence = dict[str, float | int | str]


class Finding(Struct, frozen=True, kw_only=True):
    """One leak, or what looks like one.

    Attributes
    ----------
    kind : str
        One of the keys of ``MEANING``.
    columns : tuple of str
        Where it is; empty for a finding about rows.
    severity : str
        ``"error"``: figures measured with it in place are not to be believed. ``"warning"``: a person must look.
    evidence : dict
        The figures that it rests on.
    text, advice : Text
        What was found and what to do, in Chinese and English.
    """

    kind: Kind
    columns: tuple[str, ...]
    severity: Severity
    evidence: Evidence
    text: Text
    advice: Text

    def __str__(self) -> str:
        where = ", ".join(self.columns) or "rows"
        figures = ", ".join(f"{name} {value}" for name, value in self.evidence.items())
        return f"{self.severity}: {self.kind} in {where}: {self.text.en} ({figures}). {self.advice.en}"


# kind -> (what was found: English, Chinese; what to do: English, Chinese)
MEANING: dict[Kind, tuple[Text, Text]] = {
    "target-coded-missingness": (
        Text(en="whether a value is missing all but gives the outcome away", zh="是否缺失几乎直接泄露了结果"),
        Text(
            en="Find out when the value is filled in; drop the column unless that is before the decision.",
            zh="查明该值何时填写;若不在决策之前,请删除该列。",
        ),
    ),
    "post-outcome": (
        Text(en="the column is filled in after the outcome is known", zh="该列在结果已知之后才填写"),
        Text(
            en="Drop it, with everything computed from it, unless it was on file on the day of the decision.",
            zh="除非在决策当日已有记录,否则请删除该列及由其计算的一切列。",
        ),
    ),
    "near-perfect": (
        Text(en="this one column nearly decides the outcome", zh="仅凭这一列几乎就能判定结果"),
        Text(
            en="Ask how it is measured and when; an honest single column hardly ever ranks so well.",
            zh="核实其测量方式和时间;真实的单列很少有如此强的区分力。",
        ),
    ),
    "future-date": (
        Text(en="there are dates after the as-of date", zh="存在晚于基准日的日期"),
        Text(
            en="Keep only what was known on the as-of date; rebuild the column from a snapshot of that day.",
            zh="只保留基准日已知的信息;请用当日快照重建该列。",
        ),
    ),
    "identifier": (
        Text(en="the column names the row and says nothing about it", zh="该列只是行的编号,不含可学习的信息"),
        Text(en="Leave it out of the features.", zh="不要作为特征使用。"),
    ),
    "duplicates": (
        Text(en="identical rows would be trained on and tested on", zh="相同的行会同时出现在训练集与测试集"),
        Text(
            en="Remove the copies, or keep all copies of a row in one fold.",
            zh="删除重复行,或将同一行的所有副本放入同一折。",
        ),
    ),
    "resampled": (
        Text(
            en="one outcome's rows were copied or interpolated before the split",
            zh="某一类结果的样本在划分之前已被复制或插值",
        ),
        Text(
            en="Go back to the data before resampling; resample, if at all, inside each training fold.",
            zh="请使用重采样之前的数据;如需重采样,只在每个训练折内进行。",
        ),
    ),
    "group": (
        Text(
            en="rows of one group share an outcome, so a random split tests on what was trained on",
            zh="同组的行结果相近,随机划分会用训练过的对象来测试",
        ),
        Text(
            en="Split by group, or by date with AsOfSplit(group=…), and leave the group's name out of the features.",
            zh="按组划分,或用 AsOfSplit(group=…) 按时间划分,且不要把组名作为特征。",
        ),
    ),
    "time-travel": (
        Text(en="some training rows are later than the rows tested on", zh="部分训练行晚于测试行"),
        Text(en="Split by date: AsOfSplit(embargo=…).", zh="请按时间划分:AsOfSplit(embargo=…)。"),
    ),
}


def finding(kind: Kind, columns: tuple[str, ...], severity: Severity, **evidence: float | int | str) -> Finding:
    """A finding with the words that belong to its kind and its figures rounded for reading."""
    text, advice = MEANING[kind]
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in evidence.items()}
    return Finding(kind=kind, columns=columns, severity=severity, evidence=rounded, text=text, advice=advice)
