"""Mail: written into the outbox with the change that causes it, sent by a job.

Without an SMTP server in the settings mail stays in the outbox, where the operator can read it.
"""

import datetime
import re
from email.message import EmailMessage
from typing import Protocol

import aiosmtplib
from sqlalchemy import Index, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Record, secret
from marketplace.jobs import Context, job
from marketplace.mail_preferences import frequency_of
from marketplace.settings import Settings

# Mail servers ask the unknown to come back later, and may be down for a night.
RETRIES_S = (30, 300, 1_800, 7_200, 28_800)


# What a link proves who follows it by: once the mail has left, only its reader is to have it.
_LINK = re.compile(r"(token=)[\w.~-]+")


class Mail(Record):
    """One mail to one person. Its text may hold a link that logs somebody in: the audit log never sees it, and the

    outbox no longer once it was sent.
    """

    __tablename__ = "mail"

    kind: Mapped[str]
    to: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(info=secret())
    # Where one POST ends mails of this kind: mail programs show a button for it (RFC 8058).
    stop_url: Mapped[str | None] = mapped_column(info=secret())
    sent_at: Mapped[datetime.datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None]
    # Waits for the day's mail, in which it goes out together with the others.
    held: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        Index("ix_mail_to_created_at", "to", "created_at"),
        Index("ix_mail_held", "to", postgresql_where=sql("held")),
    )


class Mailer(Protocol):
    """Hands one mail to the world."""

    async def __call__(self, message: EmailMessage) -> None: ...


async def send(
    session: AsyncSession, *, to: str, subject: str, text: str, kind: str, stop_url: str | None = None
) -> Mail | None:
    """Put a mail into the outbox; it leaves after the commit. `kind` says why it exists ("verify-email").

    Whoever chose so gets mails of this kind once a day together, or none: then there is no mail.
    """
    often = await frequency_of(session, to=to, kind=kind)
    if often == "never":
        return None
    mail = Mail(to=to, subject=_one_line(subject), text=text, kind=kind, stop_url=stop_url, held=often == "daily")
    session.add(mail)
    await session.flush()
    if mail.held:
        return mail
    await deliver.defer(session, mail_id=str(mail.id), one_at_a_time=f"mail.{mail.id}")
    return mail


@job("mail.deliver", retry=RETRIES_S)
async def deliver(context: Context, *, mail_id: str) -> None:
    """Send one mail, outside any transaction. Sent twice at worst, with the same id, which mail programs fold."""
    if Mailer not in context.tools:
        return
    async with context.transaction() as session:
        mail = await session.get(Mail, mail_id)
        if mail is None or mail.sent_at is not None:
            return
        mail.tries += 1
    try:
        await context.tool(Mailer)(as_message(mail, context.settings))  # type: ignore[type-abstract]
    except (aiosmtplib.SMTPException, OSError) as error:
        await _note(context, mail_id, last_error=f"{type(error).__name__}: {error}")
        raise
    await _note(context, mail_id, sent_at=context.clock.now(), last_error=None, text=_LINK.sub(r"\1…", mail.text))


@job("mail.fold", every="5 0 * * *")
async def fold(context: Context) -> None:
    """At eight in the morning where most readers are: everybody's mails of a day as one."""
    async with context.transaction() as session:
        readers = (await session.scalars(select(Mail.to).where(Mail.held).distinct())).all()
    for reader in readers:
        async with context.transaction() as session:
            await _fold(session, reader, context)


async def _fold(session: AsyncSession, reader: str, context: Context) -> None:
    waiting = select(Mail).where(Mail.held, Mail.to == reader).order_by(Mail.created_at).with_for_update()
    mails = (await session.scalars(waiting)).all()
    if not mails:
        return
    text = "\n".join(f"■ {mail.subject}\n\n{mail.text}\n" for mail in mails)
    subject = f"Greenhatch · {len(mails)} 条消息 · {len(mails)} messages"
    await send(session, to=reader, subject=subject, text=text, kind="daily")
    for mail in mails:
        mail.held, mail.sent_at = False, context.clock.now()


async def _note(context: Context, mail_id: str, **values: object) -> None:
    async with context.transaction() as session:
        mail = await session.get_one(Mail, mail_id)
        for name, value in values.items():
            setattr(mail, name, value)


def as_message(mail: Mail, settings: Settings) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, mail.to, mail.subject
    message["Message-ID"] = f"<{mail.id}@{settings.mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.stop_url is not None:
        message["List-Unsubscribe"] = f"<{mail.stop_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    return message


def smtp_mailer(settings: Settings) -> Mailer | None:
    """The mailer of the settings; None if mail is to stay in the outbox."""
    if settings.smtp_host is None:
        return None

    async def send_by_smtp(message: EmailMessage) -> None:
        await aiosmtplib.send(
            message,
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=settings.smtp_password.reveal() if settings.smtp_password else None,
            start_tls=settings.smtp_starttls,
            timeout=30,
        )

    return send_by_smtp


def _one_line(text: str) -> str:
    """A subject with a line break would let its writer add headers."""
    return " ".join(text.split())
