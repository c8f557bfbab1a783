"""Addresses that users choose must never lead to machines of ours."""

import asyncio
import ipaddress
from collections.abc import Sequence

import pytest

from marketplace.webhooks.outgoing import Outgoing, RefusedUrl, check_url, is_public

PUBLIC = "93.184.215.14"


def resolving_to(*addresses: str) -> Outgoing:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return Outgoing(resolve=resolve)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "gopher://hooks.example/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user@hooks.example/",
        "https://user:password@hooks.example/",
        "https://hooks.example@169.254.169.254/",
        "https://hooks.example:22/",
        "https://hooks.example:5432/",
        "https://hooks.example:99999/",
        "https://hooks.example:port/",
        "https://[::1/",
        "https://hooks.example/\r\nX-Injected: 1",
        "https://hooks.example/a b",
        "//hooks.example/",
        "",
    ],
)
def test_malformed_and_foreign_addresses_are_refused_unasked(url: str) -> None:
    with pytest.raises(RefusedUrl):
        check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.8", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7",
        "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2002:a00:1::", "2001:0:7f00:1::1", "fec0::1",
    ],
)  # fmt: skip
async def test_names_that_lead_inside_are_refused(address: str) -> None:
    with pytest.raises(RefusedUrl):
        await resolving_to(address).target("https://hooks.example/")
    with pytest.raises(RefusedUrl):  # even beside a harmless one
        await resolving_to(PUBLIC, address).target("https://hooks.example/")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "localhost", "[::1]", "0"]
)
async def test_ways_to_write_this_machine_are_refused(host: str) -> None:
    with pytest.raises(RefusedUrl):
        await Outgoing().target(f"https://{host}/")


@pytest.mark.parametrize("addresses", [(), ("nonsense",)])
async def test_a_name_without_address_is_refused(addresses: tuple[str, ...]) -> None:
    with pytest.raises(RefusedUrl):
        await resolving_to(*addresses).target("https://hooks.example/")


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"])
def test_the_open_internet_is_permitted(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    asked = 0

    async def rebinding(host: str, port: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        return [PUBLIC if asked == 1 else "127.0.0.1"]

    target = await Outgoing(resolve=rebinding).target("https://hooks.example:8443/in?x=1")
    assert (str(target.address), target.port, target.host, asked) == (PUBLIC, 8443, "hooks.example", 1)


async def test_redirects_are_not_followed() -> None:
    visits: list[bytes] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def here(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    outgoing = Outgoing(resolve=here, permitted=lambda address: True, schemes=frozenset({"http"}))
    async with server:
        assert await outgoing.post(f"http://hooks.example:{port}/in", b"{}", {}) == 302
    assert len(visits) == 1
    assert f"host: hooks.example:{port}".encode() in visits[0].lower()
