"""What every verb works with: the store, the plugins, the time, and what plugins brought."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import jsonschema_rs
from attrs import define, field

from marketplace.app.answers import answer_classes
from marketplace.app.misses import Misses
from marketplace.domain.books import Timer
from marketplace.domain.dispute import Dispute
from marketplace.domain.freezing import frozen
from marketplace.domain.known_lines import check_known
from marketplace.domain.listing import Listing
from marketplace.domain.method import ANY_METHOD, FREE_OF_CHARGE, PaymentMethod
from marketplace.domain.moderation import ModerationPlan
from marketplace.domain.offer import Offer
from marketplace.domain.ports import (
    Clock,
    FileStorage,
    Ids,
    NotificationChannel,
    PaymentProvider,
    Store,
)
from marketplace.domain.process import Process
from marketplace.domain.process_version import ProcessVersion
from marketplace.domain.question import Demo, Errand, PricingQuestion, Proposal, TableBranch
from marketplace.domain.quote import Rule
from marketplace.domain.request import Request
from marketplace.domain.span import DAY, WEEK
from marketplace.domain.transaction import Transaction
from marketplace.domain.vertical import Vertical
from marketplace.errors import InvalidInput, NotFound, PluginError, SetupError
from marketplace.hooks import Hooks

__all__ = ["Context", "Limits", "PayoutPlan", "Subject"]

Subject = Transaction | Offer | Listing | Request | Dispute


def _basis_points(instance: object, attribute: object, value: int) -> None:
    if type(value) is not int or not 0 <= value <= 10_000:
        raise InvalidInput(f"a reserve is 0 to 10000 basis points, not {value!r}")


@frozen
class PayoutPlan:
    """When earnings are paid out: on a schedule, from a minimum, at once for a fee."""

    every: timedelta | None = WEEK
    minimum: int = 1
    """In minor units; less waits for the next time."""
    minimums: Mapping[str, int] = field(factory=dict)
    """Currency to minor units, in the stead of ``minimum``."""
    at_once_fee_bp: int = 100
    """Of the amount, in basis points, for a payout asked for outside the schedule."""
    provider: str | None = None
    """The payment provider that pays out; None: by hand, and the operator confirms each."""
    cooling: timedelta = timedelta(0)
    """So long nothing is paid to a payout account that was named anew."""
    reserve_bp: int = field(default=0, validator=_basis_points)
    """Of what a party earned within ``reserve_for``, in basis points: so much is left standing, for
    what may have to be given back. Debts take it first, as they take all earnings."""
    reserve_for: timedelta = timedelta(0)


@frozen
class Limits:
    """A limit on everything that somebody could pile up."""

    open_requests: int = 50
    """A party's open requests at once."""
    open_holds: int = 50
    """Claims that a customer's deals have reserved and not made firm, at once."""
    overlapping_holds: int = 5
    """Of those, claims that share an instant with the one now wanted."""
    items: int = 200
    """Items of one basket."""
    checkout: int = 50
    """Deals of one checkout."""
    payments: int = 100
    """Payments of one deal: two cards and a voucher are three."""
    page: int = 500
    """Values in one page of a listing."""
    text: int = 10_000
    """Characters in a text."""
    attributes: int = 65_536
    """Bytes of a listing's or request's attributes."""
    body: int = 2_000_000
    """Size of all that one command is given (eight a value, one a character), files aside."""
    notice: int = 1_000_000
    """Bytes of a payment provider's notice; more is not even looked at."""
    file: int = 10_000_000
    """Bytes of a stored file."""
    not_found: int = 200
    """Misses an hour by which one party may look for things that are not there, per process."""
    tries: int = 40
    """Calls of one intent without any answer before it is parked for somebody to look at."""
    timer_tries: int = 40
    """Tries of one timer, at most an hour apart, before it is parked for somebody to look at."""
    resolve_within: timedelta = DAY
    """After this a payment is looked up and never sent again."""


@define
class Context:
    """Made once, when a marketplace opens."""

    store: Store
    hooks: Hooks
    clock: Clock
    ids: Ids
    random: random.Random
    limits: Limits = field(factory=Limits)
    payouts: PayoutPlan = field(factory=PayoutPlan)
    moderation: ModerationPlan = field(factory=ModerationPlan)
    channel: NotificationChannel | None = None
    files: FileStorage | None = None
    verticals: dict[str, Vertical] = field(factory=dict)
    purses: dict[str, set[str]] = field(factory=dict)
    """By vertical, the names of all purses of its processes."""
    methods: dict[str, PaymentMethod] = field(factory=dict)
    providers: dict[str, PaymentProvider] = field(factory=dict)
    provider_of: dict[str, PaymentProvider] = field(factory=dict)
    """Payment method's name to the payment provider that carries it out."""
    rules: dict[str, Rule] = field(factory=dict)
    words: dict[str, dict[str, str]] = field(factory=dict)
    branches: list[TableBranch] = field(factory=list)
    demos: dict[str, Demo] = field(factory=dict)
    answers: dict[str, type] = field(factory=dict)
    """Value classes with which plugins' verbs answer, by name."""
    timers: dict[str, Callable[[Any, Timer], Errand | None]] = field(factory=dict)
    """What the clock does when a timer of a plugin is due, by the kind of its subject."""
    erases: list[Callable[[Any, str], None]] = field(factory=list)
    """What plugins do with their own tables when a party is erased."""
    schemas: dict[tuple[str, str], Any] = field(factory=dict)
    processes: dict[tuple[str, str], Process] = field(factory=dict)
    """Name and version to process: today's, and those that transactions in flight still need."""
    eager: bool = True
    """Whether outside effects are carried out right after the commit that asked for them."""
    misses: Misses = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.misses = Misses(self.limits.not_found)
        origin = {("the answer", name): "core" for name in answer_classes()}

        def once(plugin: str, what: str, name: str) -> None:
            if (what, name) in origin:
                raise SetupError(
                    f"plugins {origin[what, name]!r} and {plugin!r} both bring {what} {name!r}; "
                    "give only one of them, or rename one"
                )
            origin[what, name] = plugin

        for plugin, brought in self.hooks.brought():
            for vertical in brought.verticals:
                once(plugin, "the vertical", vertical.name)
                self._learn_schemas(plugin, vertical)
                self.verticals[vertical.name] = vertical
                every = (*vertical.processes, *vertical.follow_ups)
                self.purses[vertical.name] = {purse.name for one in every for purse in one.purses}
                self._learn(vertical.words)
            for provider in brought.payment_providers:
                once(plugin, "the payment provider", provider.name)
                _refuse_half(provider)
                self.providers[provider.name] = provider
                for method in provider.methods:
                    once(plugin, "the payment method", method.name)
                    self.methods[method.name] = method
                    self.provider_of[method.name] = provider
            for rule, function in brought.rules.items():
                once(plugin, "the rule", rule)
                self.rules[rule] = function
            for branch in brought.tables:
                once(plugin, "the table branch", branch.name)
                self.branches.append(branch)
            for demo in brought.demos:
                once(plugin, "the demo", demo.name)
                self.demos[demo.name] = demo
            for kind in brought.answers:
                once(plugin, "the answer", kind.__name__)
                self.answers[kind.__name__] = kind
            if brought.erases is not None:
                self.erases.append(brought.erases)
            for subject, doer in brought.timers.items():
                if not subject.startswith(f"{plugin}."):
                    raise SetupError(
                        f"plugin {plugin!r} names its timers {plugin}.NOUN, not {subject!r}"
                    )
                self.timers[subject] = doer
            self._learn(brought.words)
        payer = self.payouts.provider
        if payer is not None and payer not in self.providers:
            known = ", ".join(sorted(self.providers)) or "none"
            raise SetupError(f"no payment provider {payer!r} to pay out by; there are: {known}")
        if FREE_OF_CHARGE.name in self.methods or ANY_METHOD.name in self.methods:
            raise SetupError(f"the names {FREE_OF_CHARGE.name!r} and {ANY_METHOD.name!r} are taken")
        self.methods[FREE_OF_CHARGE.name] = FREE_OF_CHARGE

    def _learn(self, words: Mapping[str, Mapping[str, str]]) -> None:
        for language, templates in words.items():
            self.words.setdefault(language, {}).update(templates)

    def _learn_schemas(self, plugin: str, vertical: Vertical) -> None:
        """Read the schemas once, so that one that is none is told when the marketplace opens."""
        for what in ("listing", "request", "item", "offer", "transaction"):
            schema = dict(getattr(vertical, f"{what}_schema"))
            try:
                # Faults are logged and kept: they say what is wrong, not what somebody wrote.
                known = jsonschema_rs.validator_for(schema, mask="this")
                self.schemas[vertical.name, what] = known
            except (ValueError, TypeError) as error:
                raise PluginError(
                    f"plugin {plugin!r}: {what}_schema of vertical {vertical.name!r} is a JSON "
                    f"schema, and this one is not: {_schema_fault(schema) or error}",
                    params={"plugin": plugin, "hook": "bring", "field": f"{what}_schema"},
                ) from error

    def now(self) -> datetime:
        """This instant, by the marketplace's clock."""
        return self.clock.now()

    def vertical(self, name: str) -> Vertical:
        """The vertical of this name; raises ``NotFound`` with those there are."""
        try:
            return self.verticals[name]
        except KeyError:
            known = ", ".join(sorted(self.verticals)) or "none: give a plugin that brings one"
            raise NotFound(f"no vertical is called {name!r}; there are: {known}") from None

    def process(self, transaction: Transaction) -> Process:
        """The process of a transaction, in the version it was opened with."""
        key = (transaction.process, transaction.process_version)
        found = self.processes.get(key)
        if found is None:
            found = self.processes[key] = self._stored_process(transaction)
        return found

    def _stored_process(self, transaction: Transaction) -> Process:
        """An older version, out of what was stored when its first transaction could begin."""
        with self.store.begin(write=False) as work:
            kept = work.find(
                ProcessVersion, name=transaction.process, version=transaction.process_version
            )
        if kept is None:
            raise SetupError(
                f"transaction {transaction.id} runs in process {transaction.process!r} version "
                f"{transaction.process_version}, which no plugin brings and no row keeps"
            )
        return Process.from_data(kept.data)

    def keep_processes(self) -> None:
        """Store every process version there is, so that its transactions can finish in it."""
        every = [
            process
            for vertical in self.verticals.values()
            for process in (*vertical.processes, *vertical.follow_ups)
        ]
        self.processes.update({(one.name, one.version): one for one in every})
        with self.store.begin() as work:
            for one in every:
                if work.find(ProcessVersion, name=one.name, version=one.version) is None:
                    work.put(ProcessVersion(one.name, one.version, one.as_data()))

    def method(self, name: str) -> PaymentMethod:
        """The payment method of this name; raises ``InvalidInput`` with those there are."""
        try:
            return self.methods[name]
        except (KeyError, TypeError):
            known = ", ".join(sorted(self.methods))
            raise InvalidInput(
                f"no payment method is called {name!r}; there are: {known}"
            ) from None

    def price(self, question: PricingQuestion) -> Proposal:
        """What the plugins say that something costs, by rules that there are."""
        return self.price_each([question])[0]

    def price_each(self, questions: Sequence[PricingQuestion]) -> list[Proposal]:
        """The prices of a basket's parts; raises ``PluginError`` as ``check_known`` does."""
        found = self.hooks.price_each(questions)
        for question, proposal in zip(questions, found, strict=True):
            check_known(proposal.lines, self.rules, self.purses[question.vertical])
        return found

    def check_attributes(self, vertical: str, what: str, attributes: Mapping[str, Any]) -> None:
        """Hold attributes against the vertical's schema; raises ``InvalidInput`` with each fault.

        ``what`` is ``listing``, ``request``, ``item``, ``offer`` or ``transaction``.
        """
        trade = self.vertical(vertical)
        validator = self.schemas[trade.name, what]
        # What a listing reveals to a deal is held against the listing's schema already.
        revealed = trade.reveals if what == "transaction" else ()
        held = {name: value for name, value in attributes.items() if name not in revealed}
        faults = [
            {"at": "/".join(str(step) for step in error.instance_path), "fault": error.message}
            for error in validator.iter_errors(held)
        ]
        if faults:
            told = "; ".join(f"{x['at']}: {x['fault']}" if x["at"] else x["fault"] for x in faults)
            raise InvalidInput(f"attributes of the {what}: {told}", params={"faults": faults})


_NOTICES = ("live", "read_notice", "read_back")
_NEEDS = {
    "read_notice": _NOTICES,
    "read_back": _NOTICES,
    "movements": ("movements", "balance"),
    "recall": ("recall", "keep"),
}
"""What a payment provider may have besides, by name, and all that it then needs to have."""


def _refuse_half(provider: PaymentProvider) -> None:
    """Raise ``SetupError`` for a payment provider that can do only the half of something."""
    for name, needed in _NEEDS.items():
        missing = [one for one in needed if not hasattr(provider, one)]
        if hasattr(provider, name) and missing:
            raise SetupError(
                f"payment provider {provider.name!r} has {name} and no {' and no '.join(missing)}; "
                f"give it all of {', '.join(needed)}, or none of them"
            )


def _schema_fault(schema: Mapping[str, Any]) -> str:
    """What is wrong with a schema, and where; the schema is its author's, so nothing is masked."""
    try:
        jsonschema_rs.validator_for(dict(schema))
    except jsonschema_rs.ValidationError as error:
        where = "/".join(str(step) for step in error.instance_path)
        return f"at {where or 'its top'}, {error.message}"
    except (ValueError, TypeError):
        pass
    return ""
