"""Place tax: per cent of what the customer pays the provider, by where the deal takes place.

For any trade: where a deal takes place is where its listing stands (a home), else where the
request is (a pick-up), or what an attribute of either says (a country that goods are sent to). The
rates are frozen with the price, each tax is a line of its own, and what comes in is owed to the
authority and never the marketplace's.

A trade that knows more of its taxes brings them itself: stays theirs by the head and night, goods
one that is the seller's own affair. Do not tax the same twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from attrs import field, frozen

from marketplace import (
    Bring,
    InvalidInput,
    Line,
    Listing,
    Money,
    Place,
    PolicyQuestion,
    PricingQuestion,
    Request,
    Terms,
    divide,
    hookimpl,
)

RULE = "place_tax.share"
WORDS = {
    "en": {
        "line.place_tax": "{money}: {name} of {jurisdiction}, {bp:percent} of {basis:money}",
        "word.line.place_tax": "tax of the place",
    },
    "ne": {
        "line.place_tax": "{money}: {jurisdiction} को {name}, {basis:money} को {bp:percent}",
        "word.line.place_tax": "स्थानको कर",
    },
}
_SIGNS = {("customer", "provider"): 1, ("provider", "customer"): -1}


def share(inputs: Mapping[str, Any]) -> int:
    """``bp`` basis points of the basis, halves away from zero."""
    return divide(int(inputs["basis"]) * int(inputs["bp"]), 10_000)


def _basis_points(instance: object, attribute: object, value: int) -> None:
    if type(value) is not int or not 0 <= value <= 10_000:
        raise InvalidInput(f"a tax is 0 to 10000 basis points, not {value!r}")


def _says(attributes: Mapping[str, Any], path: str, wanted: object) -> bool:
    """Whether an attribute is the one wanted, or one of those; a dot names a field inside."""
    found: Any = attributes
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found in wanted if isinstance(wanted, list | tuple) else found == wanted


class Area(Protocol):
    """A part of the earth: a ``Box``, a ``Region`` of rides, or anything that holds places."""

    def holds(self, place: Place) -> bool:
        """Whether a place lies in it."""
        ...


@frozen
class PercentTax:
    """``bp`` basis points of what the customer gives the provider, net of its discounts."""

    name: str
    """What people call it: the line tells it."""
    bp: int = field(validator=_basis_points)
    verticals: tuple[str, ...] | None = None
    """The trades that it is on; None: every one."""
    except_codes: tuple[str, ...] = ("tip",)
    """Lines that it is not on."""
    purses: tuple[str, ...] = ("price",)

    def __attrs_post_init__(self) -> None:
        for what in (self.verticals, self.except_codes, self.purses):
            if what is not None and not isinstance(what, tuple):
                raise InvalidInput(f"tax {self.name!r} names several by a tuple, not {what!r}")


def _taxes(instance: object, attribute: object, value: Sequence[PercentTax]) -> None:
    if not value or not all(isinstance(one, PercentTax) for one in value):
        raise InvalidInput(f"a jurisdiction has PercentTax(name, bp) and more, not {value!r}")


@frozen
class Jurisdiction:
    """Who taxes, and where: what lies in ``area``, and of what ``where`` says all.

    ``where`` are attributes of the request or the listing and what they must be (one of, for a
    list); a dot names a field inside another, as in ``{"ship_to.country": "NP"}``.
    """

    name: str
    taxes: Sequence[PercentTax] = field(validator=_taxes)
    area: Area | None = None
    where: Mapping[str, Any] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if self.area is None and not self.where:
            raise InvalidInput(f"jurisdiction {self.name!r} needs an area, or a where, or both")
        if self.area is not None and not callable(getattr(self.area, "holds", None)):
            raise InvalidInput(f"an area holds places, as a Box does; {self.area!r} does not")

    def has(self, request: Request | None, listing: Listing | None) -> bool:
        """Whether a deal of these takes place here; one whose place nobody knows does not."""
        if self.area is not None:
            place = place_of(request, listing)
            if place is None or not self.area.holds(place):
                return False
        said = [one.attributes for one in (request, listing) if one is not None]
        return all(
            any(_says(attributes, path, wanted) for attributes in said)
            for path, wanted in self.where.items()
        )


def place_of(request: Request | None, listing: Listing | None) -> Place | None:
    """Where a deal takes place: where its listing stands, else where the request is."""
    if listing is not None and listing.place is not None:
        return listing.place
    return None if request is None else request.place


def _jurisdictions(instance: object, attribute: object, value: Sequence[Jurisdiction]) -> None:
    if not all(isinstance(one, Jurisdiction) for one in value):
        raise InvalidInput(f"place taxes are by Jurisdiction(name, taxes, area), not {value!r}")
    names = [one.name for one in value]
    if again := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidInput(f"a jurisdiction is named once; named again: {', '.join(again)}")


@frozen
class PlaceTax:
    """The taxes of every jurisdiction in which a deal takes place: of the country and of the city.

    Each is on what the provider gets, none on another tax. A deal keeps the taxes of the moment
    of its price, whatever becomes of the price: a refund lowers them with it, to nothing.
    """

    jurisdictions: Sequence[Jurisdiction] = field(default=(), validator=_jurisdictions)
    name: str = "place_tax"

    @hookimpl
    def bring(self) -> Bring:
        """The rule of the tax, and its words."""
        return Bring(rules={RULE: share}, words=WORDS)

    @hookimpl
    def propose_policies(self, question: PolicyQuestion) -> Mapping[str, Any]:
        """The taxes of this moment and place: a deal keeps them."""
        return {self.name: self._here(question.vertical, question.request, question.listing)}

    @hookimpl(trylast=True)
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """A line for each tax, in each purse that it is on."""
        kept = self._kept(question)
        if kept is None:
            kept = self._here(question.vertical, question.request, question.listing)
        return [
            line
            for tax in kept
            for purse in tax["purses"]
            for line in self._line(question, tax, purse)
        ]

    def _kept(self, question: PricingQuestion) -> Sequence[Mapping[str, Any]] | None:
        """What the deal agreed on; what follows a deal has that one's. None before any deal."""
        deal, terms = question.transaction, question.terms
        if deal is None:
            return None
        own = terms is not None and self.name in terms.policies
        if deal.origin_id is not None and not own:
            terms = question.work.find(Terms, transaction_id=deal.origin_id, version=1)
        # A deal that was made before there was a tax has none.
        kept: Sequence[Mapping[str, Any]] = (
            () if terms is None else terms.policies.get(self.name, ())
        )
        return kept

    def _here(
        self, vertical: str, request: Request | None, listing: Listing | None
    ) -> list[dict[str, Any]]:
        return [
            {
                "jurisdiction": one.name,
                "name": tax.name,
                "bp": tax.bp,
                "except_codes": list(tax.except_codes),
                "purses": list(tax.purses),
            }
            for one in self.jurisdictions
            if one.has(request, listing)
            for tax in one.taxes
            if tax.verticals is None or vertical in tax.verticals
        ]

    def _line(
        self, question: PricingQuestion, tax: Mapping[str, Any], purse: str
    ) -> Iterable[Line]:
        basis = sum(
            _SIGNS.get((line.payer, line.payee), 0) * line.amount.amount
            for line in question.lines
            if line.purse == purse and line.code not in tax["except_codes"]
        )
        inputs = {"basis": basis, "bp": tax["bp"]}
        amount = share(inputs) if basis > 0 else 0
        if not amount:
            return
        yield Line(
            code="place_tax",
            amount=Money(amount, question.currency),
            payer="customer",
            payee="tax",
            rule=RULE,
            inputs={**inputs, "name": tax["name"], "jurisdiction": tax["jurisdiction"]},
            purse=purse,
        )
