"""The depth and the weight of soil: read from words, answered, and what follows from them."""

import pytest

from marketplace.errors import Invalid
from marketplace.needs.answers import Answer, answered
from marketplace.needs.reading import read
from marketplace.needs.sizes import size_in, sizes, unsaid
from marketplace.needs.specification import Flow, Ground, Specification, Stream, impossible
from scoring.technology import Medium

AREA = Flow(amount=30, unit="mu")


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("土壤六价铬50–300 mg/kg，面积30亩，污染深度0.3–0.8米", (0.3, 0.8)),
        ("遗留地块土壤30亩，深约2 m，铅800 mg/kg", (2, 2)),
        ("30 mu of polluted soil to a depth of 0.5 to 1 m", (0.5, 1)),
        ("30 mu of soil, 3 m deep", (3, 3)),
        ("30 mu of soil, depth 9000 m", None),
        ("30 mu of soil, a deep problem of 5 mg/kg of lead", None),
        ("深度处理污水 500 m3/d", None),
    ],
)
def test_depth_is_read_from_words(text: str, depth: tuple[float, float] | None) -> None:
    found = read(text)
    [stream] = found.specification.streams
    assert (stream.ground and (stream.ground.depth_low_m, stream.ground.depth_high_m)) == depth
    told = [one for one in found.findings if one.field == "ground.depth"]
    assert len(told) == (depth is not None)
    assert all(text[one.start : one.end] == one.quote for one in told)


def test_density_is_read_from_words() -> None:
    [stream] = read("土壤30亩，深1米，容重1.4–1.6 t/m3").specification.streams
    assert stream.ground == Ground(
        depth_low_m=1, depth_high_m=1, density_low_t_per_m3=1.4, density_high_t_per_m3=1.6
    )  # fmt: skip


def test_an_area_becomes_a_volume_and_a_mass_as_intervals() -> None:
    bare = Stream(flow=AREA)
    assert [size.unit for size in sizes(bare)] == ["mu"]
    assert (unsaid(bare, "m3"), unsaid(bare, "t"), unsaid(bare, "ha"), unsaid(bare, "m3/d")) == (
        "depth", "depth", None, None,
    )  # fmt: skip
    deep = Stream(flow=AREA, ground=Ground(depth_low_m=0.3, depth_high_m=0.8))
    volume = size_in(deep, "m3")
    assert volume is not None
    assert (volume.low, volume.high) == pytest.approx((6000, 16000))
    assert (unsaid(deep, "m3"), unsaid(deep, "t")) == (None, "density")
    heavy = Stream(flow=Flow(amount=1000, unit="m3"), ground=Ground(density_high_t_per_m3=1.5))
    mass = size_in(heavy, "t")
    assert mass is not None
    assert (mass.low, mass.high) == (1500, 1500)


def test_the_depth_is_an_answer() -> None:
    need = Specification(medium=Medium.SOIL, streams=(Stream(flow=AREA),))
    for question, option in (("depth", "0.5..1 m"), ("density", "1.3..1.5 t/m3")):
        need = answered(need, [Answer(question=question, option=option)])
    assert need.streams[0].ground == Ground(
        depth_low_m=0.5, depth_high_m=1, density_low_t_per_m3=1.3, density_high_t_per_m3=1.5
    )  # fmt: skip
    for option in ("0.5..1 ft", "1..0.5 m", "deep", "0..5000 m"):
        with pytest.raises(Invalid):
            answered(need, [Answer(question="depth", option=option)])


def test_ends_the_wrong_way_round_are_named() -> None:
    ground = Ground(depth_low_m=2, depth_high_m=1, density_low_t_per_m3=2, density_high_t_per_m3=1)
    wrong = [fault.field for fault in impossible(Specification(streams=(Stream(ground=ground),)))]
    assert wrong == [
        "specification.streams.0.ground.depth_low_m", "specification.streams.0.ground.density_low_t_per_m3",
    ]  # fmt: skip
