"""Which marketplace the command is about: ``--app``, else MARKETPLACE_APP, else the demo's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from typing import Any
from zoneinfo import ZoneInfo

import click
from attrs import define

from marketplace import Demo, Marketplace, MarketplaceError
from marketplace.app.context import Context
from marketplace.commands.options import VARIABLE

BUILT_IN = {
    "rides": "marketplace.plugins.rides.plugin:kathmandu_rides",
    "stays": "marketplace.plugins.stays:Stays",
    "goods": "marketplace.plugins.goods:Goods",
    "cash": "marketplace.plugins.cash:Cash",
    "wallet": "marketplace.plugins.wallet:Wallet",
    "commission": "marketplace.plugins.commission:Commission",
    "coupons": "marketplace.plugins.coupons:Coupons",
    "invoices": "marketplace.plugins.invoices:Invoices",
    "sandbox": "marketplace.plugins.sandbox:Sandbox",
}
"""The plugins of this distribution, as its entry points name them."""


class Wrong(click.ClickException):
    """What cannot be done, and what can: one line, exit code 2."""

    exit_code = 2


@define
class Found:
    """A marketplace that somebody wants to look into."""

    market: Marketplace
    zone: ZoneInfo
    said: str
    """Where it was found."""

    @property
    def context(self) -> Context:
        """What its verbs work with."""
        return self.market.context

    def when(self, moment: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        """A moment on the wall clock of the place."""
        return moment.astimezone(self.zone).strftime(form)


def load_name(named: str, what: str) -> Any:
    """What ``module:attribute`` names; the folder one stands in is looked in first."""
    module, colon, attribute = named.partition(":")
    if not (module and colon and attribute):
        raise Wrong(f"{what} is module:attribute, as in app:market, not {named!r}")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = import_module(module)
    except ImportError as error:
        raise Wrong(f"{what} {named!r} cannot be imported: {error}") from error
    for name in attribute.split("."):
        if not hasattr(found, name):
            public = [one for one in vars(found) if not one.startswith("_")]
            raise Wrong(f"{module} has no {name!r}; it has: {', '.join(public[:12]) or 'nothing'}")
        found = getattr(found, name)
    return found


@contextmanager
def found(app: str | None, zone: str | None = None) -> Iterator[Found]:
    """Open the marketplace that is meant, and close it when the command is done."""
    named = app or os.environ.get(VARIABLE)
    if named:
        market, at, said = _given(named), "UTC", named
    else:
        market, at, said = _left_by_a_demo()
    try:
        yield Found(market, _zone(zone or at), said)
    finally:
        market.close()


def moment_of(found: Found, text: str | None, option: str) -> datetime | None:
    """A day's beginning, or a moment, on the wall clock of the place unless it says its zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{option} is a day or a moment as 2026-11-01 or 2026-11-01T12:30") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=found.zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise Wrong(f"{name!r} is no time zone; allowed are names as Asia/Kathmandu") from None


def _given(named: str) -> Marketplace:
    given = load_name(named, "--app")
    made = given
    if callable(given) and not isinstance(given, Marketplace):
        try:
            signature(given).bind()
        except TypeError as error:
            raise Wrong(f"--app names a function without arguments; {named}: {error}") from None
        except ValueError:
            # Some things that are made in C say nothing about their arguments.
            pass
        made = given()
    if not isinstance(made, Marketplace):
        kind = type(made).__name__
        raise Wrong(f"{named} is a {kind}; --app names a Marketplace, or a function giving one")
    return made


def _left_by_a_demo() -> tuple[Marketplace, str, str]:
    for demo in demos().values():
        if demo.opens is None:
            continue
        opens = load_name(demo.opens, "demo") if isinstance(demo.opens, str) else demo.opens
        left = opens(None)
        if left is not None:
            market, zone = left
            return market, zone, f"the newest run of `marketplace demo {demo.name}`"
    raise Wrong(
        "no marketplace is named and no demo was run: run `marketplace demo rides`, "
        f"or name yours by --app module:attribute or {VARIABLE}"
    )


def installed() -> dict[str, object]:
    """Every plugin that is installed, by the name of its entry point; the built-in ones first."""
    found: dict[str, object] = {
        name: load_name(where, "plugin") for name, where in BUILT_IN.items()
    }
    for point in entry_points(group="marketplace"):
        if point.name not in found:
            found[point.name] = point.load()
    return found


def demos() -> dict[str, Demo]:
    """Every demo that an installed plugin brings, by name."""
    result: dict[str, Demo] = {}
    for name, plugin in installed().items():
        try:
            made = plugin() if callable(plugin) else plugin
        except (MarketplaceError, TypeError) as error:
            # A plugin that cannot be made without settings brings no demo by itself.
            click.echo(f"marketplace: plugin {name} was left out: {error}", err=True)
            continue
        bring = getattr(made, "bring", None)
        for demo in bring().demos if bring is not None else ():
            result.setdefault(demo.name, demo)
    return result
