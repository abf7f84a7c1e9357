"""``marketplace demo``: stories that plugins bring."""

from __future__ import annotations

from typing import Any

import click

from marketplace.commands.finding import demos, load_name


class Demos(click.Group):
    """A group whose words are the demos that installed plugins bring."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every demo's name."""
        return sorted(demos())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The demo's command, loaded now."""
        found = demos().get(cmd_name)
        if found is None:
            return None
        command: Any = found.command
        if isinstance(command, str):
            command = load_name(command, "demo")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The demo that was named; an unknown one is told which there are."""
        if args and not args[0].startswith("-") and args[0] not in demos():
            known = ", ".join(self.list_commands(ctx)) or "none; install a plugin that brings one"
            raise click.UsageError(f"there is no demo {args[0]!r}; there are: {known}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The demos with what they show."""
        found = demos()
        if found:
            with formatter.section("Demos"):
                formatter.write_dl([(name, found[name].summary) for name in sorted(found)])


demo = Demos(
    "demo",
    help="""Watch a marketplace at work, on the real engine.

    What a demo leaves behind is a marketplace like any other: `why`, `timeline`, `ledger`,
    `check` and the rest then look into it.

    \b
    marketplace demo rides
    marketplace demo rides --trips yellow_tripdata.csv.gz
    marketplace demo stays
    marketplace demo goods
    """,
)
