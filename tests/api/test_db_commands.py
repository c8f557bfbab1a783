import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.cli import db
from marketplace import checks
from marketplace.actors import Actor
from marketplace.database import make_engine, make_sessions, open_database, transaction
from marketplace.embedded import DATABASE, EmbeddedPostgres, Role
from marketplace.mail import Mail
from marketplace.settings import Settings

PERSON = Actor(kind="person", id=uuid.uuid4())


@pytest.fixture
def home(place_for_servers: Path) -> Path:
    return place_for_servers / "commands"


@pytest.fixture(autouse=True)
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GREENHATCH_HOME", str(home))
    monkeypatch.setenv("GREENHATCH_EMBEDDED_DURABLE", "false")


async def write(settings: Settings, subject: str) -> None:
    with open_database(settings) as addresses:
        engine = make_engine(addresses.app, pool_size=1)
        async with transaction(make_sessions(engine), PERSON) as session:
            session.add(Mail(to="a@b", subject=subject, text="", kind="test"))
        async with transaction(make_sessions(engine), PERSON) as session:
            await checks.write_anchor(session, settings)
        await engine.dispose()


def running(home: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(home, durable=False)


def test_from_an_empty_folder_to_a_restored_database(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(home=home, embedded_durable=False)
    assert db(["restore"]) == 2
    assert "there is none" in capsys.readouterr().err
    with running(home):  # held open: each command would start and stop it
        assert db(["check"]) == 1
        assert "run greenhatch db upgrade" in capsys.readouterr().out
        assert db(["upgrade"]) == 0
        asyncio.run(write(settings, "before"))
        assert db(["backup"]) == 0
        asyncio.run(write(settings, "after"))
        moment = datetime.now(UTC)
        asyncio.run(write(settings, "mistake"))
        assert db(["restore"]) == 2
        assert "other processes use" in capsys.readouterr().err

    assert db(["restore", "--to", (moment + timedelta(days=1)).isoformat()]) == 2
    assert "not come yet" in capsys.readouterr().err
    assert db(["restore", "--to", moment.isoformat()]) == 0
    with running(home) as server, server.connect(Role.ADMIN, DATABASE) as admin:
        assert admin.execute("SELECT subject FROM mail ORDER BY id").fetchall() == [("before",), ("after",)]
        capsys.readouterr()
        assert db(["check"]) == 0
        assert "2 entries, whole" in capsys.readouterr().out
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE audit_entry SET actor_name = 'nobody' WHERE sequence = 1")
        assert db(["check"]) == 1
        assert "FAIL audit chain: broken at entry 1" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_server_of_others_is_not_touched(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:secret@nowhere.invalid/greenhatch")
    assert db([command]) == 2
    assert "not ours" in capsys.readouterr().err


def test_wrong_settings_are_told_all_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///x")
    monkeypatch.setenv("GREENHATCH_LOG_LEVEL", "loud")
    assert db(["check"]) == 2
    told = capsys.readouterr().err
    assert "DATABASE_URL" in told
    assert "GREENHATCH_LOG_LEVEL=loud" in told
