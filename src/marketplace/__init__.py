"""A framework for marketplaces of peers: it owns nothing, connects people, moves their money.

This module is the face: every public name is imported from here, and nothing else is public.
Names are loaded when they are first asked for, so that `import marketplace` costs a millisecond.

The floors, each importing only from those below it::

    7  cli.py                                 the command, over everything
    6  plugins/ testing/ simulation/          trades, ways to pay · help for authors · the world
    5  __init__.py                            this face: names only
    4  app/                                   what people do in a marketplace
    3  store/       hooks.py                  where it is kept · how plugins are asked
    2  hookspecs.py                           the questions
    1  domain/      matching/                 what a marketplace is · assignment, order book
    0  errors.py                              what this library raises on purpose
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The same names again, for type checkers, each as `from home import Name as Name`.
    pass

__version__ = "0.1.0"

# Where each public name lives: "Money": "marketplace.domain.money". The test of the face keeps
# it sorted, resolvable, and the same as what type checkers are told above.
_HOME: dict[str, str] = {}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> object:
    """Load a public name from its home and keep it, so that the second asking is free."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
