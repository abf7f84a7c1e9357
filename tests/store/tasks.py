"""What the processes of a herd do, each a function of its store and its number.

The naive ones are controls: they do what everybody writes first, and must be seen to fail.
"""

from __future__ import annotations

import random
import time
from typing import Any

import sqlalchemy as sa

from marketplace.domain.books import Timer
from marketplace.domain.ledger import Transfer
from marketplace.errors import Conflict, MarketplaceError, Refused, SoldOut
from marketplace.store.store import SqlStore
from tests.store.making import (
    CLEARING,
    DAY,
    HOUR,
    NOW,
    claim,
    command,
    event,
    journal,
    wallet,
)


def take_nights(store: SqlStore, number: int, rounds: int) -> list[bool]:
    """Wants each of so many nights in turn; whether it got it."""
    got = []
    for night in range(rounds):
        try:
            with store.begin() as work:
                work.claims.claim([claim(f"n{night}_{number}", "re_1", night, night + 1)], NOW)
            got.append(True)
        except SoldOut:
            got.append(False)
    return got


def take_nights_naively(store: SqlStore, number: int, rounds: int) -> list[bool]:
    """Looks whether a night is free, and if so writes that it is taken."""
    got = []
    for night in range(rounds):
        with store.engine.connect() as connection:
            taken = connection.execute(
                sa.text("SELECT count(*) FROM plain_night WHERE night = :night"), {"night": night}
            ).scalar()
            connection.rollback()
            time.sleep(0.002)
            if not taken:
                connection.execute(
                    sa.text("INSERT INTO plain_night (night, who) VALUES (:night, :who)"),
                    {"night": night, "who": number},
                )
                connection.commit()
            got.append(not taken)
    return got


def take_span(store: SqlStore, number: int, spans: list[tuple[int, int]]) -> int | None:
    """Wants one of the spans, by its number; gives which one it got."""
    which = number % len(spans)
    start, end = spans[which]
    try:
        with store.begin() as work:
            work.claims.claim([claim(f"s_{number}", "re_1", start, end)], NOW)
        return which
    except SoldOut:
        return None


def buy_carts(store: SqlStore, number: int) -> int:
    """Buys carts of one to three units until not one unit is left; gives how many it got."""
    draw, bought, carts = random.Random(number), 0, 0
    while True:
        size = draw.randint(1, 3)
        carts += 1
        try:
            with store.begin() as work:
                work.claims.claim([claim(f"b_{number}_{carts}", "re_1", quantity=size)], NOW)
            bought += size
        except SoldOut:
            try:
                with store.begin() as work:
                    work.claims.claim([claim(f"l_{number}_{carts}", "re_1", quantity=1)], NOW)
                bought += 1
            except SoldOut:
                return bought


def buy_and_send(store: SqlStore, number: int) -> int:
    """Buys carts of one to three units and sends each at once, until there are none; how many."""
    draw, sent, carts = random.Random(number), 0, 0
    while True:
        size, carts = draw.randint(1, 3), carts + 1
        for quantity in (size, 1):
            one = claim(f"u{quantity}_{number}_{carts}", "re_1", quantity=quantity)
            try:
                with store.begin() as work:
                    work.claims.claim([one], NOW)
                with store.begin() as work:
                    work.claims.use([one.id])
                sent += quantity
                break
            except SoldOut:
                continue
        else:
            return sent


def buy_baskets(store: SqlStore, number: int, resources: list[str]) -> tuple[list[int], list[str]]:
    """Buys one to three units of two of the resources, in any order, until nothing is left.

    Gives how many of each it got, and the codes of what went wrong otherwise.
    """
    draw, got, baskets, codes = random.Random(number), [0] * len(resources), 0, []
    none_left = 0
    while none_left < 20:
        baskets += 1
        wanted = {which: draw.randint(1, 3) for which in draw.sample(range(len(resources)), 2)}
        claims = [
            claim(f"k{which}_{number}_{baskets}", resources[which], quantity=quantity)
            for which, quantity in wanted.items()
        ]
        try:
            with store.begin() as work:
                work.claims.claim(claims, NOW)
        except SoldOut:
            none_left += 1
            continue
        except MarketplaceError as error:
            codes.append(error.code)
            continue
        for which, quantity in wanted.items():
            got[which] += quantity
    return got, codes


def buy_carts_naively(store: SqlStore, number: int) -> int:
    """Reads how many are left, and writes back how many there are then."""
    draw, bought = random.Random(number), 0
    while True:
        size = draw.randint(1, 3)
        with store.engine.connect() as connection:
            left = connection.execute(sa.text("SELECT units FROM plain_stock")).scalar()
            connection.rollback()
            time.sleep(0.002)
            if left is None or left < 1:
                return bought
            size = min(size, left)
            connection.execute(sa.text("UPDATE plain_stock SET units = :n"), {"n": left - size})
            connection.commit()
            bought += size


def take_and_free(store: SqlStore, number: int, seconds: float) -> dict[str, Any]:
    """Claims nights of one hot listing and gives them back, for so long."""
    draw, waits, codes = random.Random(number), [], []
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        start = draw.randint(0, 20)
        count += 1
        one = claim(f"h_{number}_{count}", "re_1", start, start + draw.randint(1, 5))
        began = time.monotonic()
        try:
            with store.begin() as work:
                work.claims.claim([one], NOW)
            waits.append(time.monotonic() - began)
            with store.begin() as work:
                work.claims.free([one.id])
        except SoldOut:
            waits.append(time.monotonic() - began)
        except MarketplaceError as error:
            codes.append(error.code)
    return {"waits": waits, "codes": codes}


def take_and_free_plainly(store: SqlStore, number: int, seconds: float) -> dict[str, Any]:
    """The same by a plain INSERT under the exclusion constraint, without ON CONFLICT."""
    draw, codes, waits = random.Random(number), [], []
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        start = draw.randint(0, 20)
        count += 1
        values = {
            "id": f"h_{number}_{count}",
            "now": NOW,
            "start": NOW + start * DAY,
            "end": NOW + (start + draw.randint(1, 5)) * DAY,
        }
        began = time.monotonic()
        try:
            with store.engine.begin() as connection:
                connection.execute(_PLAIN_INSERT, values)
            with store.engine.begin() as connection:
                connection.execute(
                    sa.text("UPDATE reservation SET state = 'freed' WHERE id = :id"),
                    {"id": values["id"]},
                )
        except sa.exc.DBAPIError as error:
            codes.append(getattr(error.orig, "sqlstate", "?"))
        waits.append(time.monotonic() - began)
    return {"waits": waits, "codes": codes}


_PLAIN_INSERT = sa.text(
    "INSERT INTO reservation (id, resource_id, single, cause, cause_id, quantity, state,"
    ' created_at, start, "end", label, version)'
    " VALUES (:id, 're_1', true, 'offer', 'of_1', 1, 'reserved', :now, :start, :end, '', 1)"
)


def move_about(store: SqlStore, number: int, moves: int) -> list[str]:
    """Moves its own night to other nights that others move to as well; gives the errors' codes."""
    draw, codes, mine = random.Random(number), [], ""
    for count in range(moves):
        night = draw.randint(0, 19)
        new = claim(f"m_{number}_{count}", "re_1", night, night + 1)
        try:
            with store.begin() as work:
                work.claims.move([mine] if mine else [], [new], NOW)
            mine = new.id
        except MarketplaceError as error:
            codes.append(error.code)
    return codes


def write_for(
    store: SqlStore, number: int, seconds: float, pause: float, queued: bool
) -> dict[str, Any]:
    """Writes again and again, with a pause between; gives how long it waited for each turn."""
    if not queued:
        store.adapter.commits = store.connections = None
    waits: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            with store.begin() as work:
                waits.append(time.monotonic() - began)
                work.timers.arm([Timer("transaction", f"tx_{number}", "x", NOW)])
        except Conflict:
            waits.append(time.monotonic() - began)
        time.sleep(pause)
    return {"waits": waits}


def spend(store: SqlStore, number: int, times: int) -> int:
    """Takes one rupee out of a shared wallet so many times; gives how often it could."""
    done = 0
    for count in range(times):
        move = Transfer(wallet("pa_1"), wallet(f"pa_{number % 3 + 2}"), 1)
        try:
            with store.begin() as work:
                work.ledger.post([journal(f"jr_{number}_{count}", move)])
            done += 1
        except Refused:
            pass  # The wallet is empty.
    return done


def resolve(store: SqlStore, number: int, pending: str) -> str:
    """Posts a pending transfer; says what came of it."""
    move = Transfer(CLEARING, wallet("pa_1"), 100, "post", pending)
    try:
        with store.begin() as work:
            work.ledger.post([journal(f"jr_{number}", move)])
        return "resolved"
    except Conflict as error:
        return error.code


def tell(store: SqlStore, number: int, times: int) -> None:
    """Writes events that all parties hear of, two in each unit of work."""
    for count in range(times):
        with store.begin() as work:
            work.events.append([event(f"ev_{number}_{count}a", "pa_2", "pa_1")])
            work.events.append([event(f"ev_{number}_{count}b", "pa_1", "pa_3", "pa_2")])


def lease(store: SqlStore, number: int) -> list[str]:
    """Leases intents until there is none; gives their ids."""
    mine: list[str] = []
    while True:
        with store.begin() as work:
            leased = work.intents.lease(NOW, f"worker {number}", HOUR, 3)
        if not leased:
            return mine
        mine += [one.id for one in leased]


def fire(store: SqlStore, number: int) -> list[str]:
    """Takes due timers until there is none, three at a time; gives what they were about."""
    fired: list[str] = []
    idle = 0
    while idle < 3:
        with store.begin() as work:
            due = work.timers.due(NOW, 3)
            fired += [one.subject_id for one in due if work.timers.disarm([one])]
        idle = 0 if due else idle + 1
    return fired


def ask(store: SqlStore, number: int, times: int) -> str:
    """Appends commands to one subject, the first under a key that all want; says how that went."""
    said = "did it"
    try:
        with store.begin() as work:
            work.commands.append(command(f"co_{number}_0", key="the same"))
    except Conflict as error:
        said = error.code
    for count in range(1, times):
        with store.begin() as work:
            work.commands.append(command(f"co_{number}_{count}"))
    return said


def look_and_ask(store: SqlStore, number: int) -> str:
    """Does what it wants under a key that all want, unless it finds it done; says who did it."""
    with store.begin() as work:
        before = work.commands.find("pa_1", "the same")
        if before is not None:
            return before.id
        work.commands.append(command(f"co_{number}", f"tx_{number}", key="the same"))
        return f"co_{number}"
