"""Mail about introductions, in the reader's language. No letter holds contact data or says what a technology does."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.introductions.models import Introduction
from marketplace.people.models import Membership
from marketplace.people.readers import readers

_LETTERS = {
    "expressed": {
        "zh": ("有机构对您表达了对接意向", "对接 {id} 正等待您的答复，{days} 天内未答复将自动过期。"),
        "en": ("Somebody is interested", "Introduction {id} waits for your answer; it expires after {days} days."),
    },
    "reciprocated": {
        "zh": ("对方也有意向", "对接 {id}：双方均有意向。双方同意后即互换联系方式，请在 {days} 天内确认。"),
        "en": (
            "The interest is mutual",
            "Introduction {id}: contact data open once both sides agree; please do so within {days} days.",
        ),
    },
    "consented": {
        "zh": ("对方已同意互换联系方式", "对接 {id}：对方已同意，待您同意后即可互看联系方式。"),
        "en": (
            "The other side agreed",
            "Introduction {id}: the other side agreed; contact data open when you do, too.",
        ),
    },
    "opened": {
        "zh": ("联系方式已互换", "对接 {id}：双方均已同意，请登录查看联系方式。"),
        "en": ("Contact data are open", "Introduction {id}: both sides agreed; sign in to see the contact data."),
    },
    "declined": {
        "zh": ("对接意向未被接受", "对接 {id} 已被谢绝，请登录查看理由。"),
        "en": ("The other side declined", "Introduction {id} was declined; sign in to read the reason."),
    },
    "withdrawn": {
        "zh": ("对接意向已撤回", "对接 {id} 已由对方撤回。"),
        "en": ("The other side withdrew", "Introduction {id} was withdrawn by the other side."),
    },
    "expired": {
        "zh": ("对接已过期", "对接 {id} 因超时未处理已过期。"),
        "en": ("An introduction expired", "Introduction {id} expired without an answer."),
    },
    "closed": {
        "zh": ("平台关闭了一项对接", "对接 {id} 已由平台关闭，请登录查看理由。"),
        "en": ("The platform closed an introduction", "Introduction {id} was closed; sign in to read why."),
    },
}


async def tell(session: AsyncSession, kind: str, introduction: Introduction, *sides: str, days: int = 0) -> None:
    """To everybody of the sides that are named who does more than look."""
    organisations = [getattr(introduction, f"{side}_id") for side in sides]
    active = Membership.organisation_id.in_(organisations) & (Membership.role != "viewer")
    for person in await readers(session, active):
        subject, text = _LETTERS[kind]["zh" if person.language == "zh" else "en"]
        text = text.format(id=introduction.id, days=days)
        await mail.send(session, to=person.email, subject=subject, text=text, kind=f"introduction-{kind}")
