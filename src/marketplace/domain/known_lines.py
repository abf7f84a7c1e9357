"""Lines that plugins propose, held against the rules that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from marketplace.domain.quote import Line, Rule
from marketplace.errors import PluginError


def check_known(lines: Iterable[Line], rules: Mapping[str, Rule]) -> None:
    """Raise ``PluginError`` for a line by a rule that nobody brings: no later day could work its
    amount out again.
    """
    for line in lines:
        if line.rule not in rules:
            raise PluginError(
                f"plugin {line.plugin!r}: line {line.code!r} is by rule {line.rule!r}, which "
                "nobody brings; give its function in Bring(rules=…)",
                params={"plugin": line.plugin, "line": line.code, "rule": line.rule},
            )
