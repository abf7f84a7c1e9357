"""Erasing a person: nothing that says who it is is left in any table, and no sum changes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import define

from marketplace import (
    DAY,
    OPERATOR,
    Actor,
    Approval,
    FolderStorage,
    Forbidden,
    IllegalTransition,
    Money,
    NotFound,
    Party,
    Pay,
    Refused,
    Transaction,
)
from marketplace.plugins.coupons import CouponDesk, Coupons
from marketplace.plugins.ical import ICal
from tests.support.bazaar import BOWL, Bazaar, open_bazaar

MARK = "Xanadu"
"""In everything that says who somebody is."""
PHONE = "+9779812345678"
WHERE = {"country": "NP", "name": f"{MARK} Rai", "street": f"{MARK} Marg", "city": MARK}
RAM, SITA = Actor(role=OPERATOR, name="ram"), Actor(role=OPERATOR, name="sita")


@define
class Life:
    """A bazaar, and what somebody left behind in it."""

    bazaar: Bazaar
    folder: Path
    person: Party
    case: str = ""

    @property
    def market(self) -> Any:
        """The marketplace."""
        return self.bazaar.market

    def marked(self) -> dict[str, int]:
        """Each column of every table that still says who it was, and in how many rows."""
        found: dict[str, int] = {}
        with self.market.batch() as work:
            every = sa.MetaData()
            every.reflect(work.connection)
            for table in every.tables.values():
                for row in work.connection.execute(sa.select(table)).mappings():
                    for column, value in row.items():
                        told = str(value)
                        if MARK.lower() in told.lower() or PHONE in told:
                            name = f"{table.name}.{column}"
                            found[name] = found.get(name, 0) + 1
        return found

    def broken(self) -> list[str]:
        """Every chain of commands that does not verify."""
        with self.market.batch() as work:
            chains: list[str] = work.commands.broken_chains()
            return chains

    def dealt(self, listing: Any, by: Party) -> Transaction:
        """Something bought, sent and received, by a person with an address."""
        market, mine = self.market, by.id == self.person.id
        where = WHERE if mine else {"country": "NP", "name": "Ben", "street": "1 Lane"}
        asked = market.requests.open(
            "goods", by=by, currency="EUR", listing=listing.id,
            attributes={"ship_to": where, "message": f"Ring twice, {MARK}" if mine else "Hello"},
            key=f"ask {listing.id}",
        )  # fmt: skip
        quote = market.quotes.make(asked.id, by=by, key=f"price {listing.id}")
        deal = market.transactions.open(
            quote.id,
            by=by,
            pay=Pay("card", means="tok_xanadu" if mine else "tok_ok"),
            key=f"open {listing.id}",
        )
        seller = listing.provider_id
        for row, asks in (("confirm", {}), ("ship", {"parcel": "A1"})):
            market.transactions.take(deal.id, row, by=seller, **asks)
        done: Transaction = market.transactions.get(deal.id, by=OPERATOR)
        return done


def live(bazaar: Bazaar, folder: Path) -> Life:
    """Somebody buys, complains, writes, reviews, sells, shows papers, and is refused things."""
    market = bazaar.market
    person = market.parties.join(
        f"{MARK} Rai", phone=PHONE, email=f"{MARK}@example.com", attributes={"born": MARK},
        key="join",
    )  # fmt: skip
    life = Life(bazaar, folder, person)
    card = market.files.put(f"{MARK}.png", MARK.encode(), media_type="image/png", by=person)
    market.parties.submit_document("passport", by=person, file_id=card.id, key="paper")
    deal = life.dealt(bazaar.offer(), person)
    market.messages.send(deal.id, f"{MARK} here", by=person, files=[card.id], key="message")
    market.transactions.take(deal.id, "complain", by=person, why=f"{MARK} is sad", wants="refund")
    market.transactions.take(deal.id, "give_in", by=bazaar.seller)
    market.reviews.write(deal.id, by=person, rating=2, text="Late", private_text=f"{MARK} asks")
    dispute = market.disputes.open(
        deal.id, by=person, cause=f"{MARK} waits", text=f"{MARK} says", files=[card.id]
    )
    market.disputes.withdraw(dispute.id, by=person)
    drawn = market.listings.draft(
        "goods", by=person, title="A bowl", currency="EUR",
        attributes=BOWL | {"description": f"Made by {MARK}"}, key="draft",
    )  # fmt: skip
    market.listings.supply(drawn.id, by=person, add=10)
    mine = market.listings.publish(drawn.id, by=person, key="publish")
    market.listings.draft(
        "goods", by=person, title=f"{MARK}'s own", currency="EUR", attributes=BOWL, key="unsold"
    )
    sold = life.dealt(mine, bazaar.ben)
    market.transactions.take(sold.id, "receive", by=bazaar.ben)
    with pytest.raises(NotFound):
        market.listings.publish(f"lst_{MARK}", by=person)
    CouponDesk(market).issue(MARK.upper(), by=person, bp=500)
    market.moderation.report("listing", bazaar.offer().id, by=person, rule="x", text=MARK)
    market.requests.open("goods", by=person, currency="EUR", attributes={"message": MARK})
    ask_twice(life, deal, dispute.id)
    market.advance(20 * DAY)
    return life


def ask_twice(life: Life, deal: Transaction, dispute: str) -> list[Approval]:
    """One who acts for the operator puts two commands down for another, and says why."""
    ask, two = life.market.approvals.ask, Money.of("2", "EUR")
    row = {"transaction_id": deal.id, "row": "decide", "refund": two, "why": f"for {MARK}"}
    decided = {"dispute_id": dispute, "outcome": {"note": f"{MARK} is right"}}
    return [
        ask("transactions.take", row, by=RAM, reason=f"{MARK} rang"),
        ask("disputes.decide", decided, by=RAM, reason=f"{MARK} rang twice"),
    ]


@pytest.fixture
def life(empty_database_url: str, tmp_path: Path) -> Iterator[Life]:
    """Yield a life on each database."""
    folder = tmp_path / "files"
    bazaar = open_bazaar(
        empty_database_url, create="missing", files=FolderStorage(folder),
        more=[Coupons(), ICal(domain="example.com")],
    )  # fmt: skip
    yield live(bazaar, folder)
    bazaar.market.close()


def pay_out(life: Life) -> None:
    """Pay out what the person has earned."""
    life.market.payouts.run(party=life.person.id)
    life.market.tick()


@pytest.mark.invariant(55, 53)
@pytest.mark.attack(82)
def test_nothing_says_any_more_who_it_was_and_no_sum_changes(life: Life) -> None:
    """Marks in everything a person wrote are in no column of any table, nor in a file; the ledger,
    the public review and the chains stay as they are, and who it was acts no more."""
    market = life.market
    pay_out(life)
    before = life.marked()
    assert len(before) >= 20, before
    trial, journals = market.ledger.trial(), market.ledger.sums()
    erased = market.parties.erase(life.person.id, by=life.person, key="forget me")
    assert (erased.name, erased.phone, erased.email, erased.state) == ("", None, None, "erased")
    assert life.marked() == {}
    assert list(life.folder.iterdir()) == []
    assert (market.ledger.trial(), market.ledger.sums()) == (trial, journals)
    assert market.ledger.drift() == []
    assert life.broken() == []
    review = market.reviews.list(by=OPERATOR, subject=life.bazaar.seller.id)[0]
    assert (review.rating, review.text, review.private_text) == (2, "Late", "")
    assert market.parties.get(life.person.id, by=life.bazaar.ben).name == ""
    for deed in (
        lambda: market.listings.list(by=life.person),
        lambda: market.listings.draft("goods", by=life.person, title="x", currency="EUR"),
    ):
        with pytest.raises(Forbidden):
            deed()
    with pytest.raises(NotFound, match="erased"):
        market.parties.join(
            f"{MARK} Rai", phone=PHONE, email=f"{MARK}@example.com", attributes={"born": MARK},
            key="join",
        )  # fmt: skip
    assert life.marked() == {}


@pytest.mark.invariant(53)
@pytest.mark.attack(82)
def test_after_an_erasure_a_change_by_hand_is_still_told(life: Life) -> None:
    """Both an erased command and one that was not are told by name when somebody changes them: who
    did it, or what it answered; and nobody passes a change off as an erasure."""
    market = life.market
    pay_out(life)
    market.parties.erase(life.person.id, by=OPERATOR)
    assert life.broken() == []
    with market.batch() as work:
        table = work.names("command")
        (erased,) = work.connection.execute(
            sa.text(f"SELECT command_id FROM {work.names('erasure')} ORDER BY 1 LIMIT 1")
        ).first()
        kept = work.connection.execute(
            sa.text(
                f"SELECT id FROM {table} WHERE outcome = 'refused' AND id NOT IN "
                f"(SELECT command_id FROM {work.names('erasure')}) OR actor = 'operator' "
                f"AND id NOT IN (SELECT command_id FROM {work.names('erasure')}) LIMIT 1"
            )
        ).scalar()
        for column, value, row in (
            ("actor", "somebody", erased),
            ("answer", '"another"', erased),
            ("answer", '{"erased":true}', kept),
        ):
            block = work.connection.begin_nested()
            change = sa.text(f"UPDATE {table} SET {column} = :value WHERE id = :id")
            work.connection.execute(change, {"value": value, "id": row})
            told = work.commands.broken_chains()
            assert told == [f"command {row} was changed after it was written"]
            block.rollback()


@pytest.mark.invariant(55)
@pytest.mark.attack(82)
def test_what_was_asked_for_stays_without_what_was_said_of_it(life: Life) -> None:
    """Of a command that waits for a second person an erasure leaves row, deal, sum, hash and who
    asked; it is not given any more, and what is said of somebody else's deal is all there."""
    market = life.market
    found = market.disputes.list(by=life.person).items
    (dispute,) = (one for one in found if one.state == "withdrawn")
    pay_out(life)
    asked, decided = ask_twice(life, market.transactions.get(dispute.transaction_id, by=OPERATOR),
                               dispute.id)  # fmt: skip
    others = market.approvals.ask(
        "transactions.take", {"transaction_id": "txn_x", "row": "decide", "why": "late"},
        by=RAM, reason="It is late",
    )  # fmt: skip
    market.parties.erase(life.person.id, by=life.person)
    waiting = {one.id: one for one in market.approvals.list(by=RAM).items}
    row, outcome, other = (waiting[one.id] for one in (asked, decided, others))
    assert (row.command, row.asked_by, row.reason) == ("transactions.take", "ram", "")
    assert row.body == asked.body | {"why": {"value": ""}}
    assert outcome.body == decided.body | {"outcome": {"value": ""}}
    assert (row.body_hash, outcome.body_hash) == (asked.body_hash, decided.body_hash)
    assert (other.body, other.reason) == (others.body, "It is late")
    for one in (asked, decided):
        with pytest.raises(IllegalTransition, match="ask anew"):
            market.approvals.give(one.id, by=SITA)
    assert life.broken() == []
    assert market.ledger.drift() == []


@pytest.mark.attack(82)
def test_whoever_still_has_something_open_is_told_all_of_it(life: Life) -> None:
    """Earnings that were not paid out and a deal on its way stand in the way, each with a reason;
    nothing is erased until they are done, and nobody erases somebody else."""
    market, bazaar = life.market, life.bazaar
    deal = life.dealt(bazaar.offer(), life.person)
    with pytest.raises(Refused) as refused:
        market.parties.erase(life.person.id, by=life.person)
    assert {one.code for one in refused.value.reasons} == {"live_deals", "money_held"}
    assert market.parties.get(life.person.id, by=OPERATOR).name == f"{MARK} Rai"
    with pytest.raises(NotFound):
        market.parties.erase(life.person.id, by=bazaar.mia)
    market.transactions.take(deal.id, "receive", by=life.person)
    pay_out(life)
    market.parties.suspend(life.person.id, reason="asked to go")
    assert market.parties.erase(life.person.id, by=life.person).state == "erased"
