"""A deal that wanders through the rows of a process at random, with a clock and a purse in hand.

It knows nothing of the prover: no configurations, no bounds, only one deal, one moment and one
throw of the dice after another. What goes wrong on its way is noted by the prover's code for it.
"""

from random import Random

from marketplace.domain.effect import ClaimEffect, ClaimKind, Effect, MoneyEffect, SeatEffect
from marketplace.domain.method import PaymentMethod, Way
from marketplace.domain.party import CLOCK, IMPERSONAL, PAYMENT_PROVIDER, Role
from marketplace.domain.process import Process
from marketplace.domain.transition import OPENED, After, Transition, When

DAY_SECONDS = 86_400
PATIENCE = 60
"""Rows of the clock alone, one after the other, before we say that it goes round for ever."""


class Unproved(Process):
    """A process that nobody proved, to see what it would do."""

    def __attrs_post_init__(self) -> None:
        return


class Wanderer:
    """One deal in one process, paid by one method."""

    def __init__(
        self,
        process: Process,
        method: PaymentMethod,
        random: Random,
        absent: Role | None = None,
    ) -> None:
        self.process, self.method, self.random = process, method, random
        self.absent = absent
        """A role that never takes a row once something is held."""
        self.oldest = 0
        """The oldest hold seen, in seconds."""
        self.now = 0
        self.entered = 0
        self.moments = {OPENED: 0}
        for moment in process.moments:
            self.moments[moment] = random.choice([-1, 0, 1, 3, 10, 40]) * DAY_SECONDS
        self.state = process.start
        self.money = {p.name: "settled" if p.starts_settled else "none" for p in process.purses}
        self.series = {p.name for p in process.purses if p.series}
        self.held_since: dict[str, int] = {}
        self.dead: set[str] = set()
        self.claims: set[str] = set()
        self.seats: set[str] = set()
        self.fillable = {
            effect.role
            for row in process.transitions
            for effect in row.effects
            if isinstance(effect, SeatEffect) and effect.fill
        }
        self.found: set[str] = set()
        self.story: list[str] = []
        self.steps = 0

    def wander(self, most: int = 60) -> set[str]:
        """Take rows at random, then leave the deal to the clock; return what first went wrong.

        What happens after a mistake is no evidence: the deal is where it never should have been.
        """
        for _ in range(most):
            if self.found or self.state in self.process.final or not self.act():
                break
        alone = 0
        while not self.found and self.holding() and self.state not in self.process.final:
            alone += 1
            if alone > PATIENCE:
                self.found.add("endless")
                break
            if not self.tick():
                break
        if not self.found and self.state in self.process.final:
            self.finish()
        return self.found

    def holding(self) -> bool:
        return bool(self.claims) or any(at in ("held", "captured") for at in self.money.values())

    def finish(self) -> None:
        if any(at in ("held", "captured") for at in self.money.values()):
            self.found.add("held_in_final|failed_into_final")
        if self.claims:
            self.found.add("reserved_in_final")
        if self.process.rows_from(self.state):
            self.found.add("way_out_of_final")

    def due(self, when: When) -> int:
        if isinstance(when, After):
            return self.entered + int(when.delay.total_seconds())
        return self.moments[when.moment] + int(when.offset.total_seconds())

    def timers(self) -> list[tuple[int, Transition]]:
        rows = self.process.rows_from(self.state)
        return [(self.due(row.when), row) for row in rows if row.is_timer and row.when]

    def act(self) -> bool:
        """One thing happens: a party acts in time, a hold dies, or the clock has waited enough."""
        rows = self.process.rows_from(self.state)
        if not rows:
            self.found.add("no_way_out")
            return False
        for row in rows:
            if not self.somebody(row):
                self.found.add("empty_seat")
        timers = self.timers()
        if self.holding() and not timers:
            self.found.add("unbounded")
        first = min((due for due, _ in timers), default=None)
        choices = []
        for row in rows:
            if set(row.who) <= {CLOCK} or not self.somebody(row):
                continue
            if self.holding() and set(row.who) <= {CLOCK, self.absent}:
                continue
            if row.agreed and self.absent in row.who:
                continue
            if row.on is not None and row.on.startswith("hold_expired"):
                continue
            earliest = self.now if row.not_before is None else self.due(row.not_before)
            at = max(self.now, earliest) + self.random.choice([0, 0, 1, 600, 90_000, 900_000])
            if first is not None and at >= first:
                at = max(self.now, earliest, first - 1)
            if first is None or at < first or PAYMENT_PROVIDER in row.who:
                choices.append((at, row))
        if choices and (not timers or self.random.random() < 0.75):
            at, row = self.random.choice(choices)
            if not self.dies(at):
                self.take(at, row)
            return True
        return self.tick() if timers else bool(choices)

    def tick(self) -> bool:
        """The clock takes the row that is due first."""
        timers = self.timers()
        if not timers:
            self.found.add("unbounded" if self.process.rows_from(self.state) else "no_way_out")
            return False
        first = min(due for due, _ in timers)
        if not self.dies(max(self.now, first)):
            row = self.random.choice([row for due, row in timers if due == first])
            self.take(max(self.now, first), row)
        return True

    def dies(self, until: int) -> bool:
        """Holds that die before then: told to a row that waits for it, or not at all."""
        if self.method.hold_lives is None:
            return False
        life = int(self.method.hold_lives.total_seconds())
        for purse, since in sorted(self.held_since.items()):
            if purse in self.dead or since + life >= until:
                continue
            for row in self.process.rows_from(self.state):
                if row.on in ("hold_expired", f"hold_expired {purse}") and (
                    since + life >= self.entered
                ):
                    self.money[purse] = "none"
                    del self.held_since[purse]
                    self.take(since + life, row)
                    return True
            self.dead.add(purse)
        return False

    def somebody(self, row: Transition) -> bool:
        there = [
            role
            for role in row.who
            if role in IMPERSONAL
            or role.name not in self.fillable
            or role.name in self.seats
            or row.fills == role.name
        ]
        return len(there) > int(row.agreed)

    def take(self, at: int, row: Transition) -> None:
        self.now, called = at, False
        live = [at - since for purse, since in self.held_since.items() if purse not in self.dead]
        self.oldest = max([self.oldest, *live])
        self.steps += 1
        for effect in row.effects:
            if isinstance(effect, MoneyEffect):
                answer = self.ask(effect)
                before = (dict(self.money), dict(self.held_since), set(self.dead))
                self.pay(effect)
                if self.found:
                    return
                if answer != "yes":
                    self.money, self.held_since, self.dead = before
                    self.story.append(f"{row.name} ({effect}: {answer})")
                    self.enter(row.failed if answer == "no" else row.needs_customer, row)
                    return
                answered_later = effect.kind.value == "refund"
                called |= self.method.way(effect.kind) is Way.CALL and not answered_later
            else:
                self.claim_or_seat(effect, called, bool({CLOCK, PAYMENT_PROVIDER} & set(row.who)))
        self.story.append(row.name)
        self.enter(row.to, row)

    def enter(self, state: str | None, row: Transition) -> None:
        if state is None:
            self.found.add("no_failed|no_needs_customer")
            state = row.to
        self.state, self.entered = state, self.now
        price = next(iter(self.money), None)
        if state in self.process.paid and price and self.money[price] in ("none", "saved"):
            self.found.add("unpaid")

    def ask(self, effect: MoneyEffect) -> str:
        answers = ["yes"] * 3
        if self.method.may_fail(effect.kind):
            answers.append("no")
        if self.method.may_need_customer(effect.kind):
            answers.append("ask")
        return self.random.choice(answers)

    def pay(self, effect: MoneyEffect) -> None:
        purse, kind = effect.purse, effect.kind.value
        if purse not in self.money:
            self.found.add("unknown_purse")
            return
        at = self.money[purse]
        again = at == "settled" and purse in self.series
        if kind == "hold":
            self.expect(at in ("none", "saved") or again, "held_twice", "paid_twice")
            self.money[purse], self.held_since[purse] = "held", self.now
            self.dead.discard(purse)
        elif kind in ("capture", "raise"):
            self.expect(at == "held", "nothing_held")
            if purse in self.dead:
                self.found.add("hold_dies")
            if kind == "capture":
                self.leave_hold(purse, "captured")
        elif kind in ("charge", "record"):
            self.expect(at in ("none", "saved") or again, "charged_over_hold", "paid_twice")
            self.leave_hold(purse, "captured")
        elif kind in ("settle", "pay out"):
            self.expect(at == "captured", "nothing_captured")
            self.leave_hold(purse, "settled")
        elif kind in ("refund", "collect"):
            self.expect(at == "captured", "nothing_captured")
        elif kind == "reverse":
            self.expect(at == "settled", "nothing_settled")
            self.leave_hold(purse, "captured")
        elif kind == "void":
            self.expect(at in ("none", "saved", "held") or again, "void_after_capture")
            if at == "held":
                self.leave_hold(purse, "none")
        elif kind == "save":
            self.expect(at in ("none", "saved") or again, "charged_over_hold", "paid_twice")
            if at == "none":
                self.money[purse] = "saved"
        elif kind == "transfer":
            self.expect(at != "held", "transfer_over_hold")

    def leave_hold(self, purse: str, at: str) -> None:
        self.money[purse] = at
        self.held_since.pop(purse, None)
        self.dead.discard(purse)

    def expect(self, good: bool, *codes: str) -> None:
        if not good:
            self.found.add("|".join(codes))

    def claim_or_seat(self, effect: Effect, called: bool, deaf: bool) -> None:
        if isinstance(effect, SeatEffect):
            if effect.fill and effect.role in self.seats:
                self.found.add("seat_taken")
            (self.seats.add if effect.fill else self.seats.discard)(effect.role)
        elif isinstance(effect, ClaimEffect) and effect.kind is ClaimKind.FREE:
            self.claims.discard(effect.resource)
        elif isinstance(effect, ClaimEffect):
            moves, there = effect.kind is ClaimKind.MOVE, effect.resource in self.claims
            if moves and not there:
                self.found.add("not_reserved")
            elif (called and (moves or not there)) or (deaf and not there):
                self.found.add("cannot_refuse")
            self.claims.add(effect.resource)
