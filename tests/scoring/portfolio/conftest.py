import pytest

from scoring import Basis, Deal, DealStage, Estimate, Hazard, LossSeverity, StageHazard


def fixed(share):
    return LossSeverity(mean=Estimate.exact(share), sd=0.0, basis=Basis.STATED)


def one_review(default, *, lost=1.0, amount=1_000_000, name="d", **more):
    """A deal of one review that defaults with a given probability and else completes."""
    nothing = Estimate.exact(0.0)
    hazard = StageHazard(
        before_due=Hazard(nothing, nothing, nothing),
        when_due=Hazard(Estimate.exact(1 - default), nothing, Estimate.exact(default)),
        basis=Basis.STATED,
    )
    stage = DealStage(name="only", months=3, tranche_minor=amount, hazard=hazard, extension_months=0)
    severity = more.pop("severity", fixed(lost))
    return Deal(id=name, currency="CNY", instrument="loan", stages=(stage,), severity_default=severity, **more)


@pytest.fixture
def single():
    return one_review
