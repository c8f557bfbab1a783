"""Who may not judge what: conflicts found from what the platform knows and from what assessors have stated."""

import datetime
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from scoring.technology import Technology, Text

# A relation counts for so long after it ended; family and disputes do not end.
COUNTS_FOR = datetime.timedelta(days=3 * 365)
LASTING = frozenset({"family", "dispute"})

# Addresses that anybody can have say nothing about an employer.
PUBLIC_MAIL = frozenset(
    (
        "126.com", "139.com", "163.com", "aliyun.com", "foxmail.com", "gmail.com", "googlemail.com", "gmx.de",
        "gmx.net", "hotmail.com", "icloud.com", "live.com", "mail.ru", "me.com", "msn.com", "outlook.com", "proton.me",
        "protonmail.com", "qq.com", "sina.com", "sohu.com", "vip.qq.com", "web.de", "yahoo.com", "yandex.ru",
        "yeah.net",
    )
)  # fmt: skip


class Conflict(Struct, frozen=True):
    """Why somebody may not judge; `detail` is for the operator."""

    code: str
    detail: Text


class Relation(Struct, frozen=True):
    """Something stated between an assessor and an organisation."""

    organisation: str
    kind: str
    ended_on: datetime.date | None = None


class Judge(Struct, frozen=True, kw_only=True):
    """What is known of an assessor as far as independence goes. Organisations are ids."""

    organisations: frozenset[str]
    organisation_names: tuple[Text, ...] = ()
    mail_domains: frozenset[str] = frozenset()
    relations: tuple[Relation, ...] = ()


class Judged(Struct, frozen=True, kw_only=True):
    """The other side: the holder, its people's mail domains, and the technology with its documents."""

    organisation: str
    mail_domains: frozenset[str]
    technology: Technology


def conflicts(judge: Judge, judged: Judged, on: datetime.date) -> list[Conflict]:
    """Everything found; empty where nothing speaks against them."""
    return [
        *_same_organisation(judge, judged),
        *_same_domain(judge, judged),
        *_relations(judge, judged, on),
        *_issued_evidence(judge, judged),
    ]


def mail_domain(address: str) -> str:
    return address.rpartition("@")[2].strip().casefold()


def shared_domain(left: Iterable[str], right: Iterable[str]) -> str | None:
    """A mail domain on both sides, where one may lie below the other; public mail services do not count."""
    ours = [domain.casefold() for domain in left]
    theirs = [domain.casefold() for domain in right]
    for a in sorted(ours):
        for b in sorted(theirs):
            if (a == b or a.endswith(f".{b}") or b.endswith(f".{a}")) and not {a, b} & PUBLIC_MAIL:
                return min(a, b, key=len)
    return None


def _same_organisation(judge: Judge, judged: Judged) -> Iterator[Conflict]:
    if judged.organisation in judge.organisations:
        yield Conflict("same-organisation", Text(zh="专家是持有方的成员", en="a member of the holder"))


def _same_domain(judge: Judge, judged: Judged) -> Iterator[Conflict]:
    domain = shared_domain(judge.mail_domains, judged.mail_domains)
    if domain is not None:
        yield Conflict("same-domain", Text(zh=f"双方邮箱域名同为{domain}", en=f"both sides use mail of {domain}"))


def _relations(judge: Judge, judged: Judged, on: datetime.date) -> Iterator[Conflict]:
    for relation in judge.relations:
        if relation.organisation == judged.organisation and _counts(relation, on):
            until = f"（至{relation.ended_on}）" if relation.ended_on else ""
            until_en = f" until {relation.ended_on}" if relation.ended_on else ""
            yield Conflict(
                f"stated-{relation.kind}", Text(zh=f"专家声明的关系{until}", en=f"stated by the assessor{until_en}")
            )


def _counts(relation: Relation, on: datetime.date) -> bool:
    return relation.kind in LASTING or relation.ended_on is None or relation.ended_on >= on - COUNTS_FOR


def _issued_evidence(judge: Judge, judged: Judged) -> Iterator[Conflict]:
    names = {_folded(name) for text in judge.organisation_names for name in (text.zh, text.en) if name}
    issued = [document.id for document in judged.technology.evidence if _folded(document.issuer or "") in names]
    if issued:
        said = ", ".join(issued)
        yield Conflict(
            "issued-evidence", Text(zh=f"专家所在机构出具了证据：{said}", en=f"their organisation issued {said}")
        )


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def worded(found: Sequence[Conflict]) -> Text:
    """All of it in one line a language."""
    return Text(
        zh="；".join(conflict.detail.in_language("zh") for conflict in found),
        en="; ".join(conflict.detail.in_language("en") for conflict in found),
    )
