import pytest

from fixtures.catalogue import technologies
from marketplace.listings.content import Content, faults
from marketplace.solutions.physics import capture_kwh_per_t, desalting_kwh_per_m3, impossibilities
from scoring.technology import Medium, Parameter, Technology, Text


def claims(*parameters: Parameter, name: str = "New thing", medium: Medium = Medium.WATER) -> list[str]:
    technology = Technology(id="t", name=Text(en=name), media=(medium,), parameters=parameters)
    found = impossibilities(technology)
    assert all(fault.expected_zh and fault.field.startswith("technology.parameters.") for fault in found)
    return [fault.expected for fault in found]


def says(name: str, unit: str, low: float | None = None, value: float | None = None, high: float | None = None):
    return Parameter(name=name, unit=unit, low=low, value=value, high=high)


def test_the_demo_catalogue_claims_nothing_impossible() -> None:
    assert [fault for entry in technologies() for fault in impossibilities(entry)] == []


@pytest.mark.parametrize(
    ("parameter", "equation"),
    [
        (says("removal.COD", "share", value=1.02), "≤ 1, since out ≥ 0"),
        (says("removal.COD", "%", low=90, high=104), "≤ 1, since out ≥ 0"),
        (says("removal.COD", "share", low=-0.1, high=0.5), "mass is not created"),
        (says("recovery.Li", "%", value=120), "mass out / mass in"),
        (says("influent.TP", "mg/L", low=-1, high=3), "≥ 0"),
        (says("influent.As", "g/kg", low=5, high=1500), "part / whole"),
        (says("methane-yield", "m3/kg COD", low=0.41, value=0.45), "0.35 m3"),
    ],
)
def test_what_cannot_be_is_named_with_its_equation(parameter: Parameter, equation: str) -> None:
    (found,) = claims(parameter)
    assert equation in found


def test_a_yield_and_a_removal_at_their_bounds_are_possible() -> None:
    bound = (says("methane-yield", "Nm3/kg COD removed", low=0.30, high=0.35), says("removal.COD", "%", high=100))
    assert claims(*bound) == []


def test_an_effluent_has_to_follow_from_influent_and_removal() -> None:
    known = (says("influent.TN", "mg/L", 20, None, 60), says("removal.TN", "share", 0.5, 0.6, 0.7))
    assert claims(*known, says("effluent.TN", "mg/L", 6, None, 30)) == []
    (too_clean,) = claims(*known, says("effluent.TN", "ug/L", 10, None, 500))
    assert "in × (1 − removal) = 6000–3e+04 ug/L" in too_clean
    assert len(claims(*known, says("effluent.TN", "mg/L", 35, None, 50))) == 1


def test_desalting_needs_the_work_of_unmixing() -> None:
    sea = (says("influent.TDS", "g/L", 35, None, 40), says("removal.TDS", "share", 0.99))
    floor = desalting_kwh_per_m3(35.0, 0.99)
    assert claims(*sea, says("energy", "kWh/m3", value=floor * 1.01), name="Reverse osmosis") == []
    (found,) = claims(*sea, says("energy", "kWh/m3", value=floor * 0.9), name="反渗透")
    assert "W ≥ RT" in found
    # An evaporator may live on waste heat, so that its power proves nothing.
    assert claims(*sea, says("energy", "kWh/m3", value=0.1), name="Evaporation on waste heat") == []


def test_hydrogen_and_carbon_dioxide_from_air_have_floors() -> None:
    assert len(claims(says("energy", "kWh/Nm3", value=2.5), name="Water electrolysis", medium=Medium.CARBON)) == 1
    assert claims(says("energy", "kWh/Nm3", value=4.3), name="Water electrolysis", medium=Medium.CARBON) == []
    power, name = says("energy", "kWh/t CO2", value=capture_kwh_per_t(0.00042) * 0.5), "Direct air capture"
    assert len(claims(power, name=name, medium=Medium.CARBON)) == 1
    assert claims(power, says("heat", "GJ/t CO2", value=6), name=name, medium=Medium.CARBON) == []


def test_every_fault_of_a_submission_is_told_at_once() -> None:
    parameters = (says("removal.COD", "share", value=1.2), says("methane-yield", "m3/kg COD", value=0.6))
    technology = Technology(id="t", name=Text(en="T"), parameters=parameters)
    fields = [fault.field for fault in faults(Content(technology=technology))]
    assert {"technology.parameters.0", "technology.parameters.1", "technology.summary"} <= set(fields)
