"""The real thing: the command in a process of its own, spoken to over the network."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text

from api.cli_serve import at_port, serve
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.settings import Settings

PASSWORD = "seven quiet otters paint"
START_WITHIN_S = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(home: Path, *options: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    port = free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "GREENHATCH_"))
    }
    environment |= {"GREENHATCH_HOME": str(home), "GREENHATCH_EMBEDDED_DURABLE": "false"}
    command = [sys.executable, "-m", "scoring.cli", "serve", "--port", str(port), *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_answering(url, process)
            yield url, process
        finally:
            process.kill()


def wait_until_answering(url: str, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + START_WITHIN_S
    while process.poll() is None and time.monotonic() < give_up:
        try:
            if httpx.get(f"{url}/health", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    pytest.fail(f"did not begin to serve: {process.stdout.read().decode() if process.stdout else ''}")


def mailed_token(server: EmbeddedPostgres) -> str:
    engine = create_engine(server.url(Role.APP))
    with engine.connect() as connection:
        mailed = connection.execute(text("SELECT text FROM mail ORDER BY id DESC LIMIT 1")).scalar_one()
    engine.dispose()
    found = re.search(r"token=([\w-]+)", mailed)
    assert found
    return found[1]


def sign_up(browser: httpx.Client, server: EmbeddedPostgres) -> dict[str, object]:
    account = {
        "email": "li.wei@holder.example", "password": PASSWORD, "person_name": "李伟",
        "organisation_name": {"zh": "示范环保"}, "kind": "holder", "country": "CN",
    }  # fmt: skip
    assert browser.post("/api/v1/sign-up", json=account).status_code == 202
    proof = {"token": mailed_token(server)}
    assert browser.post("/api/v1/verify-email", json=proof).status_code == 204
    login = {"email": account["email"], "password": PASSWORD}
    assert browser.post("/api/v1/session", json=login).status_code == 204
    me: dict[str, object] = browser.get("/api/v1/session").json()
    return me


def test_from_an_empty_folder_to_a_call_with_a_key(place_for_servers: Path) -> None:
    home = place_for_servers / "serve"
    with EmbeddedPostgres(home, durable=False) as server, serving(home) as (url, process):
        with httpx.Client(base_url=url, timeout=30) as browser:
            me = sign_up(browser, server)
            change = {"x-csrf-token": str(me["csrf_token"])}
            keys = f"/api/v1/organisations/{me['acting_for']}/keys"
            issued = browser.post(keys, json={"name": "program", "scopes": ["read"]}, headers=change)
            secret = issued.json()["secret"]
        with serving(home, "--no-worker") as (other_url, _):  # another process on the same database
            members = f"{other_url}/api/v1/organisations/{me['acting_for']}/members"
            answer = httpx.get(members, headers={"authorization": f"Bearer {secret}"})
            assert [member["email"] for member in answer.json()] == ["li.wei@holder.example"]
        figures = httpx.get(f"{url}/metrics").text
        assert 'greenhatch_requests_total{method="POST",route="/api/v1/sign-up",status="202"} 1.0' in figures
        assert 'greenhatch_jobs{status="failed"} 0.0' in figures
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        said = process.stdout.read().decode() if process.stdout else ""
        assert '"event":"stopped"' in said
        assert secret not in said
        assert PASSWORD not in said


def test_a_port_that_is_taken_is_told_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert serve(["--port", str(taken.getsockname()[1])]) == 2
    assert "is taken" in capsys.readouterr().err


def test_links_lead_to_the_port_that_is_served_unless_a_site_is_named() -> None:
    assert at_port(Settings(), 8141).public_url == "http://127.0.0.1:8141"
    named = Settings(public_url="https://green.example")
    assert at_port(named, 8141).public_url == "https://green.example"
