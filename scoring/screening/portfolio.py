"""The loss of the financings that a screened portfolio asks for, one distribution a currency."""

from msgspec import Struct

from scoring.portfolio.loss import LossDistribution, loss_distribution
from scoring.screening.result import Screening


class PortfolioLoss(Struct, frozen=True):
    """Currencies are not mixed without rates: each has its own distribution, the largest exposure first."""

    by_currency: tuple[LossDistribution, ...]


def portfolio_loss(screening: Screening) -> PortfolioLoss | None:
    """The loss distributions of the deals; None where nothing with a known risk asks for money."""
    by_currency: dict[str, list[int]] = {}
    for number, deal in enumerate(screening.deals):
        by_currency.setdefault(deal.currency, []).append(number)
    found = [loss_distribution([screening.deals[n] for n in numbers]) for numbers in by_currency.values()]
    computed = [loss for loss in found if isinstance(loss, LossDistribution)]
    computed.sort(key=lambda loss: (-loss.exposure_minor, loss.currency))
    return PortfolioLoss(tuple(computed)) if computed else None
