"""How Stripe says no: a status, a type, a code, a parameter, and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

DOCS = "https://stripe.com/docs/error-codes/"


class StripeProblem(Exception):
    """An answer that is an error.

    ``kept`` says whether an idempotency key remembers it, as Stripe's does once it began to
    carry a request out; ``done`` whether what was written until then stays (a decline does).
    """

    def __init__(
        self,
        http: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        kept: bool = True,
        done: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.http = http
        self.kept = kept
        self.done = done
        said: dict[str, Any] = {"type": kind, "message": message, "code": code, "param": param}
        if code is not None:
            said["doc_url"] = DOCS + code.replace("_", "-")
        self.said = {name: value for name, value in {**said, **more}.items() if value is not None}

    def body(self, api: str) -> dict[str, Any]:
        """The answer's body: that of v2 has no parameter and always a code."""
        if api == "v1":
            return {"error": self.said}
        kind = self.said["type"]
        code = self.said.get("code", kind)
        error = {"code": code, "message": self.said["message"]}
        if kind != "invalid_request_error":
            error["type"] = kind
        return {"error": error}


def no_such(what: str, name: str, param: str | None, http: int = 404) -> NoReturn:
    """There is nothing of that name: 404 for one in the path, 400 for one in the body."""
    raise StripeProblem(http, f"No such {what}: '{name}'", code="resource_missing", param=param)


def unknown_parameter(name: str) -> NoReturn:
    """The call takes no parameter of that name."""
    raise StripeProblem(
        400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name, kept=False
    )


def missing_parameter(name: str) -> NoReturn:
    """The call needs a parameter of that name."""
    raise StripeProblem(
        400, f"Missing required param: {name}.", code="parameter_missing", param=name, kept=False
    )


def invalid_parameter(message: str, name: str, code: str | None = None) -> NoReturn:
    """The parameter's text is nothing of its kind; the call was not begun."""
    raise StripeProblem(400, message, code=code, param=name, kept=False)


def only_when_confirmed(params: Mapping[str, Any], *names: str) -> None:
    """Refuse what is said about an attempt to pay, or to keep a card, that is not to be made."""
    for name in names:
        if name in params and not params.get("confirm"):
            invalid_parameter(f"`{name}` can only be used with `confirm=true`.", name)


def wrong_state(message: str, **more: Any) -> NoReturn:
    """What is asked cannot be done to an object in this state, which comes with the error."""
    raise StripeProblem(400, message, code="payment_intent_unexpected_state", **more)


def too_little(name: str, least: int, **more: Any) -> NoReturn:
    """An amount below what may be moved."""
    raise StripeProblem(
        400,
        f"This value must be greater than or equal to {least}.",
        code="parameter_invalid_integer",
        param=name,
        kept=False,
        **more,
    )
