"""Lines that plugins propose, held against the rules that there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from marketplace.domain.quote import Line, Rule
from marketplace.errors import PluginError


def check_known(lines: Iterable[Line], rules: Mapping[str, Rule], purses: Collection[str]) -> None:
    """Raise ``PluginError`` for a line by a rule that nobody brings, for no later day could work
    its amount out again; and for one in a purse that no process of the trade has, for nobody would
    ever collect it.
    """
    for line in lines:
        if line.purse not in purses:
            raise PluginError(
                f"plugin {line.plugin!r}: line {line.code!r} is in purse {line.purse!r}; the "
                f"processes of this trade have {', '.join(sorted(purses))}",
                params={"plugin": line.plugin, "line": line.code, "purse": line.purse},
            )
        if line.rule not in rules:
            raise PluginError(
                f"plugin {line.plugin!r}: line {line.code!r} is by rule {line.rule!r}, which "
                "nobody brings; give its function in Bring(rules=…)",
                params={"plugin": line.plugin, "line": line.code, "rule": line.rule},
            )
