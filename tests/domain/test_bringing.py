"""What a plugin brings is what its fields hold, down to the last, or opening says who is wrong."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from marketplace import (
    Bring,
    Demo,
    Marketplace,
    PluginError,
    ResourcePlan,
    Reviewing,
    SearchPlan,
    Seating,
    TableBranch,
    Vertical,
    hookimpl,
)
from marketplace.plugins.wallet import WALLET, WalletDesk
from tests.support.errands import ERRAND

TRADE = Vertical("trade", (ERRAND,))


@frozen
class Brings:
    """A plugin that brings what it is given."""

    what: Any
    name: str = "stranger"

    @hookimpl
    def bring(self) -> Bring:
        """It."""
        return self.what  # type: ignore[no-any-return]


def trade(**fields: Any) -> Bring:
    """A trade with other values in some of its fields."""
    return Bring(verticals=(evolve(TRADE, **fields),))


def seating(**fields: Any) -> Seating:
    """A role with other values in some of its fields."""
    return Seating("helper", **fields)


def branch(**fields: Any) -> Bring:
    """A branch of tables with other values in some of its fields."""
    whole = {"name": "bells", "versions": Path(), **fields}
    return Bring(tables=(TableBranch(**whole),))


@frozen
class Desk:
    """A payment provider made of whatever is given."""

    name: Any = "desk"
    methods: Any = (WALLET,)
    carry_out: Any = WalletDesk().carry_out
    look_up: Any = WalletDesk().look_up


def method(**fields: Any) -> Bring:
    """A payment provider whose method has other values in some of its fields."""
    return Bring(payment_providers=(Desk(methods=(evolve(WALLET, **fields),)),))


WRONG: dict[str, Callable[[], Bring]] = {
    "verticals": lambda: Bring(verticals=TRADE),  # type: ignore[arg-type]
    "verticals ": lambda: Bring(verticals=("trade",)),  # type: ignore[arg-type]
    "verticals  ": lambda: Bring(verticals={"trade": TRADE}),  # type: ignore[arg-type]
    "payment_providers": lambda: Bring(payment_providers=(WalletDesk,)),  # type: ignore[arg-type]
    "payment_providers ": lambda: Bring(payment_providers=("card",)),  # type: ignore[arg-type]
    "payment_providers[0].name": lambda: Bring(payment_providers=(Desk(name=""),)),
    "payment_providers[0].methods": lambda: Bring(payment_providers=(Desk(methods=()),)),
    "payment_providers[0].methods ": lambda: Bring(payment_providers=(Desk(methods=("card",)),)),
    "payment_providers[0].methods[0].name": lambda: method(name=" "),
    "payment_providers[0].methods[0].ways": lambda: method(ways={"hold": "call"}),
    "payment_providers[0].methods[0].ways ": lambda: method(ways=None),
    "payment_providers[0].methods[0].hold_lives": lambda: method(hold_lives=5),
    "payment_providers[0].methods[0].hold_lives ": lambda: method(hold_lives=-timedelta(days=5)),
    "payment_providers[0].methods[0].passes_on": lambda: method(passes_on="never"),
    "payment_providers[0].methods[0].fails_on_books": lambda: method(fails_on_books=("hold",)),
    "payment_providers[0].carry_out": lambda: Bring(payment_providers=(Desk(carry_out=None),)),
    "payment_providers[0].look_up": lambda: Bring(payment_providers=(Desk(look_up=7),)),
    "rules": lambda: Bring(rules={"r": 7}),  # type: ignore[dict-item]
    "rules ": lambda: Bring(rules=[len]),  # type: ignore[arg-type]
    "rules  ": lambda: Bring(rules={7: len}),  # type: ignore[dict-item]
    "words": lambda: Bring(words={"en": "hello"}),  # type: ignore[dict-item]
    "words ": lambda: Bring(words={"en": {"hello": 7}}),  # type: ignore[dict-item]
    "words  ": lambda: Bring(words={"en": {7: "hello"}}),  # type: ignore[dict-item]
    "tables": lambda: Bring(tables=("bells",)),  # type: ignore[arg-type]
    "tables[0].name": lambda: branch(name=7),
    "tables[0].versions": lambda: branch(versions="versions"),
    "tables[0].metadata": lambda: branch(metadata="tables"),
    "demos": lambda: Bring(demos=("rides",)),  # type: ignore[arg-type]
    "demos[0].name": lambda: Bring(demos=(Demo("", "a story", print),)),
    "demos[0].summary": lambda: Bring(demos=(Demo("d", 7, print),)),  # type: ignore[arg-type]
    "demos[0].command": lambda: Bring(demos=(Demo("d", "a story", "no colon"),)),
    "demos[0].opens": lambda: Bring(demos=(Demo("d", "a story", print, 7),)),
    "verticals[0].name": lambda: trade(name=None),
    "verticals[0].processes": lambda: trade(processes=()),
    "verticals[0].processes ": lambda: trade(processes=ERRAND),
    "verticals[0].processes  ": lambda: trade(processes=("errand",)),
    "verticals[0].follow_ups": lambda: trade(follow_ups=("tip",)),
    "verticals[0].listing_schema": lambda: trade(listing_schema=None),
    "verticals[0].resources": lambda: trade(resources=("seats",)),
    "verticals[0].resources[0].kind": lambda: trade(
        resources=(ResourcePlan("seats", "many"),)  # type: ignore[arg-type]
    ),
    "verticals[0].resources[0].capacity": lambda: trade(
        resources=(ResourcePlan("s", capacity=-1),)
    ),
    "verticals[0].resources[0].capacity ": lambda: trade(
        resources=(ResourcePlan("s", capacity=True),)
    ),
    "verticals[0].resources[0].grain": lambda: trade(
        resources=(ResourcePlan("s", grain=timedelta(0)),)
    ),
    "verticals[0].choose": lambda: trade(choose="errand"),
    "verticals[0].reviewing": lambda: trade(reviewing=None),
    "verticals[0].reviewing.between": lambda: trade(
        reviewing=Reviewing(between=("customer", "provider"))  # type: ignore[arg-type]
    ),
    "verticals[0].reviewing.window": lambda: trade(reviewing=Reviewing(window=timedelta(0))),
    "verticals[0].quote_lives": lambda: trade(quote_lives=600),
    "verticals[0].offer_lives": lambda: trade(offer_lives=-timedelta(1)),
    "verticals[0].offer_claims": lambda: trade(offer_claims=7),
    "verticals[0].dispute_window": lambda: trade(dispute_window=14),
    "verticals[0].dispute_answer": lambda: trade(dispute_answer=None),
    "verticals[0].dispute_decides": lambda: trade(dispute_decides=None),
    "verticals[0].dispute_warns": lambda: trade(dispute_warns=3),
    "verticals[0].visible": lambda: trade(visible={"code": "customer"}),
    "verticals[0].hides_contacts": lambda: trade(hides_contacts="yes"),
    "verticals[0].approves_listings": lambda: trade(approves_listings=1),
    "verticals[0].dispatch_every": lambda: trade(dispatch_every=5),
    "verticals[0].words": lambda: trade(words={"en": ["hello"]}),
    "verticals[0].private": lambda: trade(private="address"),
    "verticals[0].texts": lambda: trade(texts=(7,)),
    "verticals[0].seats": lambda: trade(seats=("helper",)),
    "verticals[0].seats[0].by": lambda: trade(seats=(seating(by="provider"),)),
    "verticals[0].seats[0].listing": lambda: trade(seats=(seating(listing=7),)),
}


@pytest.mark.invariant(38)
@pytest.mark.parametrize("field", WRONG)
def test_what_does_not_fit_its_field_is_told_at_opening(field: str) -> None:
    """A wrong value anywhere in what a plugin brings does not open: the sentence names the plugin,
    the field, what the field holds, and what was found."""
    named = re.escape(f"plugin 'stranger': Bring.{field.strip()} is ") + ".+, not .+"
    with pytest.raises(PluginError, match=named) as caught:
        Marketplace.open(plugins=[Brings(WRONG[field]())])
    assert caught.value.params["field"] == f"Bring.{field.strip()}"


def closed(**properties: Any) -> dict[str, Any]:
    """A schema that knows these fields and no other."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


WORD = {"type": "string"}
OPTIONS = {"type": "array", "items": closed(key=WORD, beds={"type": "integer"})}
SCHEMAS = {
    "listing_schema": closed(address=WORD, rooms=OPTIONS, price={"type": "integer"}),
    "request_schema": closed(ship_to=closed(street=WORD), note=WORD),
    "transaction_schema": closed(code=WORD),
}
SLIPS: dict[str, dict[str, Any]] = {
    "private": {"private": ("adress",)},
    "personal": {"personal": ("ship_to.stret",)},
    "open_needs": {"open_needs": ("notes",)},
    "texts": {"texts": ("nota",)},
    "visible": {"visible": {"kode": ("customer",)}},
    "seats": {"seats": (Seating("helper", listing="helpers"),)},
    "reviewing.zone": {"reviewing": Reviewing(zone="timezone")},
    "resources": {"resources": (ResourcePlan("beds", "counted", "bets", options="rooms"),)},
    "resources ": {"resources": (ResourcePlan("beds", "counted", "beds", options="room"),)},
    "search": {"search": SearchPlan(price="prize")},
}


@pytest.mark.invariant(38)
@pytest.mark.parametrize("field", SLIPS)
def test_an_attribute_that_no_schema_knows_is_told_at_opening(field: str) -> None:
    """What is to be private, personal, counted or searched has a name that its schema knows: with
    a slip in it nothing would be hidden, and nobody would hear of it."""
    named = re.escape(f"plugin 'stranger': Bring.verticals[0].{field.strip()} is of attributes")
    with pytest.raises(PluginError, match=named + ".+, not "):
        Marketplace.open(plugins=[Brings(trade(**SCHEMAS, **SLIPS[field]))])


def test_attributes_that_schemas_know_or_leave_open_are_named_at_will() -> None:
    """Fields inside others, sizes that stand in an option, and whatever an open schema may hold."""
    named: dict[str, Any] = {
        "private": ("address",),
        "personal": ("ship_to.street",),
        "texts": ("note", "description", "rooms.key"),
        "visible": {"code": ("customer",)},
        "resources": (ResourcePlan("beds", "counted", "beds", options="rooms"),),
        "search": SearchPlan(price="price", tags=("rooms.key",)),
    }
    Marketplace.open(plugins=[Brings(trade(**SCHEMAS, **named))]).close()
    left_open = {name: {"type": "object"} for name in SCHEMAS}
    anything = {**named, "private": ("whatever",)}
    Marketplace.open(plugins=[Brings(trade(**left_open, **anything))]).close()


def test_a_schema_that_is_none_is_told_with_the_place_and_the_word() -> None:
    """Whoever wrote a schema is shown what is wrong in it, and where."""
    schema = closed(age={"type": "nombre"})
    with pytest.raises(PluginError, match='at properties/age/type, "nombre" is not valid'):
        Marketplace.open(plugins=[Brings(trade(listing_schema=schema))])


@pytest.mark.parametrize(
    "schema", [{"type": "nothing"}, {"properties": 7}, {"required": "name"}, {"pattern": "("}]
)
@pytest.mark.parametrize("what", ["listing", "request", "transaction"])
def test_a_schema_that_is_none_is_told_at_opening(what: str, schema: dict[str, Any]) -> None:
    """A schema that no validator can read is told when the marketplace opens, not at the first
    listing."""
    with pytest.raises(PluginError, match=f"'stranger': {what}_schema of vertical 'trade'"):
        Marketplace.open(plugins=[Brings(trade(**{f"{what}_schema": schema}))])


def test_what_fits_opens() -> None:
    """The same values as they should be open: lists as well as tuples, functions or their names."""
    brought = Bring(
        verticals=[evolve(TRADE, resources=[ResourcePlan("s", "counted", "seats")])],
        payment_providers=[Desk()],
        rules={"r": len},
        words={"en": {"hello": "Hello"}},
        demos=[Demo("d", "a story", "module:name", print)],
    )
    Marketplace.open(plugins=[Brings(brought)]).close()
