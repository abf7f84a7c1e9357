"""``marketplace process``: the rows of a vertical's processes, as a table or a drawing."""

from __future__ import annotations

from collections.abc import Sequence

import click

from marketplace import Process
from marketplace.commands.finding import Wrong, found
from marketplace.commands.screen import as_json as print_json
from marketplace.commands.screen import heading, say, table
from marketplace.domain.drawing import mermaid
from marketplace.domain.drawing import table as rows_of


def process(
    vertical: str | None,
    name: str | None,
    drawn: bool,
    app: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Print the process of a vertical."""
    with found(app, zone) as place:
        verticals = place.context.verticals
        chosen = vertical or next(iter(verticals), "")
        if chosen not in verticals:
            known = ", ".join(sorted(verticals)) or "none"
            raise Wrong(
                f"this marketplace has no vertical {chosen!r}, it has: {known}; "
                "name another one by --app, or run the demo of that name"
            )
        found_ = verticals[chosen]
        every = [*found_.processes, *found_.follow_ups]
        shown = [one for one in every if name in (None, one.name)]
        if not shown:
            known = ", ".join(one.name for one in every)
            raise Wrong(f"{chosen} has no process {name!r}; it has: {known}")
        if as_json:
            print_json([{**one.as_data(), "version": one.version} for one in shown])
        elif drawn:
            # One diagram is one document: without a name it is the vertical's own process.
            click.echo(mermaid(shown[0]).rstrip())
        else:
            for one in shown if name else found_.processes:
                _tell(one)
            if name is None and found_.follow_ups:
                after = ", ".join(one.name for one in found_.follow_ups)
                say()
                say(f"what may follow: {after}  (marketplace process {chosen} --name …)")


def _tell(one: Process) -> None:
    heading(
        f"{one.name} · version {one.version} · from {one.start} to {', '.join(sorted(one.final))}"
    )
    rows: list[Sequence[object] | str] = []
    before = None
    for row in rows_of(one):
        fails = [f"refused → {row.failed}"] if row.failed else []
        fails += [f"customer needed → {row.needs_customer}"] if row.needs_customer else []
        if row.source != before:
            rows.append(f"when {row.source}:" if row.source else "at its beginning:")
        before = row.source
        rows.append(
            (
                f"  {row.name}",
                row.who,
                row.to,
                row.effects,
                "; ".join([row.when, *fails]).strip("; "),
            )
        )
    table(("  row", "who", "to", "effects", "when"), rows)
