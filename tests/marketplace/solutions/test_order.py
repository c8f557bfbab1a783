"""The order rules of the media other than water: who must come before whom, and what each kind bears."""

import itertools
import uuid

import pytest

from marketplace.needs.envelopes import Envelope, Range, Removal
from marketplace.needs.specification import Flow, Pollutant, Specification, Stream
from marketplace.solutions.kinds import places
from marketplace.solutions.technologies import Solver, solver_of
from marketplace.solutions.trains import StreamAnswer, trains
from scoring.technology import Cost, Medium, Technology, Text

UNITS = {"air": ("mg/Nm3", "Nm3/h", "1000 Nm3"), "soil": ("mg/kg", "m3", "m3"), "solid-waste": ("%", "t/d", "t")}


def made(medium: str, name: str, removes: dict[str, float]) -> Solver:
    """A technology as its holder would name it, with no range of its own at the inlet."""
    unit, flow, treated = UNITS[medium]
    named = solver_of(
        uuid.uuid5(uuid.NAMESPACE_OID, name), Technology(id="x", name=Text(en=name), media=(Medium(medium),))
    )
    envelope = Envelope(
        id=named.id, name=named.name, media=(medium,), pollutants=tuple(removes),
        influent={pollutant: Range(unit, None, None) for pollutant in removes},
        removal={pollutant: Removal(share, share, share) for pollutant, share in removes.items()},
        scale=Range(flow, 1.0, 1e6),
        costs=(
            Cost(kind="capex", amount_minor=5_000, currency="CNY", per_unit=flow),
            Cost(kind="opex", amount_minor=100, currency="CNY", per_unit=treated),
        ),
    )  # fmt: skip
    return Solver(envelope=envelope, kind=named.kind, trl=9)


def answer(medium: str, rows: dict[str, tuple[float, float | None]], solvers: list[Solver]) -> StreamAnswer:
    unit, flow, _ = UNITS[medium]
    pollutants = tuple(Pollutant(name=name, unit=unit, high=high, limit=limit) for name, (high, limit) in rows.items())
    stream = Stream(flow=Flow(amount=100, unit=flow), pollutants=pollutants)
    return trains(Specification(medium=Medium(medium), streams=(stream,)), solvers).streams[0]


def order(medium: str, rows: dict[str, tuple[float, float | None]], *solvers: Solver) -> list[str]:
    """The kinds of the cheapest train, whatever order the technologies were published in."""
    found = {
        tuple(step.kind for step in answer(medium, rows, list(some)).trains[0].steps)
        for some in itertools.permutations(solvers)
    }
    (kinds,) = found
    return list(kinds)


@pytest.mark.parametrize("medium", ["water", "air", "soil", "solid-waste"])
def test_every_place_has_its_reason_in_both_languages_and_every_bound_too(medium: str) -> None:
    found = places(medium)
    assert len({place.name for place in found}) == len(found) >= 10
    assert all(place.reason.zh and place.reason.en for place in found)
    assert all(rule.at_most > 0 and rule.reason.zh and rule.reason.en for place in found for rule in place.bears)


def test_in_soil_oxidant_comes_before_reduction_and_binders_last() -> None:
    oxidation = made("soil", "Slow-release persulphate", {"TPH": 0.9})
    iron = made("soil", "Zero-valent iron", {"Cr6+": 0.95})
    binder = made("soil", "Stabilisation with phosphate", {"Pb": 0.9})
    rows = {"TPH": (5_000.0, 600.0), "Cr6+": (200.0, 20.0), "Pb": (2_000.0, 300.0)}
    assert order("soil", rows, binder, iron, oxidation) == ["chemical-oxidation", "chemical-reduction", "stabilisation"]


def test_in_soil_organisms_wait_until_chromium_is_reduced() -> None:
    biopile, iron = made("soil", "Enhanced biopile", {"TPH": 0.9}), made("soil", "Zero-valent iron", {"Cr6+": 0.95})
    rows = {"TPH": (5_000.0, 600.0), "Cr6+": (200.0, None)}
    assert order("soil", rows, biopile, iron) == ["chemical-reduction", "biology"]
    alone = answer("soil", rows, [biopile])
    assert alone.refusal is not None
    assert alone.refusal.missing == ("TPH",)


def test_a_volume_of_soil_is_paid_for_once() -> None:
    heat = made("soil", "Thermal desorption", {"PAHs": 0.99})
    (train,) = answer("soil", {"PAHs": (1_000.0, 20.0)}, [heat]).trains
    assert (train.capex_minor, train.opex_minor_per_year) == (100 * 5_000, 100 * 100)


def test_sludge_is_digested_pressed_dried_and_then_burnt() -> None:
    steps = {"Sludge digestion": 0.1, "Filter press": 0.25, "Belt drying": 0.3, "Incineration": 0.5}
    solvers = [made("solid-waste", name, {"含水率": share}) for name, share in steps.items()]
    furnace_alone = answer("solid-waste", {"含水率": (80.0, 50.0)}, solvers[3:])
    assert furnace_alone.refusal is not None  # at 80 % of water it does not burn by itself
    kinds = order("solid-waste", {"含水率": (80.0, 20.0)}, *solvers)
    assert kinds == ["digestion", "dewatering", "drying", "thermal"]


def test_strong_vapours_are_condensed_before_they_meet_an_adsorbent_or_a_fire() -> None:
    condenser = made("air", "Deep condensation of vapours", {"NMHC": 0.95})
    rotor = made("air", "Zeolite rotor", {"NMHC": 0.98})
    assert order("air", {"NMHC": (30_000.0, 60.0)}, rotor, condenser) == ["condensation", "adsorption"]
    oxidiser = made("air", "Thermal oxidiser", {"NMHC": 0.999})
    assert answer("air", {"NMHC": (30_000.0, 60.0)}, [oxidiser]).refusal is not None
    assert order("air", {"NMHC": (30_000.0, 60.0)}, oxidiser, condenser) == ["condensation", "oxidation"]


def test_what_burning_makes_is_scrubbed_behind_the_fire_and_not_before() -> None:
    oxidiser, quench = made("air", "Thermal oxidiser", {"含氯VOCs": 0.99}), made("air", "Quench tower", {"HCl": 0.95})
    rows = {"含氯VOCs": (500.0, 20.0), "HCl": (300.0, 30.0)}
    assert order("air", rows, quench, oxidiser) == ["oxidation", "quench-scrubbing"]
    scrubber = made("air", "Dry calcium scrubbing", {"HCl": 0.95})
    assert order("air", rows, oxidiser, scrubber) == ["acid-gas", "oxidation"]
