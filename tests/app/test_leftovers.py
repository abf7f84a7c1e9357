"""What a command leaves behind in memory: nothing."""

import gc
import weakref

from marketplace import OPERATOR, Actor, Work
from marketplace.app.door import Act, Door
from tests.support.ride_world import Town


def test_a_command_that_is_over_is_gone(town: Town) -> None:
    """A command's unit of work is gone when the command is over: nothing that is done after the
    commit holds it, for the garbage collector to find."""
    works: list[weakref.ref[Work]] = []

    def do(act: Act) -> None:
        act.emit("party.looked_at", "pa_1")
        works.append(weakref.ref(act.work))

    gc.disable()
    try:
        Door(town.market.context).run("parties.look", Actor(role=OPERATOR), do, body={})
        assert [one() for one in works] == [None]
    finally:
        gc.enable()
