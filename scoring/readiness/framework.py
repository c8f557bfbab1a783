"""Frameworks as data: one JSON file each, read when first asked for.

A framework is a set of *scales* (the one ladder of TRL, the 17 dimensions of ARL, …) of ordered levels. Each level
above the floor of a scale has criteria, and each criterion says in both languages what is asked, which evidence
answers it and which clause of which document it was adapted from.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec
from msgspec import Struct

from scoring.readiness.facts import FactRule
from scoring.technology import EvidenceGrade, Text

GRADES = {grade: rank for rank, grade in enumerate(EvidenceGrade)}


class Level(Struct, frozen=True, kw_only=True):
    """One step of every scale of a framework, and the weakest evidence that proves it."""

    level: int
    name: Text
    grade: EvidenceGrade


class Scale(Struct, frozen=True, kw_only=True):
    """One ordered scale. A scale that does not decide is shown beside the result and never changes it."""

    id: str
    name: Text
    area: Text | None = None
    decides: bool = True


class Criterion(Struct, frozen=True, kw_only=True):
    """What must be true for a level of a scale.

    Criteria of one ``thread`` ask the same thing more and more strictly: proof of one is proof of those below it.
    """

    id: str
    scale: str
    level: int
    question: Text
    evidence: Text
    provenance: str
    thread: str = "main"


class Framework(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A readiness framework.

    Attributes
    ----------
    aggregator : str
        How the scales make one level: ``"minimum"``, ``"arl-table"``, or ``"profile"`` for no total at all.
    valid_months : int or None
        The age at which evidence stops proving anything under this framework.
    values : dict
        Words that a rating may use instead of a level; ``"n/a"`` is 0.
    claimed_by : str or None
        The field of a technology that claims a level of this framework.
    chosen_by : str or None
        The field of a technology that names the one scale that applies to it.
    """

    id: str
    name: Text
    version: str
    source: str
    aggregator: str
    levels: tuple[Level, ...]
    scales: tuple[Scale, ...]
    criteria: tuple[Criterion, ...]
    facts: tuple[FactRule, ...] = ()
    values: dict[str, int] = {}
    valid_months: int | None = None
    claimed_by: str | None = None
    chosen_by: str | None = None
    integration: tuple[Level, ...] = ()


class Target(NamedTuple):
    """What a reference such as ``"trl.6"`` points at."""

    scale: int
    level: int | None
    criteria: tuple[int, ...]


class Index:
    """A framework with everything that scoring looks up worked out once."""

    def __init__(self, framework: Framework) -> None:
        self.framework = framework
        self.top = framework.levels[-1].level
        self.floor = framework.levels[0].level
        self.grade_of_level = {step.level: step.grade for step in framework.levels}
        self.need = [GRADES[self.grade_of_level[criterion.level]] for criterion in framework.criteria]
        self.rungs = [self._rungs(scale) for scale in framework.scales]
        self.threads = [self._threads(scale) for scale in framework.scales]
        self.scale_refs = [_scale_ref(framework, scale) for scale in framework.scales]
        self.targets = self._targets()

    def resolve(self, reference: str, chosen: str | None = None) -> Target | None:
        """The target of a reference, with or without the framework's name, or None where there is none.

        ``chosen`` is the scale that applies where a framework has one for each class: its name may be left out.
        """
        prefix = f"{self.framework.id}."
        short = reference.removeprefix(prefix)
        if short in self.targets or chosen is None:
            return self.targets.get(short)
        return self.targets.get(chosen if short == self.framework.id else f"{chosen}.{short}")

    def level_ref(self, scale: int, level: int) -> str:
        """The reference of one level of one scale."""
        rung = next(criteria for at, criteria in self.rungs[scale] if at == level)
        if len(rung) == 1:
            return self.framework.criteria[rung[0]].id
        return f"{self.scale_refs[scale]}.{level}"

    def _of(self, scale: Scale) -> list[int]:
        return [i for i, criterion in enumerate(self.framework.criteria) if criterion.scale == scale.id]

    def _rungs(self, scale: Scale) -> tuple[tuple[int, tuple[int, ...]], ...]:
        levels: dict[int, list[int]] = {}
        for i in self._of(scale):
            levels.setdefault(self.framework.criteria[i].level, []).append(i)
        return tuple((level, tuple(levels[level])) for level in sorted(levels))

    def _threads(self, scale: Scale) -> tuple[tuple[int, ...], ...]:
        threads: dict[str, list[int]] = {}
        for i in self._of(scale):
            threads.setdefault(self.framework.criteria[i].thread, []).append(i)
        return tuple(tuple(sorted(t, key=lambda i: -self.framework.criteria[i].level)) for t in threads.values())

    def _targets(self) -> dict[str, Target]:
        prefix = f"{self.framework.id}."
        targets: dict[str, Target] = {}
        for s, rungs in enumerate(self.rungs):
            scale_ref = self.scale_refs[s].removeprefix(prefix)
            targets[scale_ref] = Target(s, None, tuple(i for _, rung in rungs for i in rung))
            for level, rung in rungs:
                level_ref = str(level) if scale_ref == self.framework.id else f"{scale_ref}.{level}"
                targets[level_ref] = Target(s, level, rung)
                targets |= {self.framework.criteria[i].id.removeprefix(prefix): Target(s, level, (i,)) for i in rung}
        return targets


def _scale_ref(framework: Framework, scale: Scale) -> str:
    return framework.id if scale.id == framework.id else f"{framework.id}.{scale.id}"


_IDS = ("cri", "doe-arl", "kth-irl", "neett-entry", "trl", "water-trl")


@cache
def index_of(framework: str) -> Index:
    """The framework of that id, with its look-ups; KeyError where there is none."""
    if framework not in _IDS:
        raise KeyError(framework)
    text = resources.files("scoring.readiness").joinpath("frameworks", f"{framework}.json").read_bytes()
    return Index(msgspec.json.decode(text, type=Framework))


class _Frameworks(Mapping[str, Framework]):
    """Every framework by id; a file is read when its framework is first asked for."""

    def __getitem__(self, framework: str) -> Framework:
        return index_of(framework).framework

    def __iter__(self) -> Iterator[str]:
        return iter(_IDS)

    def __len__(self) -> int:
        return len(_IDS)

    def __repr__(self) -> str:
        return f"FRAMEWORKS({', '.join(_IDS)})"


FRAMEWORKS: Mapping[str, Framework] = _Frameworks()
