"""Fetching from servers on this machine that mean well, badly, or nothing at all."""

from __future__ import annotations

import gzip
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from marketplace import InvalidInput, Outcome, Refused
from marketplace.plugins.ical.connecting import Deadline, PinnedConnection, system_resolve
from marketplace.plugins.ical.fetching import Fetcher
from tests.support.calendar_server import (
    Page,
    Site,
    cut_short,
    dripping,
    moved_to,
    packed_as,
    serving,
)
from tests.support.calendars import loopback

BODY = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
PEM = Path(__file__).parent / "calendar_test.pem"


def refused(fetcher: Fetcher, url: str) -> str:
    """The code with which an address is refused."""
    with pytest.raises(Outcome) as caught:
        fetcher.fetch(url)
    return caught.value.code


def test_a_calendar_is_fetched_in_its_host_s_name(site: Site) -> None:
    """The server is asked for the host that the address names, at the address that was checked."""
    site.pages["/a.ics?s=1"] = BODY
    assert loopback(site).fetch(site.url("/a.ics?s=1#x")) == BODY
    assert site.asked == [(f"calendar.test:{site.port}", "/a.ics?s=1")]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://calendar.test/", "ftp://calendar.test/a.ics",
        "//calendar.test/a.ics", "calendar.test/a.ics", "", "http://", "http:///a.ics",
        "http://calendar.test:22/", "https://calendar.test:8443/", "http://calendar.test:99999/",
        "http://calendar.test:0/", "http://calendar.test:x/",
        "http://user:secret@calendar.test/", "http://user@calendar.test/", "http://@calendar.test/",
        "http://calendar.test\\@127.0.0.1/", "http://calendar.test/a b", "http://calendar.test/\t",
        "http://calendar.test/\r\nHost: other", "http://calendar.test/é", "http://[::1/", None, 7,
        "http://calendar.test/" + "a" * 2_000,
    ],
)  # fmt: skip
def test_an_address_of_the_wrong_form_is_invalid(url: Any) -> None:
    """Only http and https, only the ports of the web, no name or password, nothing that two readers
    could read in two ways; nobody is even asked for the host's address."""

    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("nobody may be asked")

    for ask in (Fetcher(resolve=resolve).check, Fetcher(resolve=resolve).fetch):
        with pytest.raises(InvalidInput) as caught:
            ask(url)
        assert caught.value.code == "untrusted_url"


@pytest.mark.parametrize(
    "host",
    [
        "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "ⓛocalhost", "127。0。0。1", "localhost",
        "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "100.64.0.1",
        "[::1]", "0", "169.254.169.254", "[fd00::1]", "224.0.0.1",
    ],
)  # fmt: skip
def test_a_host_that_leads_inwards_is_refused(host: str) -> None:
    """However a loopback, private or shared address is written, the machine's own resolver finds
    it out, and it is refused without a connection and without saying what was found."""
    with pytest.raises(Refused) as caught:
        Fetcher().fetch(f"http://{host}/")
    assert caught.value.code == "untrusted_address"


def test_without_the_check_the_inside_is_read(site: Site) -> None:
    """The control: the same loopback server, asked by a fetcher that trusts every address, gives
    its page away; so it is the check that keeps it."""
    site.pages["/secret"] = b"inside"
    trusting = Fetcher(ports={site.port}, allows=lambda one: True)
    for host in ("127.1", "0x7f000001", "2130706433", "0177.0.0.1"):
        url = site.url("/secret", host=host)
        assert trusting.fetch(url) == b"inside"
        assert refused(evolve(trusting, allows=Fetcher().allows), url) == "untrusted_address"


def test_one_bad_address_among_good_ones_is_enough(site: Site) -> None:
    """A host with a public and a private address is refused: nobody knows which would be used."""
    for answers in (["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["8.8.8.8", "no address"]):

        def resolve(host: str, port: int, answers: list[str] = answers) -> list[str]:
            return answers

        fetcher = Fetcher(ports={site.port}, resolve=resolve)
        assert refused(fetcher, site.url()) == "untrusted_address"
    assert site.asked == []


def test_an_unknown_host_is_told(site: Site) -> None:
    """A host without an address is refused as such, whether the resolver fails or knows none."""

    def fails(host: str, port: int) -> list[str]:
        raise socket.gaierror("unknown")

    for resolve in (fails, lambda host, port: []):
        assert refused(evolve(loopback(site), resolve=resolve), site.url()) == "unresolvable"


def _public_front(site: Site) -> Fetcher:
    """Believes that 127.0.0.1 is public and 127.0.0.2 is not."""
    known = {"calendar.test": ["127.0.0.1"], "inside.test": ["127.0.0.2"]}

    def resolve(host: str, port: int) -> list[str]:
        return known.get(host) or system_resolve(host, port)

    return Fetcher(
        ports={site.port, 80}, resolve=resolve, allows=lambda one: one == ip_address("127.0.0.1")
    )


def test_a_redirect_inwards_is_refused(site: Site) -> None:
    """Each hop is looked at as if it were the first: a public page that sends the fetcher inwards,
    to another scheme, port or a name and password, gets nobody there; a control that trusts
    everybody arrives."""
    with serving("127.0.0.2") as inside:
        inside.pages["/secret"] = b"inside"
        inwards = {
            f"http://127.0.0.2:{inside.port}/secret": "untrusted_address",
            f"http://inside.test:{inside.port}/secret": "untrusted_address",
            "http://[::1]/": "untrusted_address",
            "http://169.254.169.254/latest/meta-data/": "untrusted_address",
            "file:///etc/passwd": "untrusted_url",
            f"http://u:p@calendar.test:{site.port}/a.ics": "untrusted_url",
            "http://calendar.test:22/": "untrusted_url",
        }
        fetcher = _public_front(site)
        fetcher = evolve(fetcher, ports=fetcher.ports | {inside.port})
        for url, code in inwards.items():
            site.pages["/a.ics"] = moved_to(url)
            assert refused(fetcher, site.url()) == code
        assert inside.asked == []
        site.pages["/a.ics"] = moved_to(f"http://127.0.0.2:{inside.port}/secret")
        assert evolve(fetcher, allows=lambda one: True).fetch(site.url()) == b"inside"


def test_good_redirects_are_followed_and_counted(site: Site) -> None:
    """Relative and absolute redirects lead on, up to the limit; a circle ends there."""
    site.pages["/a.ics"] = moved_to("/b.ics")
    site.pages["/b.ics"] = moved_to(site.url("/c.ics", host="www.calendar.test"))
    site.pages["/c.ics"] = BODY
    fetcher = loopback(site)
    assert fetcher.fetch(site.url()) == BODY
    assert [path for _, path in site.asked] == ["/a.ics", "/b.ics", "/c.ics"]
    assert refused(evolve(fetcher, redirects=1), site.url()) == "too_many_redirects"
    site.pages["/c.ics"] = moved_to("/a.ics")
    site.asked.clear()
    assert refused(fetcher, site.url()) == "too_many_redirects"
    assert len(site.asked) == 4


class Rebinding:
    """A name whose address is a public one the first time and an inner one ever after."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return ["127.0.0.1"] if self.asked == 1 else ["127.0.0.2"]


def test_a_name_that_changes_its_mind_changes_nothing(site: Site) -> None:
    """The connection goes to the address that was checked; the name is not asked again. The
    control, which checks first and connects by name, ends up inside."""
    with serving("127.0.0.2") as inside:
        inside.pages["/a.ics"] = b"inside"
        # The same port outside and inside, as an attacker would have it.
        outside_port = inside.port
        rebinding = Rebinding()
        fetcher = evolve(_public_front(site), resolve=rebinding, ports={outside_port})
        url = f"http://calendar.test:{outside_port}/a.ics"
        assert refused(fetcher, url) == "unreachable", "nothing listens outside at that port"
        assert (rebinding.asked, inside.asked) == (1, [])

        naive = Rebinding()
        addresses = naive("calendar.test", outside_port)
        assert all(one == "127.0.0.1" for one in addresses), "checked and found good"
        (again,) = naive("calendar.test", outside_port)
        connection = PinnedConnection("calendar.test", outside_port, again, Deadline(5), None)
        connection.request("GET", "/a.ics")
        assert connection.getresponse().read() == b"inside"
        connection.close()


HOSTILE: dict[str, tuple[Page, str]] = {
    "a body by drops": (dripping(b"x", 0.05), "too_slow"),
    "headers by drops": (dripping(b"X-A: b\r\n", 0.05, headers=True), "too_slow"),
    "silence": (dripping(b"", 0.05), "too_slow"),
    "an endless body": (dripping(b"x" * 65_536, 0), "too_large"),
    "a large body": (b"x" * 100_001, "too_large"),
    "a bomb": (packed_as(gzip.compress(b"x" * 50_000_000), "gzip"), "too_large"),
    "another bomb": (packed_as(zlib.compress(b"x" * 50_000_000), "deflate"), "too_large"),
    "half of a packed body": (packed_as(gzip.compress(bytes(90_000))[:-9], "gzip"), "unreachable"),
    "packed wrongly": (packed_as(b"no gzip", "gzip"), "unreachable"),
    "packed otherwise": (packed_as(b"x", "br"), "not_given"),
    "half of a body": (cut_short(b"x" * 10, 1_000), "unreachable"),
    "too many headers": (dripping(b"X-A: b\r\n" * 300, 0.2, headers=True), "unreachable"),
    "a long header": (dripping(b"X-A: " + b"b" * 70_000, 0.2, headers=True), "unreachable"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_who_answers_slowly_or_without_end_is_left(site: Site, name: str) -> None:
    """Bytes are counted as they come and as they are unpacked, seconds from the first to the last;
    a body that ends too early is none."""
    site.pages["/a.ics"], code = HOSTILE[name]
    began = time.monotonic()
    assert refused(loopback(site, seconds=1, most_bytes=100_000), site.url()) == code
    assert time.monotonic() - began < 5


def test_a_packed_calendar_is_unpacked(site: Site) -> None:
    """A calendar within the limits is the same, packed or not."""
    for encoding, body in (
        ("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY)), ("identity", BODY),
    ):  # fmt: skip
        site.pages["/a.ics"] = packed_as(body, encoding)
        assert loopback(site).fetch(site.url()) == BODY


def test_a_resolver_that_hangs_is_left() -> None:
    """The deadline covers the name too, though a resolver knows none."""

    def hangs(host: str, port: int) -> list[str]:
        time.sleep(3)
        return ["127.0.0.1"]

    began = time.monotonic()
    assert refused(Fetcher(resolve=hangs, seconds=0.2), "http://calendar.test/") == "too_slow"
    assert time.monotonic() - began < 2


def test_what_is_not_given_is_told(site: Site) -> None:
    """An answer other than a page is refused by its number, a closed port as unreachable."""
    assert refused(loopback(site), site.url("/nothing")) == "not_given"
    with serving() as gone:
        url = gone.url()
        fetcher = loopback(gone)
    assert refused(fetcher, url) == "unreachable"


@pytest.fixture
def encrypted() -> Iterator[Site]:
    """Yield a site with a certificate for ``calendar.test``."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(PEM)
    with serving(tls=tls) as made:
        made.pages["/a.ics"] = BODY
        yield made


def test_a_certificate_must_be_the_host_s(encrypted: Site) -> None:
    """The connection goes to an address, and the certificate must be the name's: another name at
    the same address, or a certificate that nobody vouches for, is not spoken to. An encrypted
    calendar does not become a readable one on the way."""
    trusted = ssl.create_default_context(cafile=str(PEM))
    fetcher = loopback(encrypted, tls=trusted)
    url = encrypted.url().replace("http:", "https:")
    assert fetcher.fetch(url) == BODY
    assert refused(fetcher, url.replace("calendar.test", "other.test")) == "unreachable"
    assert refused(evolve(fetcher, tls=None), url) == "unreachable"
    encrypted.pages["/a.ics"] = moved_to("http://calendar.test/")
    assert refused(fetcher, url) == "untrusted_redirect"
