"""What a panel says together: an ordinal model that knows who is harsh, and where its members disagree.

Everybody's scores under the same framework so far teach how severe each assessor is; the level is found at the same
time, so that one harsh voice among two does not decide.
"""

import datetime
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from marketplace.assessments.judging import as_judged, scale_ends
from scoring.errors import Refusal
from scoring.readiness.aggregators import LevelRating
from scoring.readiness.assess import assess
from scoring.readiness.assessment import Assessment
from scoring.readiness.framework import FRAMEWORKS
from scoring.readiness.latent import LatentLevels, latent_levels
from scoring.receipts import canonical_bytes
from scoring.technology import Rating, Technology, Text

FORMAT = "greenhatch-panel/1"
ERROR, SEVERITY = 0.7, 0.5  # in steps of a scale: the library's own, until there are enough scores to fit them


class Said(Struct, frozen=True, omit_defaults=True):
    """One score as the model sees it. `subject` is an assessment, `rater` an assessor.

    `weight` is what the rater's forecasts have earned since their outcomes are known; 1 without a record.
    """

    subject: str
    rater: str
    low: int
    high: int
    weight: float = 1.0


class PanelView(Struct, frozen=True, kw_only=True):
    """The level with its central 90 % interval, the chance to reach the bar, and how severe each member is."""

    level: int
    low: int
    high: int
    bar: int
    chance_at_bar: float
    severities: dict[str, float]

    @property
    def crosses_bar(self) -> bool:
        """The interval leaves open on which side of the bar the technology is."""
        return self.low < self.bar <= self.high


class PanelRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the model read and what it found, with made-up names, for anybody to compute again."""

    format: str
    framework: str
    bar: int
    floor: int
    top: int
    error: float
    severity: float
    subject: str
    ratings: tuple[Said, ...]
    level: int
    low: int
    high: int
    probabilities: tuple[float, ...]


class Disagreement(Struct, frozen=True, kw_only=True):
    """A scale on which members of the panel stand apart, with what each makes of it."""

    scale: str
    name: Text
    intervals: dict[str, tuple[int, int]]


def view(framework: str, bar: int, subject: str, said: Sequence[Said]) -> PanelView:
    """What is known of `subject`, given all scores under this framework."""
    found = _modelled(framework, said)
    outcome = found.levels[subject]
    members = {score.rater for score in said if score.subject == subject}
    return PanelView(
        level=outcome.level,
        low=outcome.low,
        high=outcome.high,
        bar=bar,
        chance_at_bar=sum((outcome.probabilities or ())[bar - outcome.floor :]),
        severities={rater: found.severities[rater] for rater in sorted(members)},
    )


def severities(framework: str, said: Sequence[Said]) -> dict[str, float]:
    """How severe everybody is, in steps of the scale; below 0 rates too low."""
    return _modelled(framework, said).severities if said else {}


def _modelled(framework: str, said: Sequence[Said]) -> LatentLevels:
    floor, top = scale_ends(FRAMEWORKS[framework])
    ratings = [
        LevelRating(dimension=score.subject, low=score.low, high=score.high, floor=floor, top=top, rater=score.rater)
        for score in said
    ]
    weights = [score.weight for score in said]
    found = latent_levels(ratings, error=ERROR, severity=SEVERITY, weights=weights)
    if isinstance(found, Refusal):
        raise TypeError(found.message)
    return found


def panel_record(framework: str, bar: int, subject: str, said: Sequence[Said]) -> bytes:
    """The published bytes: the same for the same scores, whatever their order."""
    ordered = _renamed(sorted(said, key=lambda score: (score.subject != subject, score.subject, score.rater)))
    floor, top = scale_ends(FRAMEWORKS[framework])
    outcome = _modelled(framework, ordered).levels[ordered[0].subject]
    return canonical_bytes(
        PanelRecord(
            format=FORMAT,
            framework=framework,
            bar=bar,
            floor=floor,
            top=top,
            error=ERROR,
            severity=SEVERITY,
            subject=ordered[0].subject,
            ratings=tuple(ordered),
            level=outcome.level,
            low=outcome.low,
            high=outcome.high,
            # Rounded, so that a last bit that differs between machines does not change the bytes.
            probabilities=tuple(round(chance, 9) for chance in outcome.probabilities or ()),
        )
    )


def recomputed(record: bytes) -> bytes:
    """The record computed again from its own scores; the same bytes if it holds."""
    kept = msgspec.json.decode(record, type=PanelRecord)
    return panel_record(kept.framework, kept.bar, kept.subject, kept.ratings)


def _renamed(said: Sequence[Said]) -> list[Said]:
    """Made-up names in order of appearance, of one width so that sorting them again changes nothing."""
    subjects = _names("s", [score.subject for score in said])
    raters = _names("r", [score.rater for score in said])
    renamed = [replace(score, subject=subjects[score.subject], rater=raters[score.rater]) for score in said]
    return sorted(renamed, key=lambda score: (score.subject, score.rater))


def _names(letter: str, known: Sequence[str]) -> Mapping[str, str]:
    return {name: f"{letter}{number:05d}" for number, name in enumerate(dict.fromkeys(known), start=1)}


def disagreements(
    technology: Technology, framework: str, as_of: datetime.date, ratings: Mapping[str, Sequence[Rating]]
) -> list[Disagreement]:
    """The scales on which the members' intervals have no level in common; `ratings` are by member."""
    found = {
        rater: assess(as_judged(technology, framework, given), framework, as_of=as_of)
        for rater, given in ratings.items()
    }
    profiles = {rater: seen.profile for rater, seen in found.items() if isinstance(seen, Assessment)}
    apart = []
    for place, scale in enumerate(next(iter(profiles.values()), ())):
        intervals = {rater: (profile[place].low, profile[place].high) for rater, profile in profiles.items()}
        if max(low for low, _ in intervals.values()) > min(high for _, high in intervals.values()):
            apart.append(Disagreement(scale=scale.scale, name=scale.name, intervals=intervals))
    return apart
