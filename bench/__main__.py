"""Runs one of the suites: `python -m bench`, or `python -m bench search --listings 100000`."""

import sys
from importlib import import_module

SUITES = (
    "lives",
    "search",
    "checkout",
    "dispatch",
    "vacancies",
    "nights",
    "instructions",
    "doorstep",
    "uber",
)


def main(words: list[str]) -> None:
    """Run the suite that the first word names, else the first of all, with the other words."""
    named = bool(words) and not words[0].startswith("-")
    suite = words[0] if named else SUITES[0]
    if suite not in SUITES:
        raise SystemExit(f"no suite is called {suite!r}; there are: {', '.join(SUITES)}")
    import_module(f"bench.{suite}").main(words[1:] if named else words)


if __name__ == "__main__":
    main(sys.argv[1:])
