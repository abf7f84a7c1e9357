"""The day's picture: one SVG of a map and three charts, from plain values, for any reader.

``picture`` is a pure function to text: a file that a browser, GitHub and a printer show alike,
with no script and nothing fetched. Light ground, colours that differ in lightness as well as in
hue, shapes beside colours, text of twelve pixels and more.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from marketplace.demo.svg import FONTS, PAPER, SOFT, number, plain, rect, words
from marketplace.plugins.rides.charts import (
    Panel,
    counts_chart,
    slots,
    spread_chart,
    waits_chart,
)
from marketplace.plugins.rides.scene import RideMark, Scene
from marketplace.plugins.rides.sketch import framed, legend, sketch

__all__ = ["RideMark", "Scene", "picture"]

WIDTH, HEIGHT = 1200, 1064
_EDGE, _TOP, _MAP_WIDTH, _MAP_HEIGHT = 28, 96, 832, 640


def picture(scene: Scene) -> str:
    """The picture as the text of an SVG file, 1200 by 1064 pixels; the same scene, the same text.

    A scene without riders is a map with nothing on it, and says so.
    """
    frame = framed(scene, _EDGE, _TOP, _MAP_WIDTH, _MAP_HEIGHT)
    side = _EDGE + _MAP_WIDTH + 28
    facts = _facts(scene)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    told = "; ".join(f"{value} {label}" for value, label in facts)
    role = 'role="img" aria-labelledby="title about"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {role} font-family="{FONTS}">',
        f'<title id="title">{plain(scene.title)}</title>',
        f'<desc id="about">{plain(f"{scene.subtitle}. {told}")}</desc>',
        rect(0, 0, WIDTH, HEIGHT, PAPER),
        words(_EDGE, 46, scene.title, size=26, weight=700),
        words(_EDGE, 74, scene.subtitle, size=15, fill=SOFT),
        *sketch(scene, frame),
        *_figures(facts, side, _TOP),
        *legend(scene, frame, side, _TOP + 58 + 52 * len(facts)),
        *_charts(scene),
        words(_EDGE, HEIGHT - 16, scene.source, size=12, fill=SOFT) if scene.source else "",
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _charts(scene: Scene) -> list[str]:
    if not scene.marks:
        return [words(_EDGE, _TOP + _MAP_HEIGHT + 60, scene.say("nothing"), fill=SOFT)]
    wide, gap = 322, 70
    panels = [
        Panel(_EDGE + 34 + index * (wide + gap), _TOP + _MAP_HEIGHT + 82, wide, 178)
        for index in range(3)
    ]
    cut = slots(scene)
    return [
        *waits_chart(scene, panels[0], cut),
        *counts_chart(scene, panels[1], cut),
        *spread_chart(scene, panels[2]),
    ]


def _facts(scene: Scene) -> list[tuple[str, str]]:
    """The numbers that a reader wants first, each with what it counts."""
    waits = sorted(mark.wait_s for mark in scene.marks if mark.wait_s is not None)
    ways = [
        mark.driver_from.metres_to(mark.pickup)
        for mark in scene.marks
        if mark.driver_from is not None
    ]
    facts = [(scene.told(len(scene.marks)), scene.say("asked"))]
    if scene.drivers:
        facts.append((scene.told(len(scene.drivers)), scene.say("drivers")))
    if scene.marks:
        share = f"{100 * len(waits) / len(scene.marks):.0f} %"
        facts.append((scene.told(share), scene.say("matched")))
    minutes = scene.say("minutes")
    if waits:
        ninth = waits[len(waits) * 9 // 10]
        facts.append((f"{_minutes(scene, median(waits))} {minutes}", scene.say("typical")))
        facts.append((f"{_minutes(scene, ninth)} {minutes}", scene.say("longest")))
    if ways:
        far = scene.told(f"{median(ways) / 1000:.1f}")
        facts.append((f"{far} {scene.say('km')}", scene.say("approach")))
    return facts


def _minutes(scene: Scene, seconds: float) -> str:
    return scene.told(number(seconds / 60))


def _figures(facts: Sequence[tuple[str, str]], x: float, y: float) -> list[str]:
    parts = []
    for index, (value, label) in enumerate(facts):
        top = y + index * 52
        parts.append(words(x, top + 22, value, size=24, weight=700))
        parts.append(words(x, top + 40, label, fill=SOFT))
    return parts
