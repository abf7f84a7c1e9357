"""Commission: the marketplace's fee, a share of what the provider is really paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from marketplace import (
    Bring,
    InvalidInput,
    Line,
    Money,
    PolicyQuestion,
    PricingQuestion,
    Terms,
    divide,
    hookimpl,
    plain,
)

RULE = "commission.share"
TAX_RULE = "commission.tax"
_FROZEN = ("bp", "tax_bp", "except_codes", "purses")
"""Of its settings: those that a deal keeps."""
_NEPALI_FEE = "{money}: सेवा दिनेबाट मार्केटप्लेसको शुल्क, {basis:money} को {bp:percent}"
WORDS = {
    "en": {
        "line.commission": (
            "{money}: the marketplace's fee from the provider, {bp:percent} of {basis:money}"
        ),
        "line.commission_tax": "{money}: tax on that fee, {bp:percent} of {basis:money}",
    },
    "ne": {
        "line.commission": _NEPALI_FEE,
        "line.commission_tax": "{money}: त्यो शुल्कमा कर, {basis:money} को {bp:percent}",
    },
}


def share(inputs: Mapping[str, Any]) -> int:
    """``bp`` basis points of the basis, halves away from zero, up to the basis."""
    return divide(int(inputs["basis"]) * int(inputs["bp"]), 10_000)


def _basis_points(instance: object, attribute: object, value: int) -> None:
    if type(value) is not int or not 0 <= value <= 10_000:
        raise InvalidInput(f"a share is 0 to 10000 basis points, not {value!r}")


@frozen
class Commission:
    """The provider pays the operator ``bp`` basis points of what the customer pays it.

    That is the net of the lines between the two: a discount, or what rounding takes, is a line
    from provider to customer and bears no commission. A coupon of the operator's changes nothing
    for the provider, and nothing here.

    ``except_codes`` are lines that do not count in either direction (a tip, a toll); ``tax_bp`` is
    the tax that the operator adds to its fee and owes to an authority.
    """

    bp: int = field(default=1_500, validator=_basis_points)
    tax_bp: int = field(default=0, validator=_basis_points)
    except_codes: tuple[str, ...] = ("tip", "toll")
    purses: tuple[str, ...] = ("price",)
    name: str = "commission"

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
        return {self.name: {name: plain(getattr(self, name)) for name in _FROZEN}}

    @hookimpl(trylast=True)
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """A share of what the lines before give the provider, in each purse that bears it."""
        return self._agreed(question)._lines(question)

    def _agreed(self, question: PricingQuestion) -> Commission:
        """As it was when the deal was made; what follows a deal has that one's shares."""
        terms, deal = question.terms, question.transaction
        if deal is not None and deal.origin_id is not None:
            terms = question.work.find(Terms, transaction_id=deal.origin_id, version=1)
        if terms is None or self.name not in terms.policies:
            return self
        agreed = terms.policies[self.name]
        return evolve(
            self,
            bp=agreed["bp"],
            tax_bp=agreed["tax_bp"],
            except_codes=tuple(agreed["except_codes"]),
            purses=tuple(agreed["purses"]),
        )

    def _lines(self, question: PricingQuestion) -> Sequence[Line]:
        lines: list[Line] = []
        for purse in self.purses:
            basis = self._basis(line for line in question.lines if line.purse == purse)
            if basis <= 0:
                continue
            fee = self._line("commission", basis, self.bp, "operator", RULE, purse, question)
            lines.append(fee)
            if self.tax_bp:
                taxed = fee.amount.amount
                lines.append(
                    self._line(
                        "commission_tax", taxed, self.tax_bp, "tax", TAX_RULE, purse, question
                    )
                )
        return lines

    def _basis(self, lines: Iterable[Line]) -> int:
        """What the customer gives the provider by these lines, less what comes back."""
        signs = {("customer", "provider"): 1, ("provider", "customer"): -1}
        return sum(
            signs.get((line.payer, line.payee), 0) * line.amount.amount
            for line in lines
            if line.code not in self.except_codes
        )

    def _line(
        self,
        code: str,
        basis: int,
        bp: int,
        payee: str,
        rule: str,
        purse: str,
        question: PricingQuestion,
    ) -> Line:
        inputs = {"basis": basis, "bp": bp}
        return Line(
            code=code,
            amount=Money(share(inputs), question.currency),
            payer="provider",
            payee=payee,
            rule=rule,
            inputs=inputs,
            purse=purse,
        )
