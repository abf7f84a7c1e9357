"""Onboarding: what a party must have shown before it sells or is paid, and where it is paid to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.reading import Reader
from marketplace.app.texts import checked_text
from marketplace.domain.currency import exponent
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing
from marketplace.domain.party import (
    CUSTOMER,
    OPERATOR,
    PAYMENT_PROVIDER,
    Document,
    Party,
    PayoutAccount,
)
from marketplace.domain.ports import Work
from marketplace.domain.question import Gate
from marketplace.domain.reason import Reason
from marketplace.domain.requirement import Missing, Requirement, Stage, unmet
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import (
    Conflict,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    NotFound,
    Refused,
)

BY_HAND = "by hand"
"""The payout provider's name when a person hands the money over and says so."""
_MANY = 1_000


class Onboarding:
    """The verbs of what a party must show."""

    _context: Context
    _door: Door
    _reader: Reader

    def missing(
        self, party_id: str, *, by: By, vertical: str, stage: Stage | None = None
    ) -> Sequence[Missing]:
        """What a party still has to show in a trade, and what each of it blocks; for itself and
        the operator. With ``stage`` only what blocks that."""
        with self._reader.read(by) as view:
            party = view.work.find(Party, id=view.own(party_id))
            if party is None:
                raise NotFound(f"no party {party_id!r}")
            found = missing_in(view.work, self._context, [party], vertical, self._context.now())
            return [one for one in found[party.id] if stage is None or stage in one.blocks]

    def set_payout_account(
        self,
        currency: str,
        reference: str,
        *,
        by: By,
        provider: str | None = None,
        party: str | None = None,
        key: str | None = None,
    ) -> PayoutAccount:
        """Say where a party is paid out to in a currency; the operator verifies it, then payouts
        wait for the plan's ``cooling``.

        ``reference`` is what the payment provider calls it (a token); ``provider`` is the plan's
        unless another is named. The one before is replaced at once, and nothing more is paid to
        it; the party is told of the change.
        """
        context = self._context

        def do(act: Act) -> PayoutAccount:
            owner = party or act.me()
            if act.actor.party_id not in (None, owner):
                raise NotFound(f"no party {owner!r}")
            act.work.get(Party, owner)
            exponent(currency)
            by_whom = provider or context.payouts.provider or BY_HAND
            if by_whom != BY_HAND and by_whom not in context.providers:
                known = ", ".join([*sorted(context.providers), BY_HAND])
                raise InvalidInput(f"no payment provider {by_whom!r}; there are: {known}")
            token = checked_text(reference, "an account's reference", 200, least=1)
            before = live_account(act.work, owner, currency)
            if before is not None and (before.provider, before.reference) == (by_whom, token):
                return before
            if before is not None:
                act.work.save(evolve(before, state="replaced"))
            account = PayoutAccount(
                id=act.new("payout_account"),
                party_id=owner,
                currency=currency,
                provider=by_whom,
                reference=token,
                state="submitted",
                created_at=act.at,
            )
            act.work.add(account)
            act.about(owner)
            told = {"currency": currency, "account": account.id}
            act.emit("party.payout_account_changed", owner, told, [owner])
            return account

        body = {"currency": currency, "reference": reference, "provider": provider, "party": party}
        return self._door.run("parties.set_payout_account", by, do, body=body, key=key)

    def judge_payout_account(
        self, account_id: str, *, approve: bool, reason: str = "", by: By = OPERATOR
    ) -> PayoutAccount:
        """The operator, or the payment provider, says that the account is the party's, or not."""

        def do(act: Act) -> PayoutAccount:
            if act.actor.role not in (OPERATOR, PAYMENT_PROVIDER):
                raise Forbidden("a payout account is verified by the operator or payment provider")
            account = act.work.get(PayoutAccount, account_id)
            act.about(account.party_id)
            if account.state not in ("submitted", "verified"):
                raise IllegalTransition(
                    f"a payout account is judged while submitted or verified: {account.state}"
                )
            return judge_account(act, account, approve=approve, reason=reason)

        body = {"account": account_id, "approve": approve, "reason": reason}
        return self._door.run("parties.judge_payout_account", by, do, body=body)

    def payout_accounts(self, party_id: str, *, by: By) -> Sequence[PayoutAccount]:
        """Where a party is and was paid out to; its own or, for the operator, anybody's."""
        with self._reader.read(by) as view:
            return view.work.select(PayoutAccount, {"party_id": view.own(party_id)}, limit=_MANY)


def judge_account(act: Act, account: PayoutAccount, *, approve: bool, reason: str) -> PayoutAccount:
    """Write that an account is the party's and may be paid, or not."""
    saved = act.work.save(
        evolve(
            account,
            state="verified" if approve else "rejected",
            verified_at=account.verified_at or act.at if approve else account.verified_at,
        )
    )
    told = {"currency": account.currency, "account": account.id, "reason": reason}
    act.emit(f"party.payout_account_{saved.state}", account.party_id, told, [account.party_id])
    return saved


def restrict_account(act: Act, account: PayoutAccount, reason: str) -> PayoutAccount:
    """Write that nothing can be paid to a verified account until it is verified again."""
    saved = act.work.save(evolve(account, state="submitted"))
    told = {"currency": account.currency, "account": account.id, "reason": reason}
    act.emit("party.payout_account_restricted", account.party_id, told, [account.party_id])
    return saved


def live_account(work: Work, party_id: str, currency: str) -> PayoutAccount | None:
    """The account that counts, verified or not; None where none was named, or it was rejected."""
    return live_of(named_accounts(work, party_id, currency))


def named_accounts(work: Work, party_id: str, currency: str) -> list[PayoutAccount]:
    """The accounts that a party ever named for a currency, the first first."""
    where = {"party_id": party_id, "currency": currency}
    return work.select(PayoutAccount, where, limit=_MANY)


def live_of(named: Iterable[PayoutAccount]) -> PayoutAccount | None:
    """The one of these that counts."""
    return next((one for one in named if one.state in ("submitted", "verified")), None)


def missing_in(
    work: Work,
    context: Context,
    parties: Iterable[Party],
    vertical: str,
    at: datetime,
    *,
    stage: Stage | None = None,
    currency: str | None = None,
) -> dict[str, list[Missing]]:
    """What each party does not meet of a trade's requirements, or of those that block a stage.

    An account must be of ``currency``, or of any where none is named.
    """
    people = list(parties)
    asked = [one for one in context.vertical(vertical).requirements if stage in (None, *one.blocks)]
    if not asked or not people:
        return {one.id: [] for one in people}
    owners = sorted({one.id for one in people})
    papers = _papers(work, owners, asked)
    accounts: list[PayoutAccount] = []
    if any(one.payout_account for one in asked):
        where = {"party_id": owners, "state": ["submitted", "verified"]}
        found = work.select(PayoutAccount, where, limit=_MANY * len(owners))
        accounts = [one for one in found if currency in (None, one.currency)]
    return {
        one.id: unmet(
            asked,
            one,
            [paper for paper in papers if paper.party_id == one.id],
            [account for account in accounts if account.party_id == one.id],
            at,
        )
        for one in people
    }


def _papers(work: Work, owners: Sequence[str], asked: Iterable[Requirement]) -> list[Document]:
    kinds = sorted({kind for one in asked for kind in one.documents})
    if not kinds:
        return []
    where = {"party_id": list(owners), "kind": kinds}
    return work.select(
        Document, where, order="created_at", descending=True, limit=_MANY * len(owners)
    )


def refuse_unready(act: Act, listing: Listing, stage: Stage) -> None:
    """Raise ``Refused`` with everything that whoever holds the listing out has not shown.

    To others it is a ``Conflict`` that names nothing: papers are one's own affair.
    """
    if not act.context.vertical(listing.vertical).requirements:
        return
    party = act.work.get(Party, listing.provider_id)
    found = missing_in(
        act.work,
        act.context,
        [party],
        listing.vertical,
        act.at,
        stage=stage,
        currency=listing.currency,
    )[party.id]
    if not found:
        return
    if act.actor.party_id not in (None, party.id):
        raise Conflict(
            "the other side cannot take this now; deal with somebody else",
            code="provider_not_ready",
        )
    raise Refused(
        f"{stage} waits for {', '.join(one.requirement for one in found)}; "
        "parties.missing says what is missing",
        code="requirement_unmet",
        reasons=tuple(reason for one in found for reason in one.reasons),
    )


def unready(
    work: Work, context: Context, vertical: str, listings: Sequence[Listing], at: datetime
) -> list[Gate]:
    """Nobody is asked whose deals wait for something that is not shown yet."""
    if not any("deal" in one.blocks for one in context.vertical(vertical).requirements):
        return []
    owners = sorted({one.provider_id for one in listings})
    people = work.select(Party, {"id": owners}, limit=len(owners)) if owners else []
    gates = []
    for currency in sorted({one.currency for one in listings}):
        found = missing_in(work, context, people, vertical, at, stage="deal", currency=currency)
        gates += [
            Gate(one.id, found[one.provider_id][0].reasons[0])
            for one in listings
            if one.currency == currency and found.get(one.provider_id)
        ]
    return gates


def payout_waits_for(
    work: Work, context: Context, party: Party, currency: str, at: datetime
) -> list[Reason]:
    """What a party has not shown in the trades in which it earns, and payouts wait for."""
    asking = {
        name
        for name, one in context.verticals.items()
        if any("payout" in each.blocks for each in one.requirements)
    }
    found: list[Reason] = []
    for vertical in sorted(_earns_in(work, party.id, asking)):
        missing = missing_in(
            work, context, [party], vertical, at, stage="payout", currency=currency
        )
        found += [reason for one in missing[party.id] for reason in one.reasons]
    return found


def _earns_in(work: Work, party_id: str, verticals: Iterable[str]) -> set[str]:
    """In which of these trades it holds something out, or sits in a deal to earn something."""
    left, found = set(verticals), set[str]()
    for name in sorted(left):
        if work.select(Listing, {"provider_id": party_id, "vertical": name}, limit=1):
            found.add(name)
    left -= found
    after: str | None = None
    while left:
        where: Mapping[str, object] = {"party_id": party_id}
        seats = work.select(Seat, where, order="transaction_id", after=after, limit=_MANY)
        if not seats:
            break
        after = seats[-1].transaction_id
        ids = sorted({one.transaction_id for one in seats if one.role != CUSTOMER.name})
        deals = work.select(Transaction, {"id": ids}, limit=_MANY) if ids else []
        found |= left & {one.vertical for one in deals}
        left -= found
    return found
