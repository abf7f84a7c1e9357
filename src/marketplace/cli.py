"""The command ``marketplace``: demos, and a look into any marketplace.

Every word is loaded when it is used, and what it does when it is done, so that any help is there at
once.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from marketplace import __version__
from marketplace.errors import MarketplaceError

WORDS = {
    "demo": "Watch a marketplace at work: `marketplace demo rides`.",
    "why": "Why a deal is as it is: price, match, refusals, money.",
    "timeline": "What happened in a deal, step by step.",
    "ledger": "Whose money is where: of a deal, of a party, of all.",
    "statement": "What a party had, what came and went; or the profit.",
    "payouts": "What is due to whom, who waits and why; pay it out.",
    "reconcile": "Whether the payment providers' books and ours agree.",
    "process": "The process of a vertical: who may do what, and when.",
    "check": "What is proved, what lags, whether the books add up.",
    "plugins": "Which plugins there are, and what each does.",
    "tick": "Do what is due: timers, payments, payouts.",
    "migrate": "Bring the database's tables to this version.",
}
"""Each word of the command, and what it does in a line."""


class Words(click.Group):
    """A group that imports a word's module when the word is used; errors are one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The words, in the order in which a newcomer meets them."""
        return list(WORDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The word's command, imported now."""
        if cmd_name not in WORDS:
            return None
        # Only what a demo is told is known to the plugins alone.
        module = "demos" if cmd_name == "demo" else "declared"
        command: click.Command = getattr(import_module(f"marketplace.commands.{module}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The word that was typed; an unknown one is told which there are."""
        if args and args[0] not in WORDS and not args[0].startswith("-"):
            raise click.UsageError(f"there is no {args[0]!r}; there are: {', '.join(WORDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The words with what they do, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(WORDS.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a word. What goes wrong on purpose is one line, and exit code 2."""
        try:
            code = super().main(args, prog_name or "marketplace", complete_var, False, **extra)
        except click.exceptions.NoArgsIsHelpError as asked:
            click.echo(asked.format_message())
            code = 0
        except click.ClickException as error:
            code = _one_line(error.format_message())
        except MarketplaceError as error:
            code = _one_line(str(error))
        except (click.Abort, KeyboardInterrupt):
            click.echo("stopped", err=True)
            code = 130
        except OSError as error:
            if error.errno == errno.EPIPE:
                # Whoever read the output has gone; python would complain again at its end.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                code = 1
            else:
                code = _one_line(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


def _one_line(message: str) -> int:
    said = " ".join(message.split()).rstrip(".")
    if said[:1].isupper() and not said[1:2].isupper():
        said = said[0].lower() + said[1:]
    click.echo(f"marketplace: {said}", err=True)
    return 2


HELP = """A marketplace of peers: watch one, look into one, keep one running.

\b
marketplace demo rides      a morning of rides in Kathmandu, in under a minute
marketplace why             why the newest deal worth a story went as it did
marketplace ledger          whose money is where; the sum is zero

All but `demo` are about one marketplace: the one named by --app module:attribute, else by
MARKETPLACE_APP, else the one that the newest demo left behind.
"""

main = Words("marketplace", help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
click.version_option(
    __version__, "--version", prog_name="marketplace", message="%(prog)s %(version)s"
)(main)


if __name__ == "__main__":
    main()
