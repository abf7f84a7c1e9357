"""What of a party's earnings may be paid out now: what waits, what is reserved, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from marketplace.app.context import Context
from marketplace.app.onboarding import live_of, named_accounts, payout_waits_for
from marketplace.domain.books import Timer
from marketplace.domain.currency import exponent
from marketplace.domain.freezing import frozen
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose
from marketplace.domain.money import Money, divide
from marketplace.domain.party import Party, PayoutAccount
from marketplace.domain.payment import Payout, PayoutTerms
from marketplace.domain.ports import Work
from marketplace.domain.reason import Reason
from marketplace.domain.span import HOUR
from marketplace.errors import InvalidInput, Refused

PAYOUTS = "payouts"
"""The kind of the timers by which the clock pays out: all, or one party by its own schedule."""


@frozen
class Payable:
    """How much of one account of earnings may go out."""

    available: int
    reserved: int
    """What stays as a reserve for what may be given back."""
    least: int
    """Less than this is not paid out."""
    account: PayoutAccount | None
    waits: Sequence[Reason]
    """Why nothing goes out at all, if nothing does."""
    told: Sequence[Reason]
    """What is kept with the payout."""

    @property
    def free(self) -> int:
        """What may be paid out."""
        return self.available - self.reserved

    @property
    def due(self) -> bool:
        """Whether the schedule pays it out."""
        return not self.waits and self.free >= self.least

    def refuse_waiting(self) -> None:
        """Raise ``Refused`` where nothing goes out at all."""
        if self.waits:
            raise Refused(
                f"payouts wait: {', '.join(reason.code for reason in self.waits)}",
                code="payout_waits",
                reasons=tuple(self.waits),
            )


@frozen
class Owed:
    """What a party earned in one currency and was not paid out: what is due, what waits and why."""

    party_id: str
    earned: Money
    """What is there, debts netted and what a bank may still take set aside."""
    reserve: Money
    """What of it stays for what may be given back."""
    due: Money
    """What a run would pay now: nothing while something is waited for, or it is too little."""
    least: Money
    """Less than this is not paid out."""
    waits: Sequence[Reason]
    """Why nothing is due, if nothing is."""
    told: Sequence[Reason]
    """Why a part stays: the reserve."""
    account: PayoutAccount | None
    """Where it goes; None: by hand, or wherever the payment provider knows."""
    every: timedelta | None
    """The party's own schedule; None: everybody's."""
    next_run: datetime | None
    """When the clock pays next by that schedule; None: when the operator does."""


def owed_to(work: Work, context: Context, account: Account, at: datetime) -> Owed:
    """The same of one account of earnings."""
    party_id, currency = account.owner, account.currency
    now = payable(work, context, party_id, currency, at)
    terms = work.find(PayoutTerms, party_id=party_id) or PayoutTerms(party_id)
    waits = list(now.waits)
    if not waits and not now.due:
        least = {"amount": now.least, "currency": currency}
        free = {"amount": now.free, "currency": currency}
        waits.append(Reason("payout_below_least", {"free": free, "least": least}))
    whose = MARKETPLACE if terms.every is None else party_id
    run = work.find(Timer, subject_id=whose, subject_kind=PAYOUTS, name="run")
    return Owed(
        party_id=party_id,
        earned=Money(now.available, currency),
        reserve=Money(now.reserved, currency),
        due=Money(now.free if now.due else 0, currency),
        least=Money(now.least, currency),
        waits=tuple(waits),
        told=tuple(now.told),
        account=now.account,
        every=terms.every,
        next_run=None if run is None else run.due_at,
    )


def payable(work: Work, context: Context, party_id: str, currency: str, at: datetime) -> Payable:
    """What may go out of a party's earnings in a currency."""
    available = work.ledger.balance(Account(party_id, Purpose.PAYABLE, currency)).available
    terms = work.find(PayoutTerms, party_id=party_id) or PayoutTerms(party_id)
    named = named_accounts(work, party_id, currency)
    account = live_of(named)
    party = work.get(Party, party_id)
    waits = _account_waits(context, currency, named, at)
    waits += payout_waits_for(work, context, party, currency, at)
    reserved, told = _reserve(work, context, terms, currency, at)
    return Payable(
        available=available,
        reserved=min(reserved, available),
        least=least_of(context, terms, currency),
        account=account,
        waits=tuple(waits),
        told=tuple(told) if reserved else (),
    )


def payable_account(
    work: Work, context: Context, party_id: str, currency: str, at: datetime
) -> PayoutAccount | None:
    """The account to which a party may be paid now; None where there is none, or payouts wait."""
    now = payable(work, context, party_id, currency, at)
    return None if now.waits else now.account


def least_of(context: Context, terms: PayoutTerms, currency: str) -> int:
    """The least that is paid out in a currency, and never nothing."""
    plan = context.payouts
    of_all = plan.minimums.get(currency, plan.minimum)
    return max((terms.minimums or {}).get(currency, of_all), 1)


def check_terms(terms: PayoutTerms) -> None:
    """Raise ``InvalidInput`` for terms that nobody could be paid by."""
    bp, lasts = terms.reserve_bp, terms.reserve_for
    if bp is not None and not (type(bp) is int and 0 <= bp <= 10_000):
        raise InvalidInput(f"a reserve is 0 to 10000 basis points, not {bp!r}")
    for time in (terms.every, lasts):
        if time is not None and not (isinstance(time, timedelta) and time >= timedelta(0)):
            raise InvalidInput(f"a time here is a timedelta of zero or more, not {time!r}")
    if terms.every is not None and terms.every < HOUR:
        raise InvalidInput(f"a schedule pays every hour at most, not every {terms.every}")
    for currency, least in (terms.minimums or {}).items():
        exponent(currency)
        if type(least) is not int or least < 0:
            raise InvalidInput(f"a least payout is minor units, zero or more, not {least!r}")


def _account_waits(
    context: Context, currency: str, named: Sequence[PayoutAccount], at: datetime
) -> list[Reason]:
    account = live_of(named)
    if account is None:
        # Who was paid to an account, and has none that counts, is not paid to wherever else.
        return [Reason("payout_account_rejected", {"currency": currency})] if named else []
    if account.state != "verified":
        return [Reason("payout_account_unverified", {"currency": account.currency})]
    # From the change on and not from its being verified: so slow paperwork costs nobody time.
    until = account.created_at + context.payouts.cooling
    return [Reason("payout_account_new", {"until": until.isoformat()})] if at < until else []


def reserved_of(
    work: Work, context: Context, party_id: str, currency: str, until: datetime | None = None
) -> int:
    """What of a party's earnings stays as a reserve, by the terms of today: just before a moment,
    or now; in minor units."""
    account = Account(party_id, Purpose.PAYABLE, currency)
    if until is None:
        there = work.ledger.balance(account).available
    else:
        there = work.ledger.posted_before([account], until)[account]
    terms = work.find(PayoutTerms, party_id=party_id) or PayoutTerms(party_id)
    at = context.now() if until is None else until
    return min(_reserve(work, context, terms, currency, at, until)[0], there)


def _reserve(
    work: Work,
    context: Context,
    terms: PayoutTerms,
    currency: str,
    at: datetime,
    until: datetime | None = None,
) -> tuple[int, list[Reason]]:
    """A share of what was earned of late: a floor under payouts, reckoned from the ledger."""
    plan = context.payouts
    bp = plan.reserve_bp if terms.reserve_bp is None else terms.reserve_bp
    lasts: timedelta = plan.reserve_for if terms.reserve_for is None else terms.reserve_for
    if not bp or not lasts:
        return 0, []
    account = Account(terms.party_id, Purpose.PAYABLE, currency)
    # What an older deal's correction took out may be more than what came in: then nothing stays.
    earned = max(work.ledger.earned(account, at - lasts, until), 0)
    held = divide(earned * bp, 10_000)
    told = {"held": held, "earned": earned, "bp": bp, "days": lasts.days, "currency": currency}
    return held, [Reason("payout_reserve", told)]


def destination(work: Work, payout: Payout) -> str | None:
    """What the payment provider calls the account that a payout goes to."""
    if payout.account_id is None:
        return None
    return work.get(PayoutAccount, payout.account_id).reference
