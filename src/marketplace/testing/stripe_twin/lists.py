"""Lists: newest first, a page at a time, narrowed by what the call says."""

from __future__ import annotations

from collections.abc import Callable

from .problems import StripeProblem, invalid_parameter
from .shelf import Body
from .world import Ask, World

MOST = 100
PAGING = {
    "limit": "int",
    "starting_after": "str",
    "ending_before": "str",
    "created": "int",
    "created.gt": "int",
    "created.gte": "int",
    "created.lt": "int",
    "created.lte": "int",
}
_NARROWER = {
    "gt": lambda made, bound: made > bound,
    "gte": lambda made, bound: made >= bound,
    "lt": lambda made, bound: made < bound,
    "lte": lambda made, bound: made <= bound,
}


def listing(kind: str, url: str, *filters: str) -> Callable[[World, Ask], Body]:
    """The handler of a list of such objects that may be narrowed by such fields."""

    def answer(world: World, ask: Ask) -> Body:
        found = world.shelf.every(kind, ask.account)[::-1]
        for name in filters:
            if name in ask.params:
                found = [each for each in found if each.get(name) == ask.params[name]]
        if "types" in ask.params:
            found = [each for each in found if each["type"] in ask.params["types"]]
        return page(url, _made_when(found, ask), ask)

    return answer


def _made_when(found: list[Body], ask: Ask) -> list[Body]:
    when = ask.params.get("created")
    if isinstance(when, int):
        return [each for each in found if each["created"] == when]
    for name, bound in (when or {}).items():
        found = [each for each in found if _NARROWER[name](each["created"], bound)]
    return found


def page(url: str, found: list[Body], ask: Ask) -> Body:
    """A page of what was found, newest first."""
    limit = ask.params.get("limit", 10)
    if not 1 <= limit <= MOST:
        invalid_parameter(
            f"This value must be between 1 and {MOST}.", "limit", "parameter_invalid_integer"
        )
    names = [each["id"] for each in found]
    before, after = ask.params.get("ending_before"), ask.params.get("starting_after")
    if before is not None and after is not None:
        raise StripeProblem(
            400,
            "You may only specify one of these parameters: starting_after, ending_before.",
            kept=False,
        )
    if after is not None:
        found = found[_place(names, after, "starting_after") + 1 :]
        data, more = found[:limit], len(found) > limit
    elif before is not None:
        found = found[: _place(names, before, "ending_before")]
        data, more = found[-limit:], len(found) > limit
    else:
        data, more = found[:limit], len(found) > limit
    return {"object": "list", "data": data, "has_more": more, "url": url}


def _place(names: list[str], name: str, param: str) -> int:
    if name not in names:
        raise StripeProblem(400, f"No such object: '{name}'", code="resource_missing", param=param)
    return names.index(name)
