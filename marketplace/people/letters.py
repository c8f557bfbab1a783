"""Mail about accounts, in the language of whoever reads it."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.people.models import Person

_LETTERS = {
    ("verify-email", "zh"): ("请验证您的邮箱", "请在三天内打开此链接完成邮箱验证：\n{link}\n"),
    ("verify-email", "en"): (
        "Confirm your address",
        "Open this link within three days to confirm your address:\n{link}\n",
    ),
    ("reset-password", "zh"): ("重设密码", "请在一小时内打开此链接重设密码；如非本人操作请忽略：\n{link}\n"),
    ("reset-password", "en"): (
        "Set a new password",
        "Open this link within an hour to set a new password. Ignore it if you did not ask for it:\n{link}\n",
    ),
    ("new-password", "zh"): ("密码已更改", "您的密码已更改，所有登录均已退出。如非本人操作，请立即联系平台。\n"),
    ("new-password", "en"): (
        "Your password was changed",
        "Your password was changed, and you are signed out everywhere. If this was not you, tell us at once.\n",
    ),
    ("factor-on", "zh"): ("两步验证已启用", "您的账号已启用两步验证。如非本人操作，请立即重设密码并联系平台。\n"),
    ("factor-on", "en"): (
        "A second factor was turned on",
        "Your account has a second factor now. If this was not you, set a new password and tell us at once.\n",
    ),
    ("factor-off", "zh"): ("两步验证已关闭", "您的账号已关闭两步验证。如非本人操作，请立即重设密码并联系平台。\n"),
    ("factor-off", "en"): (
        "The second factor was turned off",
        "Your account has no second factor any more. If this was not you, set a new password and tell us at once.\n",
    ),
    ("again", "zh"): ("您已注册", "有人用此邮箱再次注册。您已有账号，请直接登录：\n{link}\n"),
    ("again", "en"): (
        "You have an account",
        "Somebody signed up with this address again. You have an account:\n{link}\n",
    ),
}


def letter(kind: str, language: str, link: str = "") -> dict[str, str]:
    """Subject and text."""
    subject, text = _LETTERS[kind, language]
    return {"subject": subject, "text": text.format(link=link)}


async def tell_of_change(session: AsyncSession, person: Person, kind: str) -> None:
    """Whoever took an account over would change what proves whose it is: its owner hears of it."""
    await mail.send(session, to=person.email, kind=f"account-{kind}", **letter(kind, person.language))
