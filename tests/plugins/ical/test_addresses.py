"""Addresses that lead inwards, however they are wrapped."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.plugins.ical.addresses import is_public, parsed

INWARDS = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.1.1",
    "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:169.254.169.254", "::ffff:127.0.0.1", "::127.0.0.1",
    "::ffff:0:127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::1", "2001:0:808:808::80ff:fffe",
    "100::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "ff0e::1", "2001:db8::1", "2001:2::1", "2001:20::1", "3fff::1", "5f00::1", "4000::1",
    "2a00:1450::5efe:10.0.0.1", "2a00:1450::200:5efe:192.168.0.1",
]  # fmt: skip
OUTWARDS = [
    "8.8.8.8", "1.1.1.1", "99.255.255.255", "100.128.0.1", "172.32.0.1", "192.169.0.1",
    "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8",
    "64:ff9b::808:808", "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("text", INWARDS)
def test_what_leads_inwards_is_not_public(text: str) -> None:
    """Loopback, private, shared, link-local, multicast, special and future addresses are none of
    the public network's, bare or carried by another address."""
    assert not is_public(parsed(text))


@pytest.mark.parametrize("text", OUTWARDS)
def test_what_leads_outwards_is_public(text: str) -> None:
    """The rule does not shut the world out: addresses of the public network are good, also where
    a mapping or a translator carries them."""
    assert is_public(parsed(text))


@given(st.integers(0, 2**32 - 1))
def test_a_wrapping_changes_nothing(number: int) -> None:
    """An IPv4 address is as public as its mapped, translated and 6to4 forms are."""
    bare = is_public(IPv4Address(number))
    for wrapped in (
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x64_FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80) | 1),
    ):
        assert is_public(wrapped) == bare


@given(st.integers(0, 2**128 - 1))
def test_public_is_never_more_than_global(number: int) -> None:
    """Whatever this rule lets pass bare, Python's own register calls global and no multicast."""
    address = IPv6Address(number)
    if is_public(address) and address.ipv4_mapped is None:
        assert address.is_global
        assert not address.is_multicast
