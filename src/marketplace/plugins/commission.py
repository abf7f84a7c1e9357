"""Commission: the marketplace's fee, a share of what the provider is really paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from attrs import evolve, field, fields, frozen

from marketplace import (
    Bring,
    InvalidInput,
    Line,
    Listing,
    Money,
    PolicyQuestion,
    PricingQuestion,
    Terms,
    divide,
    hookimpl,
    plain,
    split,
)

RULE = "commission.share"
TAX_RULE = "commission.tax"
_FROZEN = ("bp", "tax_bp", "except_codes", "purses")
"""Of its settings: those that a deal keeps, beside the rules that fit it."""
_SIGNS = {("customer", "provider"): 1, ("provider", "customer"): -1}
_NEPALI_FEE = "{money}: सेवा दिनेबाट मार्केटप्लेसको शुल्क, {basis:money} को {bp:percent}"
WORDS = {
    "en": {
        "line.commission": (
            "{money}: the marketplace's fee from the provider, {bp:percent} of {basis:money}"
        ),
        "line.commission_tax": "{money}: tax on that fee, {bp:percent} of {basis:money}",
        "word.line.commission": "the marketplace's fee",
        "word.line.commission_tax": "tax on the fee",
    },
    "ne": {
        "line.commission": _NEPALI_FEE,
        "line.commission_tax": "{money}: त्यो शुल्कमा कर, {basis:money} को {bp:percent}",
        "word.line.commission": "मार्केटप्लेसको शुल्क",
        "word.line.commission_tax": "शुल्कमा कर",
    },
}


def share(inputs: Mapping[str, Any]) -> int:
    """``bp`` basis points of the basis, halves away from zero, up to the basis."""
    return divide(int(inputs["basis"]) * int(inputs["bp"]), 10_000)


def _basis_points(instance: object, attribute: object, value: int) -> None:
    if type(value) is not int or not 0 <= value <= 10_000:
        raise InvalidInput(f"a share is 0 to 10000 basis points, not {value!r}")


@frozen
class CommissionRule:
    """A share of its own for some of what is sold: all that it says must be so.

    ``where`` are attributes of the listing and what they must be (one of, for a list); a dot names
    a field inside another. ``category`` is short for the attribute of this name.
    """

    bp: int = field(validator=_basis_points)
    name: str = ""
    """Kept with the line, so that both sides can see which rule it was."""
    vertical: str | None = None
    category: str | None = None
    provider: str | None = None
    """The id of the party that sells."""
    part: str | None = None
    """What keeps items of a basket apart: ``sample``, ``digital``, whatever the trade says."""
    above: Money | None = None
    """Where the customer gives the provider more than this in the whole deal, in this currency."""
    where: Mapping[str, Any] = field(factory=dict)

    def fits(
        self,
        question: PricingQuestion | PolicyQuestion,
        listing: Listing | None,
        provider: str | None,
        given: Money,
    ) -> bool:
        """Whether it holds for something of this listing in a deal of so much money."""
        wanted = dict(self.where) | ({} if self.category is None else {"category": self.category})
        attributes = {} if listing is None else listing.attributes
        above = self.above
        return (
            self.vertical in (None, question.vertical)
            and self.provider in (None, provider)
            and self.part in (None, question.part)
            and (above is None or (above.currency == given.currency and given > above))
            and all(_is(attributes, path, value) for path, value in wanted.items())
        )


def _is(attributes: Mapping[str, Any], path: str, wanted: object) -> bool:
    found: Any = attributes
    for name in path.split("."):
        found = found.get(name) if isinstance(found, (dict, Mapping)) else None
    return found in wanted if isinstance(wanted, list | tuple) else found == wanted


def _rules(given: Iterable[CommissionRule | Mapping[str, Any]]) -> tuple[CommissionRule, ...]:
    return tuple(_rule(one) for one in given)


def _rule(given: object) -> CommissionRule:
    if isinstance(given, CommissionRule):
        return given
    known = [one.name for one in fields(CommissionRule)]
    if not isinstance(given, Mapping) or not {"bp"} <= set(given) <= set(known):
        raise InvalidInput(
            f"rules are CommissionRules, or mappings with bp and maybe {', '.join(known[1:])}, "
            f"not {given!r}"
        )
    return CommissionRule(**given)


@frozen
class Commission:
    """The provider pays the operator ``bp`` basis points of what the customer pays it.

    That is the net of the lines between the two: a discount, or what rounding takes, is a line
    from provider to customer and bears no commission. A coupon of the operator's changes nothing
    for the provider, and nothing here.

    ``rules`` are asked in their order, for each item of a basket and for what no item names: the
    first that fits gives its share, ``bp`` is for the rest. What belongs to no item (freight, a
    discount on all) is shared out over the items. Which rule holds is settled at the sale, and
    stays so whatever becomes of the price: a later price whose lines name no item is shared out as
    the sale was. A line names its item by the number, as ``item`` in its inputs.

    ``except_codes`` are lines that do not count in either direction (a tip, a toll); ``tax_bp`` is
    the tax that the operator adds to its fee and owes to an authority.
    """

    bp: int = field(default=1_500, validator=_basis_points)
    tax_bp: int = field(default=0, validator=_basis_points)
    except_codes: tuple[str, ...] = ("tip", "toll")
    purses: tuple[str, ...] = ("price",)
    name: str = "commission"
    rules: tuple[CommissionRule, ...] = field(default=(), converter=_rules)

    @hookimpl
    def bring(self) -> Bring:
        """The rules of the fee and of the tax on it."""
        return Bring(
            rules={RULE: share, TAX_RULE: share},
            words=WORDS,
        )

    @hookimpl
    def propose_policies(self, question: PolicyQuestion) -> Mapping[str, Any]:
        """The shares of this moment: a deal keeps them, whatever is asked tomorrow."""
        kept = {name: plain(getattr(self, name)) for name in _FROZEN}
        fits = self._fits(question, question.lines) if self.rules else {}
        return {self.name: kept | ({"fits": fits} if fits else {})}

    @hookimpl(trylast=True)
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """A share of what the lines before give the provider, in each purse that bears it."""
        terms, deal = question.terms, question.transaction
        # What is opened beside a deal, with people of its own, has shares of its own.
        own = terms is not None and self.name in terms.policies
        if deal is not None and deal.origin_id is not None and not own:
            terms = question.work.find(Terms, transaction_id=deal.origin_id, version=1)
        if terms is None or self.name not in terms.policies:
            fits = self._fits(question, question.lines) if self.rules else {}
            return self._lines(question, fits)
        return self._as_agreed(terms, question)

    def _as_agreed(self, terms: Terms, question: PricingQuestion) -> Sequence[Line]:
        """As it was when the deal was made; what follows a deal has that one's shares."""
        agreed = terms.policies[self.name]
        as_then = evolve(
            self,
            bp=agreed["bp"],
            tax_bp=agreed["tax_bp"],
            except_codes=tuple(agreed["except_codes"]),
            purses=tuple(agreed["purses"]),
        )
        fits = agreed.get("fits", {})
        sale: Sequence[Line] = ()
        if set(fits) - {""} and not any(_item_of(line) for line in question.lines):
            first: Terms | None = terms
            if terms.version > 1:
                first = question.work.find(Terms, transaction_id=terms.transaction_id, version=1)
            sale = () if first is None else first.lines
        return as_then._lines(question, fits, sale)

    def _fits(
        self, question: PricingQuestion | PolicyQuestion, lines: Sequence[Line]
    ) -> dict[str, dict[str, Any]]:
        """Each item by its number, and by no number whatever names no item: its share and rule."""
        known = {line.amount.currency for line in lines}
        if not known:
            return {}
        given = Money(self._basis(line for line in lines if line.purse in self.purses), min(known))
        wares: dict[str, Listing | None] = {"": question.listing}
        wares |= {str(one.number): one.listing for one in question.items}
        fits = {}
        providers = [one.provider_id for one in wares.values() if one is not None]
        provider = providers[0] if providers else None
        for number, listing in wares.items():
            fit = (one for one in self.rules if one.fits(question, listing, provider, given))
            for rule in islice(fit, 1):
                fits[number] = {"bp": rule.bp, "name": rule.name}
        return fits

    def _lines(
        self,
        question: PricingQuestion,
        fits: Mapping[str, Mapping[str, Any]],
        sale: Sequence[Line] = (),
    ) -> Sequence[Line]:
        lines: list[Line] = []
        for purse in self.purses:
            fees = []
            bases = self._bases(_of_purse(question.lines, purse), fits, _of_purse(sale, purse))
            for (bp, name), basis in bases.items():
                if basis > 0:
                    named = {"name": name} if name else {}
                    inputs = {"basis": basis, "bp": bp, **named}
                    fees.append(self._line("commission", inputs, "operator", RULE, purse, question))
            lines += fees
            if self.tax_bp and fees:
                inputs = {"basis": sum(fee.amount.amount for fee in fees), "bp": self.tax_bp}
                lines.append(self._line("commission_tax", inputs, "tax", TAX_RULE, purse, question))
        return lines

    def _bases(
        self,
        lines: Sequence[Line],
        fits: Mapping[str, Mapping[str, Any]],
        sale: Sequence[Line] = (),
    ) -> dict[tuple[int, str], int]:
        """Share and rule to what the provider gets under it; together all that it gets.

        Where no line names an item, all of it is shared out as it was by the lines of the sale.
        """
        bases: dict[tuple[int, str], int] = {}
        default = {"bp": self.bp, "name": ""}
        rest = 0
        for line in lines:
            number, net = _item_of(line), self._basis([line])
            if number is None or not fits:
                rest += net
                continue
            rule = fits.get(number, default)
            key = rule["bp"], rule["name"]
            bases[key] = bases.get(key, 0) + net
        rest += sum(net for net in bases.values() if net < 0)
        bases = {key: net for key, net in bases.items() if net > 0}
        if not bases and sale:
            bases = {key: net for key, net in self._bases(sale, fits).items() if net > 0}
            spread = split(rest, list(bases.values())) if bases else []
            return dict(zip(bases, spread, strict=True)) or {(self.bp, ""): rest}
        if not bases:
            rule = fits.get("", default)
            return {(rule["bp"], rule["name"]): rest}
        spread = split(rest, list(bases.values()))
        return {key: bases[key] + more for key, more in zip(bases, spread, strict=True)}

    def _basis(self, lines: Iterable[Line]) -> int:
        """What the customer gives the provider by these lines, less what comes back."""
        return sum(
            _SIGNS.get((line.payer, line.payee), 0) * line.amount.amount
            for line in lines
            if line.code not in self.except_codes
        )

    def _line(
        self,
        code: str,
        inputs: Mapping[str, Any],
        payee: str,
        rule: str,
        purse: str,
        question: PricingQuestion,
    ) -> Line:
        return Line(
            code=code,
            amount=Money(share(inputs), question.currency),
            payer="provider",
            payee=payee,
            rule=rule,
            inputs=inputs,
            purse=purse,
        )


def _of_purse(lines: Iterable[Line], purse: str) -> list[Line]:
    """Those of the lines that are in a purse."""
    return [line for line in lines if line.purse == purse]


def _item_of(line: Line) -> str | None:
    """The number of the item that a line is about, or that the line is about of which this is a
    part; None if it is about none."""
    inside = line.inputs.get("line")
    inner = inside.get("item") if isinstance(inside, (dict, Mapping)) else None
    found = line.inputs.get("item", inner)
    return None if found is None else str(found)
