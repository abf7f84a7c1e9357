"""What becomes of a stay that is booked: it is altered, called off, lived in, damaged, reviewed."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from marketplace import DAY, HOUR, OPERATOR, Actor, Money, Party, Role, Transaction
from marketplace.plugins.stays.demo.season import Season, Stay

By = Party | Role | Actor

FATES = {
    "comes": 24, "cancels": 5, "regrets": 2, "alters": 3, "host_cancels": 1, "no_show": 1,
    "leaves_early": 1, "excused": 1,
}  # fmt: skip
"""Of thirty-eight booked stays."""
DAMAGES = {"none": 6, "agreed": 1, "contested": 1, "silent": 1}
PRAISE = ("Quiet nights and a kind host.", "The lake in the morning!", "As described.",
          "Clean, warm, near everything.", "We would come again.")  # fmt: skip
BLAME = ("The road was loud.", "Cold water in the evening.", "Smaller than it looked.")
GOOD_GUEST = ("Left everything tidy.", "Friendly and punctual.", "Welcome any time.")


def came_to_be(season: Season, stay: Stay, deal: Transaction) -> None:
    """Deal a fate to a stay, and arrange for everything that follows."""
    season.counts["booked"] += 1
    season.noted.setdefault("price", deal.id)
    start, end = deal.moments["start"], deal.moments["end"]
    ahead = start - season.now
    fate = season.draw("fate", **FATES)
    if fate == "cancels" and ahead > 6 * HOUR:
        when = season.now + ahead * season.dice.random() * 0.98
        season.at(when, lambda: _cancel(season, stay))
    elif fate == "regrets":
        season.later(season.hours(1, 20), lambda: _cancel(season, stay))
    elif fate == "alters" and ahead > 2 * DAY:
        season.later(ahead * 0.4, lambda: _alter(season, stay))
    elif fate == "host_cancels" and ahead > DAY:
        days = timedelta(days=season.dice.randint(1, 9))
        season.at(max(season.now + HOUR, start - days), lambda: _host_cancels(season, stay))
    elif fate == "no_show":
        season.at(start + 7 * HOUR, lambda: _take(season, stay, "no_show", stay.home.host))
    elif fate == "leaves_early" and end - start > 2 * DAY:
        season.at(start + DAY + 3 * HOUR, lambda: _leave_early(season, stay))
    elif fate == "excused" and ahead > DAY:
        season.at(start - 5 * HOUR, lambda: _excuse(season, stay))
    # An alteration may move the end by a night; who writes waits longer than that.
    season.at(end + season.hours(2, 20), lambda: _after(season, stay))


def _take(season: Season, stay: Stay, row: str, by: By, **asks: Any) -> bool:
    """Take a row of a stay, and count it; an alteration or the clock may have been there first."""

    def act() -> None:
        season.market.transactions.take(stay.id, row, by=by, **asks)

    if not season.tries(act):
        return False
    season.counts[row] += 1
    season.noted.setdefault(row, stay.id)
    return True


def _cancel(season: Season, stay: Stay) -> None:
    if _take(season, stay, "cancel", stay.guest):
        named = stay.home.listing.attributes.get("cancellation", "flexible")
        season.counts[f"cancelled under {named}"] += 1
        payments = season.market.transactions.payments(stay.id, by=OPERATOR)
        if any(one.captured // 5 < one.refunded < one.captured for one in payments):
            season.noted.setdefault("refund", stay.id)


def _host_cancels(season: Season, stay: Stay) -> None:
    _take(season, stay, "host_cancels", stay.home.host)


def _leave_early(season: Season, stay: Stay) -> None:
    if _take(season, stay, "leave_early", stay.guest):
        season.left_at[stay.id] = season.now.astimezone(season.zone).date()


def _excuse(season: Season, stay: Stay) -> None:
    _take(season, stay, "excuse", OPERATOR, reason="a landslide closed the road", bearer="operator")


def _alter(season: Season, stay: Stay) -> None:
    """One night more, or one less where that is not to be had; the host agrees or does not."""
    deal = season.deal(stay.id)
    end = deal.moments["end"]
    for other in (end + DAY, end - DAY):
        if other - deal.moments["start"] < DAY:
            continue
        made: list[str] = []

        def propose(to: object = other, made: list[str] = made) -> None:
            offer = season.market.offers.propose(stay.id, "alter", by=stay.guest, end=to)
            made.append(offer.id)

        if season.tries(propose):
            season.later(season.hours(1, 10), partial(_agree, season, stay, made[0]))
            return


def _agree(season: Season, stay: Stay, offer: str) -> None:
    yes = season.draw("alteration", agreed=4, refused=1) == "agreed"

    def say() -> None:
        if yes:
            season.market.offers.accept(offer, by=stay.home.host)
        else:
            season.market.offers.decline(offer, by=stay.home.host)

    if season.tries(say):
        season.counts["altered" if yes else "alterations declined"] += 1
        if yes:
            season.noted.setdefault("alter", stay.id)


def _after(season: Season, stay: Stay) -> None:
    """The stay is over: what was broken is claimed, and both write what they thought of it."""
    deal = season.deal(stay.id)
    if deal.state in ("booked", "paid", "staying", "hosted"):
        # It was prolonged meanwhile.
        season.later(DAY, lambda: _after(season, stay))
        return
    _deposit(season, stay)
    if deal.state != "completed":
        return
    if season.draw("guest writes", yes=7, no=3) == "yes":
        season.later(season.hours(2, 13 * 24), lambda: _review(season, stay, stay.guest))
    if season.draw("host writes", yes=6, no=4) == "yes":
        season.later(season.hours(1, 10 * 24), lambda: _review(season, stay, stay.home.host))


def _review(season: Season, stay: Stay, author: Party) -> None:
    mine = author is stay.guest
    stars = int(season.draw("stars", **{"5": 11, "4": 6, "3": 2, "2": 1}))
    texts = (PRAISE if stars > 3 else BLAME) if mine else GOOD_GUEST
    about = {"cleanliness": stars, "location": min(5, stars + 1)} if mine else None

    def write() -> None:
        season.market.reviews.write(
            stay.id,
            by=author,
            about=(stay.home.host if mine else stay.guest).id,
            rating=stars if mine else max(4, stars),
            text=season.dice.choice(texts),
            axes=about,
        )

    if season.tries(write):
        season.counts["reviews by guests" if mine else "reviews by hosts"] += 1


def _deposit(season: Season, stay: Stay) -> None:
    with season.market.batch() as work:
        found = work.select(Transaction, {"origin_id": stay.id}, limit=10)
    for deposit in found:
        if deposit.state not in ("held", "lapsed"):
            continue
        damage = season.draw("damage", **DAMAGES)
        if damage == "none":
            _deposit_row(season, deposit.id, "release", stay.home.host)
            continue
        whole = int(stay.home.listing.attributes["deposit"])
        amount = Money(whole * season.dice.randint(5, 40) // 100, season.currency)
        asks = {"amount": amount, "damage": season.dice.choice(("a window", "a lamp", "a kettle"))}
        if not _deposit_row(season, deposit.id, "claim", stay.home.host, **asks):
            continue
        season.noted.setdefault("claim", deposit.id)
        answer = partial(_answer, season, stay, deposit.id, damage, amount)
        season.later(season.hours(2, 30), answer)


def _answer(season: Season, stay: Stay, deposit: str, damage: str, amount: Money) -> None:
    """The guest agrees, or objects, or is silent."""
    if damage == "agreed":
        _deposit_row(season, deposit, "agree", stay.guest)
    elif damage == "contested":
        _contest(season, stay, deposit, amount)


def _contest(season: Season, stay: Stay, deposit: str, amount: Money) -> None:
    """The guest objects; two days later the operator gives the host a half."""
    if _deposit_row(season, deposit, "object", stay.guest):
        half = Money(amount.amount // 2, amount.currency)
        decide = partial(_deposit_row, season, deposit, "decide", OPERATOR, amount=half)
        season.later(2 * DAY, decide)


def _deposit_row(season: Season, deposit: str, row: str, by: By, **asks: Any) -> bool:
    def act() -> None:
        season.market.transactions.take(deposit, row, by=by, **asks)

    done = season.tries(act)
    season.counts[f"deposit {row}"] += done
    return done
