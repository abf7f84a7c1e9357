"""Lines that plugins propose, held against the rules that there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from marketplace.domain.quote import Line, Rule
from marketplace.errors import PluginError


def check_collected(lines: Iterable[Line], purses: Collection[str], there: str) -> None:
    """Raise ``PluginError`` for a line in another purse: nobody would ever collect it.

    ``there`` says whose purses these are.
    """
    for line in lines:
        if line.purse not in purses:
            raise PluginError(
                f"plugin {line.plugin!r}: line {line.code!r} is in purse {line.purse!r}; {there} "
                f"{', '.join(sorted(purses))}",
                params={"plugin": line.plugin, "line": line.code, "purse": line.purse},
            )


def check_known(lines: Sequence[Line], rules: Mapping[str, Rule], purses: Collection[str]) -> None:
    """Raise ``PluginError`` for a line by a rule that nobody brings, for no later day could work
    its amount out again; and for one in a purse that no process of the trade has.
    """
    check_collected(lines, purses, "the processes of this trade have")
    for line in lines:
        if line.rule not in rules:
            raise PluginError(
                f"plugin {line.plugin!r}: line {line.code!r} is by rule {line.rule!r}, which "
                "nobody brings; give its function in Bring(rules=…)",
                params={"plugin": line.plugin, "line": line.code, "rule": line.rule},
            )
