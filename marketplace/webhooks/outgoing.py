"""Requests to addresses that users chose, which must not become requests to our own machines.

https only; the name is resolved once, every address it has must be public, and the connection goes to the address that
was checked, so that a name cannot point elsewhere a moment later. No redirects, no proxies, no reading of the answer.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import httpx

TIMEOUT_S = 10.0
PORTS = frozenset({443, 8443})
# Networks that lead to IPv4 addresses by another name, and the site-local one of old.
_LEADING_INSIDE = ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10")
_NOT_OPEN = tuple(ipaddress.ip_network(network) for network in _LEADING_INSIDE)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Permitted = Callable[[Address], bool]


class RefusedUrl(Exception):
    """An address that nothing is sent to, with the reason."""


class Target(NamedTuple):
    url: SplitResult
    host: str
    port: int
    address: Address


async def resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open internet, also behind the ways to write IPv4 addresses as IPv6."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(mapped)
    if isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _NOT_OPEN):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def check_url(url: str, *, schemes: frozenset[str] = frozenset({"https"})) -> SplitResult:
    """What can be said of an address without asking anybody.

    Raises
    ------
    RefusedUrl
    """
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError as error:
        raise RefusedUrl("not an address") from error
    if split.scheme not in schemes:
        raise RefusedUrl("only https is sent to")
    if not split.hostname or any(sign.isspace() or ord(sign) < 33 for sign in url):
        raise RefusedUrl("not an address")
    if split.username is not None or split.password is not None:
        raise RefusedUrl("an address without a user in it")
    if "https" in schemes and len(schemes) == 1 and (port or 443) not in PORTS:
        raise RefusedUrl("the port is 443 or 8443")
    return split


class Outgoing:
    """Sends to addresses that users chose. What is permitted is an argument for the sake of tests alone."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        permitted: Permitted = is_public,
        schemes: frozenset[str] = frozenset({"https"}),
    ) -> None:
        self._resolve, self._permitted, self._schemes = resolve, permitted, schemes

    async def target(self, url: str) -> Target:
        """Where a request would go.

        Raises
        ------
        RefusedUrl
        """
        split = check_url(url, schemes=self._schemes)
        host, port = split.hostname or "", split.port or (443 if split.scheme == "https" else 80)
        try:
            addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in await self._resolve(host, port)]
        except (OSError, ValueError) as error:
            raise RefusedUrl("the name has no address") from error
        # All of them: a name with one public and one private address is up to no good.
        if not addresses or not all(self._permitted(address) for address in addresses):
            raise RefusedUrl("not an address of the open internet")
        return Target(split, host, port, addresses[0])

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The status of the answer, whatever it is.

        Raises
        ------
        RefusedUrl, httpx.HTTPError
        """
        target = await self.target(url)
        literal = f"[{target.address}]" if target.address.version == 6 else str(target.address)
        query = f"?{target.url.query}" if target.url.query else ""
        to = f"{target.url.scheme}://{literal}:{target.port}{target.url.path or '/'}{query}"
        extensions = {"sni_hostname": target.host}  # the certificate must be the name's, not the number's
        async with (
            httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
            asyncio.timeout(TIMEOUT_S),
            client.stream(
                "POST", to, content=body, headers={**headers, "host": target.url.netloc}, extensions=extensions
            ) as answer,
        ):
            return answer.status_code
