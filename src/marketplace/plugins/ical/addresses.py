"""Which addresses anybody may be led to: public ones, whatever else they are wrapped in."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_V4_CLOSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
)  # fmt: skip
"""Special purposes by IANA's register, and everything from multicast upwards.

Told here and not left to ``is_global`` alone, which says yes to multicast and, in some versions
of Python, to shared and translated addresses.
"""

_UNICAST = IPv6Network("2000::/3")
_V6_CLOSED = tuple(
    ip_network(text)
    for text in ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16")
)

_TRANSLATED = IPv6Network("64:ff9b::/96")
_MAPPED_BY_TRANSLATOR = IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE = IPv6Network("::/96")


def parsed(text: str) -> Address:
    """An address as the system gives it, without the zone of an interface."""
    return ip_address(text.partition("%")[0])


def is_public(address: Address) -> bool:
    """Whether it leads to the public network and nowhere else, after all unwrapping."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in net for net in _V4_CLOSED)
    inside = list(_wrapped(address))
    if inside:
        return all(is_public(one) for one in inside)
    if address.scope_id is not None or address not in _UNICAST:
        return False
    return address.is_global and not any(address in net for net in _V6_CLOSED)


def _wrapped(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries: where its packets may end."""
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if any(address in net for net in (_TRANSLATED, _MAPPED_BY_TRANSLATOR, _COMPATIBLE)):
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
    if (int(address) >> 32) & 0xFDFF_FFFF == 0x0000_5EFE:  # A tunnel inside a site (ISATAP).
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
