"""Another means of payment for what is not paid yet: another card after a no."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.calling_off import call_off_unwaited
from marketplace.app.door import Act, By, Door
from marketplace.app.opening import check_method
from marketplace.app.quotes import rate_of
from marketplace.app.transactions import seen
from marketplace.domain.evolving import evolve
from marketplace.domain.payment import Payment
from marketplace.domain.rate import Rate
from marketplace.domain.transaction import Terms, Transaction
from marketplace.errors import Conflict, IllegalTransition, InvalidInput


class Means:
    """The verb of payments that is about what they are paid with."""

    _door: Door

    def change(
        self,
        transaction_id: str,
        *,
        by: By,
        means: str,
        method: str | None = None,
        purse: str | None = None,
        key: str | None = None,
    ) -> Sequence[Payment]:
        """Pay with something else from now on, what the actor pays and has not paid yet.

        It is asked for when the row that pays is taken (again). Raises ``IllegalTransition`` where
        nothing of the actor's waits to be paid, ``Conflict`` while the bank is asked.
        """

        def do(act: Act) -> Sequence[Payment]:
            deal = seen(act, transaction_id)
            act.about(deal.id, deal)
            return change_means(act, deal, means, method, purse)

        body = {"transaction": transaction_id, "means": means, "method": method, "purse": purse}
        return self._door.run("payments.change", by, do, body=body, key=key)


def change_means(
    act: Act, deal: Transaction, means: str, method: str | None = None, purse: str | None = None
) -> Sequence[Payment]:
    """The actor's payments of a deal that hold and keep nothing, with another means."""
    if not isinstance(means, str) or not 1 <= len(means) <= 500:
        raise InvalidInput("a means of payment is the payment provider's word for it")
    if deal.pending is not None:
        raise Conflict(
            f"{deal.pending.row!r} still waits for an answer from outside; try again soon",
            code="pending",
        )
    where = {"transaction_id": deal.id, "party_id": act.me()}
    where |= {} if purse is None else {"purse": purse}
    mine = act.work.select(Payment, where, order="position")
    unpaid = [one for one in mine if not (one.held or one.kept or one.hold_transfer)]
    if not unpaid or deal.ended_at is not None:
        raise IllegalTransition(
            "nothing of this deal waits to be paid by you", code="nothing_to_pay"
        )
    process = act.context.process(deal)
    changed = []
    for one in unpaid:
        name = one.method if method is None else method
        calls = check_method(act, deal, process, one.purse, name).calls
        rate = (one.rate or _sold_at(act, deal)) if calls else None
        other = evolve(one, means=means, method=name, reference=None, rate=rate)
        other = _instead(act, one, other) if one.captured else act.work.save(other)
        changed.append(other)
        told = {"transaction": deal.id, "method": name}
        act.emit("payment.changed", other.id, told, [one.party_id])
    call_off_unwaited(act, unpaid)
    return changed


def _sold_at(act: Act, deal: Transaction) -> Rate | None:
    """The rate of the sale, which what lies in our own books did not need."""
    terms = act.work.find(Terms, transaction_id=deal.id, version=1)
    return None if terms is None else rate_of(terms)


def _instead(act: Act, spent: Payment, other: Payment) -> Payment:
    """A payment in the place of one that was taken and given back.

    What the bank still says of that one, of its refund above all, is about its own means.
    """
    act.work.save(evolve(spent, asked=0))
    beside = {"transaction_id": spent.transaction_id, "purse": spent.purse}
    last = act.work.select(Payment, beside, order="position")[-1]
    fresh = evolve(
        other,
        id=act.new("payment"),
        created_at=act.at,
        captured=0,
        refunded=0,
        charged_back=0,
        outside=0,
        holds_until=None,
        position=last.position + 1,
        version=1,
    )
    act.work.add(fresh)
    return fresh
