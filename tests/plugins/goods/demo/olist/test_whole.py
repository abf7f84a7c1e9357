"""Real orders lived through on the real engine: no row is lost, and no cent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace import DAY, OPERATOR, InvalidInput, LedgerError
from marketplace.plugins.goods.demo.olist import OrderPolicy, Replayed, replay_orders
from marketplace.plugins.goods.demo.olist.replay import Replay
from marketplace.plugins.goods.demo.olist.whole import replayed
from tests.support.orders import DELIVERED, LATE, one_order, written

Run = tuple[Replayed, Replay]


@pytest.fixture(scope="module")
def one_day(data_dir: Path) -> Iterator[Run]:
    """The orders of one day."""
    with replayed(data_dir / "tiny", seed=1) as run:
        yield run


@pytest.mark.behaviour("G4")
@pytest.mark.invariant(1, 8, 19)
def test_a_real_day_is_sold_to_the_cent(one_day: Run) -> None:
    """Every order of one real day is a basket that was paid as it was paid, its sellers have their
    share, and the sums of the ledger are the sums of the files."""
    told, replay = one_day
    assert told.orders == 187
    assert (told.sums["goods"], told.sums["freight"]) == (2_265_494, 372_395)
    assert told.sums["paid"] == 2_645_332
    assert told.sums["credited"] == 7_444
    assert told.states == {"completed": 184, "packing": 2, "shipped": 1}
    assert (told.came, told.late) == (183, 43)
    paid = told.paid_out + told.commission + told.tax
    assert paid + told.escrow == told.sold
    assert replay.market.ledger.sums() == {"BRL": 0}


@pytest.mark.behaviour("G4")
def test_a_real_day_says_what_became_of_every_row(one_day: Run) -> None:
    """Of every order there is a deal or a reason; of every review too, and both are told."""
    told, replay = one_day
    assert told.refused == {
        "olist_no_item": 1,
        "olist_review_of_nothing": 4,
        "olist_review_twice": 1,
    }
    assert told.mended == {"olist_review_before_end": 22, "olist_rounding": 1}
    # One order was of two sellers, so its review was written of both.
    assert told.reviews + 4 + 1 == told.rows["order_reviews"] + 1
    assert sum(bool(life.deals) for life in replay.lives) + 1 == told.orders
    text = str(told.table("ne")) + str(told.table())
    assert "olist_" not in text
    assert "an order without an item" in text


def run(folder: Path, **policy: object) -> Replayed:
    """What a folder's replay told, by a policy of these."""
    return replay_orders(folder, policy=OrderPolicy(**policy))  # type: ignore[arg-type]


@pytest.mark.behaviour("G4")
def test_an_order_of_two_sellers_is_paid_as_one(tmp_path: Path) -> None:
    """A card and a voucher pay two sellers' goods, card interest and all; each has its own deal,
    and the bank was asked once for each way to pay."""
    items = ("o1,1,bowl,sita,,10.00,2.50", "o1,2,tea,ram,,5.00,1.50", "o1,3,tea,ram,,5.00,1.50")
    paid = ("voucher,1,3.00", "credit_card,4,23.37")
    with replayed(one_order(tmp_path, *paid, items=items)) as (told, replay):
        market = replay.market
        (life,) = replay.lives
        assert len(life.deals) == 2
        assert told.sums["interest"] == 87
        assert (told.sums["goods"], told.sums["freight"]) == (20_00, 5_50)
        payments = [
            one for deal in life.deals for one in market.transactions.payments(deal, by=OPERATOR)
        ]
        assert sum(one.captured for one in payments) == 3_00 + 23_37
        assert len({one.reference for one in payments}) == 2
    assert told.mended == {"olist_interest": 1}
    assert told.states == {"completed": 2}


def test_what_was_paid_past_the_marketplace_is_a_debt(tmp_path: Path) -> None:
    """Where nobody wrote how it was paid, the seller had it by hand, and owes the commission."""
    told = run(one_order(tmp_path))
    assert told.mended == {"olist_paid_elsewhere": 1}
    assert (told.sums["elsewhere"], told.sums["paid"]) == (12_50, 0)
    assert (told.paid_out, told.debts) == (0, told.commission + told.tax)
    assert told.debts == 1_50 + 8


@pytest.mark.parametrize(("paid", "reason"), [("boleto,1,90.00", "olist_sums_apart"),
                                              ("voucher,1,1.00", "olist_sums_apart")])  # fmt: skip
def test_sums_far_apart_are_no_deal_and_no_loss(tmp_path: Path, paid: str, reason: str) -> None:
    """What was paid for no price that anybody wrote down is its customer's credit."""
    told = run(one_order(tmp_path, paid))
    assert told.refused == {reason: 1}
    assert told.deals == 0
    assert told.sums["credited"] == told.sums["paid"] > 0


def test_what_the_marketplace_refuses_is_told_and_credited(tmp_path: Path) -> None:
    """Too dear, in too many pieces or parts: the marketplace's own reason is told, whole, and the
    money is its customer's."""
    dear = one_order(tmp_path, "boleto,1,999999999.99", items=("o1,1,bowl,sita,,999999999.99,0",))
    told = run(dear)
    assert told.refused == {"invalid_input": 1}
    assert "{" not in told.reasons["en"]["invalid_input"]
    assert told.sums["credited"] == told.sums["paid"] == 999_999_999_99
    many = ["bowl,sita,,1.00,0.00" if n % 2 else f"tea,ram,,{n}.00,0.00" for n in range(500)]
    told = run(one_order(tmp_path, "boleto,1,62500.00",
                         items=[f"o1,{n},{one}" for n, one in enumerate(many)]))  # fmt: skip
    assert (told.refused, told.sums["credited"]) == ({"limit_exceeded": 1}, 62_500_00)
    told = run(one_order(tmp_path, *["voucher,1,0.10"] * 125))
    assert (told.refused, told.sums["credited"]) == ({"olist_too_many_parts": 1}, 12_50)


def test_who_cancelled_has_everything_back(tmp_path: Path) -> None:
    """Called off before it left, or complained of when it had left: all of it comes back; what
    nobody ever sent comes back by the clock, and what never came does too."""
    moments = "2018-01-02 10:00:00,2018-01-02 11:00:00"
    states = (
        f"o1,c1,canceled,{moments},,,2018-01-15 00:00:00",
        f"o2,c2,canceled,{moments},2018-01-04 09:00:00,,2018-01-15 00:00:00",
        f"o3,c3,invoiced,{moments},,,2018-01-15 00:00:00",
        f"o4,c1,shipped,{moments},2018-01-04 09:00:00,,2018-01-15 00:00:00",
        "o5,c2,canceled,2018-01-02 10:00:00,,,,2018-01-15 00:00:00",
        # Long after, so that every clock has run.
        f"o6,c3,{DELIVERED.replace('2018', '2019')}{LATE.replace('2018', '2019')}",
    )
    numbers = range(1, 7)
    path = written(
        tmp_path,
        {
            "orders": states,
            "order_items": [f"o{n},1,bowl,sita,,10.00,2.50" for n in numbers],
            "order_payments": [f"o{n},1,boleto,1,12.50" for n in numbers],
        },
    )
    told = run(path)
    # The first states are over without a sale; what the operator decided ends as completed.
    assert told.states == {"cancelled": 4, "completed": 2}
    assert told.refunded == 5 * 12_50
    assert (told.disputes, told.escrow, told.payable) == (1, 0, 0)
    assert told.paid_out + told.commission + told.tax == 12_50
    assert told.refused == {}


def test_patience_is_worth_something(tmp_path: Path) -> None:
    """With less patience a parcel that came after all is lost before, and its seller has nothing;
    that it came is told as refused."""
    path = one_order(tmp_path, "boleto,1,12.50")
    assert run(path).refunded == 0
    told = run(path, handling=2 * DAY, patience=4 * DAY)
    assert (told.refunded, told.states) == (12_50, {"cancelled": 1})
    assert sum(told.refused.values()) == 1
    assert (told.came, told.late) == (1, 1)


def test_a_ledger_that_says_something_else_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cent that is priced and stands in no file stops the replay."""
    honest = Replay._apart
    monkeypatch.setattr(Replay, "_apart", lambda self, order: honest(self, order) + 1)
    with pytest.raises(LedgerError, match="the ledger does not say what the files say: paid"):
        replay_orders(one_order(tmp_path, "boleto,1,12.50"))


def test_a_folder_without_an_order_is_no_replay(tmp_path: Path) -> None:
    """Headers alone are told in a sentence."""
    with pytest.raises(InvalidInput, match="has no row that is an order"):
        replay_orders(written(tmp_path, {}))
