import asyncio
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from marketplace import mail
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.mail import Mail, Mailer
from marketplace.settings import Secret, Settings

ME = system("test")


class Postman:
    def __init__(self, *, broken: bool = False) -> None:
        self.delivered: list[EmailMessage] = []
        self.broken = broken

    async def __call__(self, message: EmailMessage) -> None:
        if self.broken:
            raise ConnectionRefusedError("no mail server")
        self.delivered.append(message)


async def put(sessions: Sessions, subject: str = "Willkommen 欢迎") -> None:
    async with transaction(sessions, ME) as session:
        await mail.send(session, to="li@example.org", subject=subject, text="打开链接 https://…\n", kind="verify-email")


async def outbox(sessions: Sessions) -> list[Mail]:
    async with sessions() as session:
        return list((await session.scalars(select(Mail))).all())


async def test_without_a_server_mail_stays_in_the_outbox(sessions: Sessions, context: Context) -> None:
    await put(sessions)
    await drain(context)
    (waiting,) = await outbox(sessions)
    assert (waiting.to, waiting.kind, waiting.sent_at) == ("li@example.org", "verify-email", None)


async def test_mail_is_sent_once(sessions: Sessions, clock: SetClock) -> None:
    postman = Postman()
    context = Context(sessions=sessions, clock=clock, tools={Mailer: postman})
    await put(sessions)
    await drain(context)
    (sent,) = await outbox(sessions)
    await mail.deliver(context, mail_id=str(sent.id))
    (message,) = postman.delivered
    assert (message["To"], message["Subject"]) == ("li@example.org", "Willkommen 欢迎")
    assert message.get_content() == "打开链接 https://…\n"
    assert sent.sent_at == clock.now()


async def test_failure_is_noted_and_tried_again(sessions: Sessions, clock: SetClock) -> None:
    postman = Postman(broken=True)
    context = Context(sessions=sessions, clock=clock, tools={Mailer: postman})
    await put(sessions)
    with pytest.raises(ConnectionRefusedError):
        await drain(context)
    (waiting,) = await outbox(sessions)
    assert (waiting.tries, waiting.last_error) == (1, "ConnectionRefusedError: no mail server")
    postman.broken = False
    clock.advance(timedelta(minutes=1))
    await mail.deliver(context, mail_id=str(waiting.id))
    (sent,) = await outbox(sessions)
    assert (sent.tries, sent.last_error) == (2, None)
    assert sent.sent_at is not None


async def test_subject_cannot_add_headers(sessions: Sessions) -> None:
    await put(sessions, subject="Hello\r\nBcc: everybody@example.org")
    (waiting,) = await outbox(sessions)
    message = mail.as_message(waiting, Settings())
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: everybody@example.org"


async def test_mail_reaches_a_real_server(sessions: Sessions, clock: SetClock) -> None:
    received: list[bytes] = []
    async with FakeSmtp(received) as port:
        settings = Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False)
        mailer = mail.smtp_mailer(settings)
        context = Context(sessions=sessions, settings=settings, clock=clock, tools={Mailer: mailer})
        await put(sessions, subject="Over the wire")
        await drain(context)
    assert b"Subject: Over the wire" in received[0]
    assert (await outbox(sessions))[0].sent_at is not None


def test_no_host_no_mailer() -> None:
    assert mail.smtp_mailer(Settings(smtp_password=Secret("x"))) is None


class FakeSmtp:
    """As much of a mail server as a client needs to hand over one mail."""

    def __init__(self, received: list[bytes]) -> None:
        self._received = received

    async def __aenter__(self) -> int:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _talk(self, reader, writer) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                self._received.append(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")
            if line.upper().startswith(b"QUIT"):
                break
        await writer.drain()
        writer.close()


async def test_a_link_is_not_kept_once_it_was_sent(sessions: Sessions, clock: SetClock) -> None:
    postman = Postman()
    async with transaction(sessions, ME) as session:
        text = "https://x.example/reset-password?token=abc-DEF_1\n"
        await mail.send(session, to="li@example.org", subject="S", text=text, kind="reset-password")
    await drain(Context(sessions=sessions, clock=clock, tools={Mailer: postman}))
    (message,), (kept,) = postman.delivered, await outbox(sessions)
    assert "token=abc-DEF_1" in message.get_content()
    assert kept.text == "https://x.example/reset-password?token=…\n"
