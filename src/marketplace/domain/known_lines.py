"""Lines that plugins propose, held against what there is: for somebody, and by a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from marketplace.domain.party import CUSTOMER, OPERATOR, PROVIDER
from marketplace.domain.quote import Line, Rule
from marketplace.domain.vertical import Vertical
from marketplace.errors import PluginError

TAX_ROLE = "tax"
"""The payee of a line that is owed to an authority."""
DUES_ROLE = "dues"
"""The payee of a line by which a customer pays what it still owed from earlier deals."""


def check_known(
    lines: Iterable[Line], vertical: Vertical, rules: Mapping[str, Rule], seated: Iterable[str]
) -> None:
    """Raise ``PluginError`` for a line of a role that nobody can have, or of a rule that is none.

    It would else be found when the money is given to everybody, after it was taken.
    """
    roles = {CUSTOMER.name, PROVIDER.name, OPERATOR.name, TAX_ROLE, DUES_ROLE, *seated}
    roles |= {one.role for one in vertical.seats}
    for process in (*vertical.processes, *vertical.follow_ups):
        roles |= {row.fills for row in process.transitions if row.fills}
    for line in lines:
        told = {"plugin": line.plugin, "line": line.code}
        for role in (line.payer, line.payee):
            if role not in roles:
                raise PluginError(
                    f"plugin {line.plugin!r}: line {line.code!r} is between roles, "
                    f"{', '.join(sorted(roles))}; {role!r} is none of them",
                    params={**told, "role": role},
                )
        if line.rule not in rules:
            raise PluginError(
                f"plugin {line.plugin!r}: line {line.code!r} is by rule {line.rule!r}, which "
                "nobody brings; give its function in Bring(rules=…)",
                params={**told, "rule": line.rule},
            )
