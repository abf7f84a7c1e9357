"""What goods cost after the sale: cancelled, sent short, given back in part, returned, forfeited.

Each occasion is a function of the terms in force and of what is asked or was told, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from marketplace import Line, PricingQuestion, customer_owes
from marketplace.plugins.goods.pieces import ONLY, bought, named
from marketplace.plugins.goods.pricing import Page

WANTED = "wanted"
FREIGHT = "return_freight"
CLAIM = "claim"


@frozen
class Later:
    """Answers for every occasion after the sale."""

    plugin: str

    def lines(self, question: PricingQuestion) -> Sequence[Line] | None:
        """The lines of an occasion; None for one that is somebody else's."""
        occasions: dict[str, Callable[[PricingQuestion], Sequence[Line]]] = {
            "cancellation": lambda _: (),
            "short": self._short,
            "wanted": lambda asked: self._lowered(asked, wanted(asked)),
            "split": lambda asked: self._lowered(asked, asked.asks["refund"].amount),
            "decision": lambda asked: self._lowered(asked, asked.asks["refund"].amount),
            "return": self._returned,
            "forfeit": self._forfeited,
            CLAIM: self.own,
        }
        answer = occasions.get(question.occasion)
        return None if answer is None else answer(question)

    def _page(self, question: PricingQuestion) -> Page:
        return Page(question.currency, self.plugin)

    def own(self, question: PricingQuestion) -> Sequence[Line]:
        """The lines in force that this plugin answers for."""
        assert question.terms is not None
        return self._page(question).own(question.terms.lines)

    def owed(self, question: PricingQuestion) -> int:
        """What the customer owes by them."""
        return customer_owes(self.own(question), question.currency).amount

    def _short(self, question: PricingQuestion) -> Sequence[Line]:
        """Fewer pieces at the price of one that was agreed; freight and its tax follow."""
        page, found = self._page(question), list[Line]()
        assert question.transaction is not None
        left_of = named(question.asks, bought(question.transaction, question.work))
        for one in self.own(question):
            if one.code in ("goods", "custom"):
                number = str(one.inputs.get("item", ONLY))
                left = left_of.get(number, one.inputs["quantity"])
                found += page.again(one, "each", {**one.inputs, "quantity": left})
            elif one.code == "tax":
                taxed = sum(line.amount.amount for line in found)
                found += page.again(one, "share", {**one.inputs, "of": taxed})
            else:
                found.append(one)
        return found

    def _lowered(self, question: PricingQuestion, refund: int) -> Sequence[Line]:
        """What the customer owes less a refund, spread over the lines to the last cent."""
        page, lines = self._page(question), self.own(question)
        kept = self.owed(question) - refund
        weights = [one.amount.amount for one in lines]
        found: list[Line] = []
        for index, one in enumerate(lines):
            inputs = {"of": kept, "weights": weights, "index": index, "before": weights[index]}
            inputs |= {"line": dict(one.inputs.get("line", one.inputs))}
            line = page.again(one, "part", inputs)
            found += [evolve(kept_line, code=kept_code(one.code)) for kept_line in line]
        return found

    def _returned(self, question: PricingQuestion) -> Sequence[Line]:
        """Everything goes back; the parcel back is paid by whom it was laid on."""
        assert question.transaction is not None
        bearer = question.transaction.attributes.get(FREIGHT, "customer")
        sent = [one for one in self.own(question) if one.code in ("freight", "kept_freight")]
        if bearer == "customer":
            return ()
        inputs = {"amount": sum(one.amount.amount for one in sent)}
        return self._page(question).line(FREIGHT, "given", inputs, bearer, "customer")

    def _forfeited(self, question: PricingQuestion) -> Sequence[Line]:
        """The parts before the one that was not paid stay as they were agreed."""
        assert question.row is not None
        number = int(question.row.name.removeprefix("forfeit_"))
        spent = {f"part{before}" for before in range(1, number)}
        return [one for one in self.own(question) if one.purse in spent]


def wanted(question: PricingQuestion) -> int:
    """What a customer asked back when complaining."""
    assert question.transaction is not None
    return int(question.transaction.attributes[WANTED])


def kept_code(code: str) -> str:
    """What is left of a line, as people read it."""
    return code if code.startswith("kept_") else f"kept_{code}"
