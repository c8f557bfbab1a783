"""How far a document counts on a given day.

Four rules, none of which ever raises a grade:

* dated after the day: it does not exist yet and is left out;
* without a date, past its expiry, or older than the framework allows: it is only the holder's word (E0);
* without a hash of its content: at most the holder's own document (E1), since nobody can check that it is the same;
* otherwise: its own grade.
"""

from datetime import date

from scoring.readiness.assessment import Discount
from scoring.readiness.facts import DAYS_PER_MONTH
from scoring.readiness.framework import GRADES
from scoring.technology import Evidence, EvidenceGrade, Text

FUTURE = Text("日期晚于评价日，不予计入", "dated after the day of assessment: left out")
UNDATED = Text("没有日期，只作为持有方的说法", "has no date: counts as the holder's word only")
EXPIRED = Text("已过有效期，只作为持有方的说法", "past its expiry: counts as the holder's word only")
OUTDATED = Text(
    "超过本框架的证据年限，只作为持有方的说法", "older than the framework allows: counts as the holder's word only"
)
UNHASHED = Text("没有内容哈希，最多按E1计", "has no hash of its content: counts as E1 at most")
UNKNOWN_REFERENCE = Text("所支持的准则在本框架中不存在", "supports a criterion that this framework does not have")
UNRATED = Text("没有评级说明它证明了哪一级", "no rating says which level it shows")
ABSENT = Text("评级引用的证据不存在", "a rating names this evidence, and it is not there")
FUTURE_RATING = Text("评级日期晚于评价日，不予计入", "a rating dated after the day of assessment: left out")

_CLAIMED, _DOCUMENTED = GRADES[EvidenceGrade.CLAIMED], GRADES[EvidenceGrade.DOCUMENTED]


def effective_rank(document: Evidence, as_of: date, valid_months: int | None) -> tuple[int | None, Text | None]:
    """The rank of the grade a document has on ``as_of`` (None: it does not exist yet), and why it is not its own."""
    rank = GRADES[document.grade]
    if document.dated is None:
        return _CLAIMED, UNDATED
    if document.dated > as_of:
        return None, FUTURE
    if document.expires is not None and document.expires < as_of:
        return _CLAIMED, EXPIRED
    if valid_months is not None and (as_of - document.dated).days > valid_months * DAYS_PER_MONTH:
        return _CLAIMED, OUTDATED
    if document.sha256 is None and rank > _DOCUMENTED:
        return _DOCUMENTED, UNHASHED
    return rank, None


def effective_ranks(
    documents: tuple[Evidence, ...], as_of: date, valid_months: int | None
) -> tuple[dict[str, int], list[Discount]]:
    """The rank of every document that exists on ``as_of`` by its id, and what was discounted with the reason."""
    ranks: dict[str, int] = {}
    discounts = []
    for document in documents:
        rank, why = effective_rank(document, as_of, valid_months)
        if rank is not None:
            ranks[document.id] = max(rank, ranks.get(document.id, 0))
        if why is not None:
            discounts.append(Discount(evidence=document.id, reason=why))
    return ranks, discounts
