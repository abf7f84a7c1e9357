"""What this library raises on purpose, each with the builtin that it resembles::

    MarketplaceError
    ├── Outcome                     something a caller may well handle
    │   ├── NotFound                (LookupError)      no such thing, or none that you may see
    │   ├── InvalidInput            (ValueError)       a value outside what is allowed
    │   ├── Refused                                    a rule said no, with its reasons
    │   │   ├── Forbidden           (PermissionError)  this actor may not do it
    │   │   ├── IllegalTransition                      the process has no such way from here
    │   │   ├── LimitExceeded                          more than one may have or do
    │   │   └── Untrusted           (PermissionError)  it is not certain who sent it
    │   ├── Conflict                                   somebody else was first
    │   │   ├── SoldOut                                the capacity is taken
    │   │   ├── StaleVersion                           it changed since you read it
    │   │   └── IdempotencyMismatch                    the same key came with another body
    │   └── Expired                                    it was good once, its time is over
    └── Mistake                                        a programmer's error, to be mended in code
        ├── ProcessError            (ValueError)       a process that cannot keep its promises
        ├── PluginError                                a plugin broke the agreement of a hook
        ├── LedgerError                                a posting that must never be
        ├── SetupError                                 a marketplace that cannot be opened like this
        └── PaymentProviderUnavailable                 raised *by* payment providers: no answer came

Every error carries ``code`` and ``params`` (what a catalogue renders) beside its English sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "Conflict",
    "Expired",
    "Forbidden",
    "IdempotencyMismatch",
    "IllegalTransition",
    "InvalidInput",
    "LedgerError",
    "LimitExceeded",
    "MarketplaceError",
    "Mistake",
    "NotFound",
    "Outcome",
    "PaymentProviderUnavailable",
    "PluginError",
    "ProcessError",
    "Refused",
    "SetupError",
    "SoldOut",
    "StaleVersion",
    "Untrusted",
]


class MarketplaceError(Exception):
    """The root of all that this library raises on purpose."""

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        params: Mapping[str, Any] | None = None,
        reasons: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.params = dict(params or {})
        self.reasons = reasons
        """The reasons (``marketplace.Reason``) behind a refusal, in the order they were given."""


class Outcome(MarketplaceError):
    """Something that may happen to a correct program, and that its caller may handle."""

    code = "outcome"


class NotFound(Outcome, LookupError):
    """No such thing, or none that this actor may see: the two are told alike on purpose."""

    code = "not_found"


class InvalidInput(Outcome, ValueError):
    """A value outside what is allowed; the message says what is."""

    code = "invalid_input"


class Refused(Outcome):
    """A rule said no; ``reasons`` hold why."""

    code = "refused"


class Forbidden(Refused, PermissionError):
    """This actor may see the thing but not do this to it."""

    code = "forbidden"


class IllegalTransition(Refused):
    """The process has no such transition from here, or not yet."""

    code = "illegal_transition"


class LimitExceeded(Refused):
    """More than one may have or do."""

    code = "limit_exceeded"


class Untrusted(Refused, PermissionError):
    """It is not certain that what came was sent by whoever it says, or that it is meant for here.

    The message tells nothing of what came: whoever sent it may read it.
    """

    code = "untrusted"


class Conflict(Outcome):
    """Somebody else was first."""

    code = "conflict"


class SoldOut(Conflict):
    """The capacity asked for is taken."""

    code = "sold_out"


class StaleVersion(Conflict):
    """The thing changed since it was read: read it again and decide anew."""

    code = "stale_version"


class IdempotencyMismatch(Conflict):
    """The same key came before with another body."""

    code = "idempotency_mismatch"


class Expired(Outcome):
    """It was good once; its time is over."""

    code = "expired"


class Mistake(MarketplaceError):
    """A programmer's error, to be mended in code or configuration."""

    code = "mistake"


class ProcessError(Mistake, ValueError):
    """A process that cannot keep what it promises; ``faults`` hold every broken promise."""

    code = "process"

    def __init__(self, message: str, faults: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class PluginError(Mistake):
    """A plugin broke the agreement of a hook; the message names plugin and hook."""

    code = "plugin"


class LedgerError(Mistake):
    """A posting that must never be."""

    code = "ledger"


class SetupError(Mistake):
    """A marketplace that cannot be opened like this."""

    code = "setup"


class PaymentProviderUnavailable(Mistake):
    """Raised by payment providers when no answer came: the intent is tried again later."""

    code = "payment_provider_unavailable"
