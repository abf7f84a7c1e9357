"""Contacts: found in many forms, and ordinary numbers, dates and prices left alone."""

import time

import pytest

from marketplace import masked
from marketplace.domain.contacts import HIDDEN

PHONES = [
    "call 9812345678", "+977 981-234 5678", "(981) 234-5678", "९८१२३४५६७८ मा फोन",
    "９８１２３４５６７８", "98 12 34 56 78", "9.8.1.2.3.4.5.6.7.8", "98O1234567",  # noqa: RUF001
    "9812\u200b345678", "0033 6 12 34 56 78", "01-4412345", "①②③④⑤⑥⑦⑧", "98,12,34,56,78",
    "9\ufe0f\u20e38\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e35\ufe0f\u20e3",
    "9812/345/678", "98_12_34_56_78", "98 - 12 - 34 - 56 - 78", "tel:061-525252", "612 345 678",
    "00977(981)2345678", "98l2345678", "٠١٢٣٤٥٦٧٨٩", "9812345678 or 9812345679",
    "2026-11-26 9812345678", "NPR 9812345678",
]  # fmt: skip
MAILS = [
    "a.b@example.org", "a.b (at) example (dot) org", "gita at gmail dot com", "me[at]example[.]com",
    "name @ gmail . com", "ａ＠ｂ．ｃｏｍ", "hari@gmail", "write to hari at gmail",  # noqa: RUF001
    "Hari AT Yahoo DOT com", "x+y@sub.example.co.uk", "me@exa\u200bmple.org",
]  # fmt: skip
LINKS = [
    "https://x.y/z", "www.example.com", "book at myhouse.com now", "t.me/hari",
    "wa.me/9779812345678", "example dot com", "whatsapp: hari_1", "insta @hari.home",
    "hxxp://evil.example", "javascript at evil.com", "bit.ly/3xYz",
]  # fmt: skip
ORDINARY = [
    "NPR 1,250,000 a month", "12,34,567 rupees", "Rs 1250000", "1 250 000 NPR",
    "2026-11-26 to 2026-11-28", "26.11.2026-28.11.2026", "11/26/2026", "26-28.11.2026",
    "2026-11-26 15:00", "2026-11-26T15:00:00Z", "20261126", "2019-2024", "2019, 2020, 2021",
    "2019 2020 2021", "1990/2000", "built 1998, renovated 2015", "House 12, 44600 Kathmandu",
    "12 Lakeside Marg, Pokhara 33700", "Plot 1234/56", "No.5", "room 101, 102, 103",
    "check-in 15:00-20:00, out by 11:00", "7:00 am", "open 10-18, Mon-Fri", "24/7 power",
    "1500-2500 per night", "NPR 1500 - 2500", "1,000-2,500", "$1,234,567.89", "USD 100.50",
    "price 100000", "3 nights at 4500", "4.87 (1234 reviews)", "80 m2, 3rd floor, 1.5 baths",
    "27.7154, 85.3123", "at 1400 m altitude", "24.5 °C to 30.5 °C", "100 Mbps wifi", "10 x 20 m",
    "12 to 14 guests", "sleeps 2 3 4", "1-2-3 go", "ISO 9001", "population 845767",
    "४५०० रुपैयाँ", "२०८३ साल", "I am at home. Nice place", "Meet you @ cafe. Nice",
    "look at the view", "St.Anna church", "e.g. tea, i.e. chai", "A5 paper, 4K TV, 2x4",
    "We have a WhatsApp group", "Dot and Tom welcome you", "at 5 dot sharp", "5 km, 10 min, 2 beds",
]  # fmt: skip


@pytest.mark.behaviour("C18")
@pytest.mark.attack(80)
@pytest.mark.parametrize("text", [*PHONES, *MAILS, *LINKS])
def test_contacts_are_masked(text: str) -> None:
    """Telephone numbers, addresses of mail and links go, however they are dressed up: at most two
    of a number's digits are left."""
    shown = masked(text)
    assert HIDDEN in shown
    assert sum(sign.isdigit() for sign in shown) <= 2
    assert "@" not in shown
    assert masked(shown) == shown


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_texts_are_left_alone(text: str) -> None:
    """Prices, dates, years, times, house numbers, postcodes and figures of speech stay."""
    assert masked(text) == text


def test_what_stands_around_a_contact_stays() -> None:
    """Only the contact is cut out, of the text as it was written."""
    assert masked("Quiet; call +977-98 1234 5678, or mail a@b.org. शान्त!") == (
        f"Quiet; call {HIDDEN}, or mail {HIDDEN}. शान्त!"
    )


@pytest.mark.parametrize(
    "piece",
    [
        "a", " ", "1", "1 ", "a.", "a@", "(.", "a at ", "a dot ", "1,", "2026-", "www.", "+", "(1",
        "1(", "- ", "a . ", "a@a ", "whatsapp ", "१", "1O", "0.", "a-", "\u200b",
    ],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    """Ten thousand signs that almost are a contact are looked through in less than a second."""
    text = (piece * 10_000)[:10_000]
    begun = time.perf_counter()
    masked(text)
    assert time.perf_counter() - begun < 1
