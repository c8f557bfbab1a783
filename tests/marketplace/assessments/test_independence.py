import datetime
from typing import Any

import pytest

from marketplace.assessments import independence
from scoring.technology import Evidence, Technology, Text

TODAY = datetime.date(2026, 3, 2)
TECHNOLOGY = Technology(
    id="T", name=Text(en="membrane"), evidence=(Evidence(id="E3", issuer="Pinggu Assessment Centre"),)
)


def judged(**changed: Any) -> independence.Judged:
    given = {"organisation": "H", "mail_domains": frozenset({"holder.example"}), "technology": TECHNOLOGY}
    return independence.Judged(**(given | changed))


def codes(judge: independence.Judge, **changed: Any) -> list[str]:
    return [found.code for found in independence.conflicts(judge, judged(**changed), TODAY)]


def test_strangers_may_judge() -> None:
    assert codes(independence.Judge(organisations=frozenset({"A"}), mail_domains=frozenset({"a.example"}))) == []


def test_every_reason_is_found_at_once() -> None:
    judge = independence.Judge(
        organisations=frozenset({"A", "H"}),
        organisation_names=(Text(en="PINGGU  Assessment Centre"),),
        mail_domains=frozenset({"lab.Holder.example"}),
        relations=(independence.Relation("H", "co-author", datetime.date(2024, 1, 1)),),
    )
    assert codes(judge) == ["same-organisation", "same-domain", "stated-co-author", "issued-evidence"]


@pytest.mark.parametrize(
    ("kind", "ended", "counts"),
    [
        ("co-author", datetime.date(2023, 3, 4), True),
        ("co-author", datetime.date(2023, 3, 1), False),
        ("family", datetime.date(1990, 1, 1), True),
        ("consulting", datetime.date.max, True),
        ("employment", None, True),
    ],
)
def test_old_relations_fade_unless_they_last(kind: str, ended: datetime.date | None, counts: bool) -> None:
    judge = independence.Judge(
        organisations=frozenset(), relations=(independence.Relation("H", kind, ended), independence.Relation("X", kind))
    )
    assert bool(codes(judge)) is counts


def test_public_mail_and_look_alikes_prove_nothing() -> None:
    assert independence.shared_domain(["qq.com"], ["qq.com"]) is None
    assert independence.shared_domain(["notholder.example"], ["holder.example"]) is None
    assert independence.shared_domain(["holder.example"], ["a.b.holder.example"]) == "holder.example"
