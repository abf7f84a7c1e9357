"""How several plugins are asked the same question, and how their answers are joined.

One test for each hook, named for it, through the public face; then what holds for all of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, field

from marketplace import (
    HOUR,
    OPERATOR,
    Bring,
    Candidate,
    Conflict,
    Event,
    FactsQuestion,
    Gate,
    Line,
    Listing,
    ListingQuestion,
    ManualClock,
    Marketplace,
    MatchQuestion,
    Money,
    Party,
    Pay,
    Place,
    PluginError,
    PolicyQuestion,
    PricingQuestion,
    Proposal,
    Reason,
    Refused,
    RequestQuestion,
    ReviewQuestion,
    SetupError,
    Transaction,
    TransitionQuestion,
    Work,
    hookimpl,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.rides import Rides, kathmandu_bike

THAMEL, PATAN = Place(27.7154, 85.3123), Place(27.6727, 85.3253)


@define
class World:
    """A marketplace of rides with two more plugins, a rider and a driver."""

    market: Marketplace
    sita: Party
    ram: Party
    bike: Listing

    def ask(self) -> str:
        """A request; its id."""
        ask = self.market.requests.open
        return ask("rides", by=self.sita, currency="NPR", place=THAMEL, to=PATAN).id

    def publish(self) -> None:
        """The driver is there and online."""
        self.market.listings.publish(self.bike.id, by=self.ram)
        self.market.listings.appear(self.bike.id, "online", THAMEL, by=self.ram)

    def accepted(self) -> Transaction:
        """A ride that the driver accepted."""
        self.publish()
        quote = self.market.quotes.make(self.ask(), by=self.sita)
        self.market.transactions.open(quote.id, by=self.sita, pay=Pay("cash"))
        offer = self.market.matching.dispatch("rides").offers[0]
        return self.market.offers.accept(offer.id, by=self.ram)

    def settled(self) -> Transaction:
        """A ride that was driven and settled."""
        ride = self.accepted()
        code = self.market.transactions.get(ride.id, by=self.sita).attributes["pickup_code"]
        for row, asks in (("arrive", {}), ("start", {"code": code}), ("finish", {})):
            self.market.transactions.take(ride.id, row, by=self.ram, **asks)
        self.market.advance(HOUR)
        return self.market.transactions.get(ride.id, by=self.sita)


Opened = Callable[..., World]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Open a marketplace in memory with these plugins besides rides and cash."""
    markets: list[Marketplace] = []

    def make(*plugins: object) -> World:
        clock = ManualClock(datetime(2026, 11, 23, 8, tzinfo=UTC))
        given = [Rides(fare=kathmandu_bike()), Cash(), *plugins]
        market = Marketplace.open(plugins=given, clock=clock)
        markets.append(market)
        sita, ram = market.parties.join("Sita"), market.parties.join("Ram")
        bike = market.listings.draft("rides", by=ram, title="A bike", currency="NPR")
        return World(market, sita, ram, bike)

    yield make
    for market in markets:
        market.close()


def plugin(name: str, hook: str, answer: Callable[..., Any], **options: bool) -> object:
    """A plugin that answers one hook with what a function gives."""

    def asked(self: object, question: Any) -> Any:
        return answer(question)

    def heard(self: object, event: Event, work: Work) -> Any:
        return answer(event, work)

    def heard_later(self: object, event: Event) -> Any:
        return answer(event)

    def brought(self: object) -> Any:
        return answer()

    ways: Mapping[str, Callable[..., Any]] = {
        "bring": brought,
        "hear_event": heard,
        "hear_committed": heard_later,
    }
    method = hookimpl(**options)(ways.get(hook, asked))
    return type(name, (), {"name": name, hook: method})()


def both_refuse(hook: str) -> tuple[object, object]:
    """Two plugins that say no: one with one reason, one with two."""
    return (
        plugin("one", hook, lambda question: Reason("first")),
        plugin("two", hook, lambda question: [Reason("second"), Reason("third")]),
    )


def given_by(refused: Callable[..., object], *args: Any, **named: Any) -> list[tuple[str, str]]:
    """The plugins and codes of a refusal's reasons."""
    with pytest.raises(Refused) as error:
        refused(*args, **named)
    return [(reason.plugin, reason.code) for reason in error.value.reasons]


ALL_THREE = [("one", "first"), ("two", "second"), ("two", "third")]


def test_bring_keeps_everything_and_refuses_a_name_twice(opened: Opened) -> None:
    """What two plugins bring is all there; the same rule from both is told at opening, by name."""
    words = (Bring(words={"en": {"a": "A"}}), Bring(words={"en": {"b": "B"}}))
    world = opened(*(plugin(f"p{i}", "bring", lambda w=w: w) for i, w in enumerate(words)))
    known = world.market.context.words["en"]
    assert (known["a"], known["b"]) == ("A", "B")
    rule = Bring(rules={"same": len})
    with pytest.raises(SetupError, match=r"'one' and 'two' both bring the rule 'same'"):
        opened(plugin("one", "bring", lambda: rule), plugin("two", "bring", lambda: rule))


def test_refuse_listing_carries_every_reason(opened: Opened) -> None:
    """A listing that two plugins refuse is told all their reasons, and stays a draft."""
    seen: list[ListingQuestion] = []
    world = opened(*both_refuse("refuse_listing"), plugin("see", "refuse_listing", seen.append))
    publish = world.market.listings.publish
    assert given_by(publish, world.bike.id, by=world.ram) == ALL_THREE
    assert seen[0].listing.id == world.bike.id
    assert world.market.listings.get(world.bike.id, by=world.ram).state == "draft"


def test_refuse_request_carries_every_reason(opened: Opened) -> None:
    """A request that two plugins refuse is told all their reasons, and is not there."""
    seen: list[RequestQuestion] = []
    world = opened(*both_refuse("refuse_request"), plugin("see", "refuse_request", seen.append))
    assert given_by(world.ask) == ALL_THREE
    assert seen[0].request.customer_id == world.sita.id
    assert list(world.market.requests.list(by=world.sita)) == []


def test_refuse_match_keeps_every_gate(opened: Opened) -> None:
    """A listing that one gate shuts for one request and another for all is matched by neither,
    and both reasons are kept."""

    def one(question: MatchQuestion) -> Sequence[Gate]:
        return [
            Gate(x.id, Reason("mine"), r.id) for x in question.listings for r in question.requests
        ]

    def two(question: MatchQuestion) -> Iterator[Gate]:
        yield from (Gate(listing.id, Reason("all")) for listing in question.listings)

    world = opened(plugin("one", "refuse_match", one), plugin("two", "refuse_match", two))
    world.publish()
    (match,) = world.market.matching.find(world.ask(), by=OPERATOR)
    assert not match.eligible
    assert [(r.plugin, r.code) for r in match.reasons] == [("one", "mine"), ("two", "all")]


def test_refuse_transition_carries_every_reason(opened: Opened) -> None:
    """A row that two plugins refuse is not taken, and is told all their reasons."""

    def no(*reasons: Reason) -> Callable[[TransitionQuestion], Sequence[Reason] | None]:
        return lambda question: reasons if question.row.name == "arrive" else None

    world = opened(
        plugin("one", "refuse_transition", no(Reason("first"))),
        plugin("two", "refuse_transition", no(Reason("second"), Reason("third"))),
    )
    ride = world.accepted()
    take = world.market.transactions.take
    assert given_by(take, ride.id, "arrive", by=world.ram) == ALL_THREE
    assert world.market.transactions.get(ride.id, by=world.ram).state == "accepted"


def test_refuse_review_carries_every_reason(opened: Opened) -> None:
    """A review that two plugins refuse is told all their reasons, and may be written anew."""
    shut = [True]

    def no(*reasons: Reason) -> Callable[[ReviewQuestion], Sequence[Reason] | None]:
        return lambda question: reasons if shut[0] else None

    world = opened(
        plugin("one", "refuse_review", no(Reason("first"))),
        plugin("two", "refuse_review", no(Reason("second"), Reason("third"))),
    )
    ride = world.settled()
    write = world.market.reviews.write
    assert given_by(write, ride.id, by=world.sita, rating=5) == ALL_THREE
    shut[0] = False
    assert write(ride.id, by=world.sita, rating=5).rating == 5


def test_propose_candidates_joins_and_the_first_place_holds(opened: Opened) -> None:
    """Candidates of all plugins are candidates; of one named twice, the first place counts."""
    here, there = Place(27.7154, 85.3123), Place(27.80, 85.40)

    def proposing(place: Place) -> Callable[[MatchQuestion], Sequence[Candidate]]:
        return lambda question: [
            Candidate(one.id, place)
            for one in question.work.select(Listing, {"state": "published"})
        ]

    world = opened(
        plugin("one", "propose_candidates", proposing(here), tryfirst=True),
        plugin("two", "propose_candidates", proposing(there)),
        plugin("none", "propose_candidates", lambda question: None),
    )
    world.market.listings.publish(world.bike.id, by=world.ram)
    (match,) = world.market.matching.find(world.ask(), by=world.sita)
    assert match.score == 0


def line(code: str, amount: int, inputs: Mapping[str, Any] | None = None) -> Line:
    """A line that the customer pays the operator."""
    money = Money(amount, "NPR")
    return Line(code, money, "customer", "operator", "same", inputs=inputs or {"amount": amount})


def test_propose_lines_joins_in_order_and_each_sees_those_before(opened: Opened) -> None:
    """A plugin sees what the plugins before it proposed, and `trylast` comes after all."""

    def counting(question: PricingQuestion) -> Sequence[Line]:
        return [line("count", len(question.lines))]

    def adding(question: PricingQuestion) -> Proposal:
        return Proposal([line("more", 500)], [Reason("because")])

    rules = plugin("rules", "bring", lambda: Bring(rules={"same": lambda x: x["amount"]}))
    world = opened(
        rules,
        plugin("last", "propose_lines", counting, trylast=True),
        plugin("adds", "propose_lines", adding),
        plugin("silent", "propose_lines", lambda question: None),
    )
    quote = world.market.quotes.make(world.ask(), by=world.sita)
    *_, more, count = quote.lines
    assert [(one.plugin, one.code) for one in (more, count)] == [
        ("adds", "more"),
        ("last", "count"),
    ]
    assert count.amount.amount == len(quote.lines) - 1


def test_propose_policies_joins_and_refuses_a_name_twice(opened: Opened) -> None:
    """Policies of all plugins are frozen together; the same name from two is an error."""
    seen: list[PolicyQuestion] = []

    def helmet(question: PolicyQuestion) -> Mapping[str, Any]:
        seen.append(question)
        return {"helmet": 2}

    one = plugin("one", "propose_policies", helmet)
    world = opened(one, plugin("two", "propose_policies", lambda question: {"rain": 1}))
    quote = world.market.quotes.make(world.ask(), by=world.sita)
    assert (quote.policies["helmet"], quote.policies["rain"]) == (2, 1)
    assert seen[0].request is not None
    clash = opened(one, plugin("two", "propose_policies", lambda question: {"helmet": 1}))
    with pytest.raises(PluginError, match=r"'one' and 'two' both answer 'helmet'"):
        clash.market.quotes.make(clash.ask(), by=clash.sita)


def test_propose_facts_joins_and_refuses_a_name_twice(opened: Opened) -> None:
    """Facts of all plugins become the deal's; the same name from two is an error and the row is
    not taken."""

    def fact(name: str) -> Callable[[FactsQuestion], Mapping[str, Any] | None]:
        return lambda question: {name: 1} if question.row.name == "arrive" else None

    one = plugin("one", "propose_facts", fact("bell"))
    world = opened(one, plugin("two", "propose_facts", fact("lamp")))
    ride = world.market.transactions.take(world.accepted().id, "arrive", by=world.ram)
    assert (ride.attributes["bell"], ride.attributes["lamp"]) == (1, 1)
    clash = opened(one, plugin("two", "propose_facts", fact("bell")))
    ride = clash.accepted()
    with pytest.raises(PluginError, match=r"'one' and 'two' both answer 'bell'"):
        clash.market.transactions.take(ride.id, "arrive", by=clash.ram)
    assert clash.market.transactions.get(ride.id, by=clash.ram).state == "accepted"


@define
class Ear:
    """Hears everything, and breaks when it is told to."""

    name: str
    heard: list[str] = field(factory=list)
    breaks: Exception | None = None

    def listen(self, event: Event, work: Work | None = None) -> None:
        """Note the event, or break."""
        if self.breaks is not None and event.kind == "party.joined":
            raise self.breaks
        self.heard.append(event.kind)


def test_hear_event_undoes_everything_when_one_breaks(opened: Opened) -> None:
    """Every plugin hears inside the transaction; when the second breaks, the command is undone,
    and what the first one heard of never happened."""
    one, two = Ear("one"), Ear("two")
    world = opened(plugin("one", "hear_event", one.listen), plugin("two", "hear_event", two.listen))
    assert one.heard == two.heard == ["party.joined", "party.joined", "listing.drafted"]
    for broken, told in ((KeyError("oh"), PluginError), (Conflict("not now"), Conflict)):
        two.breaks = broken
        with pytest.raises(told):
            world.market.parties.join("Hari")
    assert len(world.market.parties.list(by=OPERATOR)) == 2
    assert len(one.heard) == 5


def test_hear_committed_changes_nothing_when_one_breaks(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """After the commit a plugin that breaks is logged by name; the command stands and the other
    plugins hear of it all the same."""
    one, two = Ear("one", breaks=KeyError("oh")), Ear("two")
    world = opened(
        plugin("one", "hear_committed", one.listen), plugin("two", "hear_committed", two.listen)
    )
    assert two.heard == ["party.joined", "party.joined", "listing.drafted"]
    assert one.heard == ["listing.drafted"]
    assert len(world.market.parties.list(by=OPERATOR)) == 2
    assert "plugin 'one' broke while hearing 'party.joined'" in caplog.text


@pytest.mark.parametrize(
    ("hook", "wrong"),
    [
        ("refuse_listing", ["no"]),
        ("refuse_match", [Reason("no gate")]),
        ("propose_candidates", ["lst_1"]),
        ("bring", {"words": {}}),
    ],
)
def test_a_wrong_answer_is_told_by_plugin_and_hook(opened: Opened, hook: str, wrong: Any) -> None:
    """An answer of another type than the hook's is refused, and the message names both."""
    answer = (lambda: wrong) if hook == "bring" else (lambda question: wrong)

    def provoke() -> None:
        world = opened(plugin("rogue", hook, answer))
        world.publish()
        world.market.matching.find(world.ask(), by=world.sita)

    with pytest.raises(PluginError, match=f"'rogue': {hook}"):
        provoke()


def test_a_method_that_no_hook_knows_is_refused(opened: Opened) -> None:
    """A misspelt hook is an error at opening, not a plugin that is never asked."""
    with pytest.raises(PluginError, match="refuse_listings"):
        opened(plugin("typo", "refuse_listings", lambda question: None))
    with pytest.raises(PluginError, match="wrap"):
        opened(plugin("wraps", "refuse_listing", lambda question: None, hookwrapper=True))


def test_two_plugins_of_one_name_are_refused(opened: Opened) -> None:
    """A plugin's name stands in reasons and lines, so there is one of each."""
    with pytest.raises(SetupError, match="two plugins are called 'cash'"):
        opened(Cash())
