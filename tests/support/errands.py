"""Errands: a stranger's trade, brought by a plugin of a page, on the face alone.

Somebody asks for an errand of one runner's listing; the runner says yes, does it, and both review
each other blind. It may cost something or nothing.
"""

from datetime import timedelta

from attrs import frozen

from marketplace import (
    CAPTURE,
    CLOCK,
    CUSTOMER,
    DAY,
    HOLD,
    HOUR,
    PROVIDER,
    SETTLE,
    VOID,
    Bring,
    Line,
    Money,
    PricingQuestion,
    Process,
    Purse,
    Reviewing,
    Transition,
    Vertical,
    divide,
    hookimpl,
)

ERRAND = Process(
    "errand",
    start="asked",
    final={"done", "refused", "over"},
    purses=(Purse("price"),),
    review_after=("done",),
    transitions=[
        Transition("ask", CUSTOMER, "asked", "waiting", HOLD, failed="refused",
                   needs_customer="refused"),
        Transition("say_yes", PROVIDER, "waiting", "running"),
        Transition("say_no", PROVIDER, "waiting", "refused", VOID),
        Transition("lapse", CLOCK, "waiting", "refused", VOID, after=HOUR),
        Transition("do", PROVIDER, "running", "done", CAPTURE, SETTLE, failed="stuck"),
        Transition("give_up", CLOCK, "running", "over", VOID, after=DAY),
        Transition("forget", CLOCK, "stuck", "over", VOID, after=HOUR),
    ],
)  # fmt: skip


NOTHING = {"type": "object", "additionalProperties": False}


def by_the_minute(inputs: dict[str, int]) -> int:
    """So many minutes at so much."""
    return divide(inputs["minutes"] * inputs["per_hour"], 60)


@frozen
class Errands:
    """The plugin; `per_hour` in minor units, zero for favours."""

    per_hour: int = 0
    window: timedelta = 14 * DAY
    name: str = "errands"

    @hookimpl
    def bring(self) -> Bring:
        """The trade and the one rule of its price."""
        vertical = Vertical(
            name="errands",
            processes=(ERRAND,),
            listing_schema=NOTHING,
            request_schema=NOTHING,
            reviewing=Reviewing(axes=("care", "speed"), window=self.window),
            words={"en": {"line.errand": "{money}: an errand"}},
        )
        return Bring(verticals=(vertical,), rules={"errands.by_the_minute": by_the_minute})

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        """Half an hour."""
        if question.vertical != "errands" or question.occasion != "quote" or not self.per_hour:
            return []
        inputs = {"minutes": 30, "per_hour": self.per_hour}
        amount = Money(by_the_minute(inputs), question.currency)
        return [
            Line("errand", amount, "customer", "provider", "errands.by_the_minute", inputs=inputs)
        ]
