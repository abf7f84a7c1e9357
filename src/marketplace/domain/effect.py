"""What a transition may do to money, to capacity and to seats: a closed set."""

from __future__ import annotations

from enum import StrEnum

from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.quote import PRICE
from marketplace.errors import ProcessError


class MoneyKind(StrEnum):
    """Everything that can happen to a purse. Plugins choose which, when and how much."""

    SAVE = "save"
    """Keep the means of payment for later; no money moves."""
    HOLD = "hold"
    """Set the customer's money aside."""
    RAISE = "raise"
    """Set more aside on the same hold."""
    CHARGE = "charge"
    """Take the money at once, without a hold before."""
    COLLECT = "collect"
    """Take what is owed by now beyond what was taken, by a further charge."""
    CAPTURE = "capture"
    """Take what the lines say is owed out of the hold; the rest of the hold is given up."""
    VOID = "void"
    """Give the hold up; nothing is owed any more from this purse."""
    REFUND = "refund"
    """Give back what was taken beyond what the lines now say is owed."""
    SETTLE = "settle"
    """Credit every beneficiary with its lines: one act, several beneficiaries."""
    REVERSE = "reverse"
    """Undo a settlement by its mirror image, so that other lines can be settled instead."""
    PAY_OUT = "pay out"
    """Settle, and ask for the provider's payout at once instead of on its schedule."""
    RECORD = "record"
    """Write down what was paid outside the marketplace."""
    TRANSFER = "transfer"
    """Move what the lines say between roles, with no payment by the customer behind it."""
    TAKE_BACK = "take back"
    """Of a payout and no purse's: have some of it back from the payee's account, for a debt."""


OF_PAYOUTS = frozenset({MoneyKind.TAKE_BACK})
"""What only the operator asks for, of a payout that was paid: no row of a process can."""


COLLECTS = frozenset(
    {
        MoneyKind.SAVE,
        MoneyKind.HOLD,
        MoneyKind.RAISE,
        MoneyKind.CHARGE,
        MoneyKind.COLLECT,
        MoneyKind.RECORD,
    }
)
"""Effects that need somebody who pays: the customer, or whoever pays for it."""


@frozen
class MoneyEffect:
    """A money effect on one purse. Call it to name another: ``HOLD("deposit")``."""

    kind: MoneyKind
    purse: str = PRICE

    def __attrs_post_init__(self) -> None:
        if self.kind in OF_PAYOUTS:
            raise ProcessError(
                f"no row of a process can {self.kind.value}: that is of a payout, and the "
                "operator's (market.payouts.take_back)"
            )

    def __call__(self, purse: str) -> MoneyEffect:
        return evolve(self, purse=purse)

    def __str__(self) -> str:
        return f"{self.kind}" if self.purse == PRICE else f"{self.kind} {self.purse}"


class ClaimKind(StrEnum):
    """Everything that can happen to capacity."""

    RESERVE = "reserve"
    """Claim it until the state ends or the clock takes it back."""
    CONFIRM = "confirm"
    """Make the claim firm; claims it first if nobody has."""
    MOVE = "move"
    """Exchange the claim for another span or quantity in one step (an alteration)."""
    FREE = "free"
    """Give it back."""
    USE = "use"
    """Take for good what was claimed: there is so much less of it from now on (stock that left)."""


@frozen
class ClaimEffect:
    """A claim effect on one named resource of the listing: ``RESERVE("seats")``."""

    kind: ClaimKind
    resource: str = "capacity"

    def __call__(self, resource: str) -> ClaimEffect:
        return evolve(self, resource=resource)

    def __str__(self) -> str:
        return f"{self.kind} {self.resource}"


@frozen
class SeatEffect:
    """Fill a role's seat from the accepted offer, or empty it again."""

    role: str
    fill: bool = True

    def __str__(self) -> str:
        return f"{'seat' if self.fill else 'unseat'} {self.role}"


@frozen
class LinkEffect:
    """Open a follow-up beside this deal, take a row of what it opened, or of what opened it."""

    process: str
    """Empty for the deal that opened this one."""
    row: str | None = None
    """The row of it that is taken; None where it is opened."""

    @property
    def up(self) -> bool:
        """Whether it goes to the deal that opened this one."""
        return not self.process

    def __str__(self) -> str:
        if self.up:
            return f"tell {self.row}"
        return f"open {self.process}" if self.row is None else f"{self.row} of {self.process}"


Effect = MoneyEffect | ClaimEffect | SeatEffect | LinkEffect

SAVE = MoneyEffect(MoneyKind.SAVE)
HOLD = MoneyEffect(MoneyKind.HOLD)
RAISE = MoneyEffect(MoneyKind.RAISE)
CHARGE = MoneyEffect(MoneyKind.CHARGE)
COLLECT = MoneyEffect(MoneyKind.COLLECT)
CAPTURE = MoneyEffect(MoneyKind.CAPTURE)
VOID = MoneyEffect(MoneyKind.VOID)
REFUND = MoneyEffect(MoneyKind.REFUND)
SETTLE = MoneyEffect(MoneyKind.SETTLE)
REVERSE = MoneyEffect(MoneyKind.REVERSE)
PAY_OUT = MoneyEffect(MoneyKind.PAY_OUT)
RECORD = MoneyEffect(MoneyKind.RECORD)
TRANSFER = MoneyEffect(MoneyKind.TRANSFER)

RESERVE = ClaimEffect(ClaimKind.RESERVE)
CONFIRM = ClaimEffect(ClaimKind.CONFIRM)
MOVE = ClaimEffect(ClaimKind.MOVE)
FREE = ClaimEffect(ClaimKind.FREE)
USE = ClaimEffect(ClaimKind.USE)


def seat(role: object) -> SeatEffect:
    """Fill this role's seat with the taker of the offer just accepted."""
    return SeatEffect(str(role))


def opens(process: str) -> LinkEffect:
    """Open a follow-up of this name, if the plugins give it a price: a deposit with its stay."""
    return LinkEffect(process)


def takes(process: str, row: str) -> LinkEffect:
    """Take a row, as the origin, of the follow-up that this deal opened, where it stands there."""
    return LinkEffect(process, row)


def tells(row: str) -> LinkEffect:
    """Take a row, as a linked deal, of the one that opened this one, where it stands there."""
    return LinkEffect("", row)


def unseat(role: object) -> SeatEffect:
    """Empty this role's seat (a driver who cancelled)."""
    return SeatEffect(str(role), fill=False)
