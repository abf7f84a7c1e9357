"""The three charts under the map: waits over time, who found a driver, how waits are spread."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from statistics import median

from attrs import frozen

from marketplace.demo.svg import (
    FAINT,
    INK,
    SOFT,
    Point,
    dots,
    number,
    polyline,
    rect,
    rule,
    width_of,
    words,
)
from marketplace.plugins.rides.scene import COLOURS, Scene

MOST_DOTS = 2_000
NONE = "#111111"


@frozen
class Panel:
    """Where a chart lies: its plot, without title and labels."""

    x: float
    y: float
    width: float
    height: float

    def up(self, share: float) -> float:
        """The height of a share of the plot, from its foot."""
        return self.y + self.height * (1 - share)


@frozen
class Slots:
    """The stretch of time that the charts show, cut into equal slots on the local clock."""

    start: datetime
    count: int
    minutes: int

    def share(self, moment: datetime) -> float:
        """Where a moment lies, from 0 at the start to 1 at the end."""
        return (moment - self.start) / (timedelta(minutes=self.minutes) * self.count)

    def slot(self, moment: datetime) -> int:
        """Which slot a moment lies in."""
        return min(self.count - 1, int(self.share(moment) * self.count))


def slots(scene: Scene) -> Slots:
    """Quarters of an hour, or five minutes when it is all over in less than two hours."""
    asked = [mark.asked_at for mark in scene.marks]
    first, last = scene.local(min(asked)), scene.local(max(asked))
    long = (last - first) / timedelta(hours=1)
    minutes = 5 if long < 2 else 15 if long < 12 else 60
    start = first.replace(minute=first.minute // minutes * minutes, second=0, microsecond=0)
    count = int((last - start) / timedelta(minutes=minutes)) + 1
    return Slots(start, count, minutes)


def _head(scene: Scene, panel: Panel, title: str, under: str) -> list[str]:
    return [
        words(panel.x - 34, panel.y - 34, title, size=15, weight=600),
        words(panel.x - 34, panel.y - 15, under, size=12, fill=SOFT),
    ]


def _clock(scene: Scene, panel: Panel, cut: Slots) -> list[str]:
    """The hours along the foot, no more than fit."""
    total = cut.count * cut.minutes
    every = next(m for m in (5, 10, 15, 30, 60, 120, 240, 480, 1440, 10**9) if total / m <= 7)
    parts, minute = [], -(cut.start.minute + cut.start.hour * 60) % min(every, 1440)
    while minute <= total:
        x = panel.x + panel.width * minute / total
        told = (cut.start + timedelta(minutes=minute)).strftime("%H:%M")
        parts.append(rule(x, panel.y + panel.height, x, panel.y + panel.height + 4, SOFT))
        foot = panel.y + panel.height + 18
        parts.append(words(x, foot, scene.told(told), size=12, fill=SOFT, anchor="middle"))
        minute += every
    return parts


def _levels(scene: Scene, panel: Panel, top: int) -> tuple[int, list[str]]:
    """Hairlines at round values; the highest of them is the plot's top."""
    step = next(s for e in range(12) for s in (10**e, 2 * 10**e, 5 * 10**e) if top / s <= 4)
    most = max(step, -(-top // step) * step)
    parts = []
    for value in range(0, most + 1, step):
        y = panel.up(value / most)
        parts.append(rule(panel.x, y, panel.x + panel.width, y, FAINT))
        label = words(panel.x - 6, y + 4, scene.told(value), size=12, fill=SOFT, anchor="end")
        parts.append(label)
    return most, parts


def waits_chart(scene: Scene, panel: Panel, cut: Slots) -> list[str]:
    """Each wait as a dot over the time of asking, and the median of each slot as a line."""
    parts = _head(scene, panel, scene.say("waits"), scene.say("waits_sub", minutes=cut.minutes))
    waited = [(mark, mark.wait_s) for mark in scene.marks if mark.wait_s is not None]
    if not waited:
        return [*parts, _nothing(scene, panel)]
    ranked = sorted(wait for _, wait in waited)
    # The highest hundredth would press all others to the floor: it is drawn at the ceiling.
    top = max(1, -(-ranked[-1 - len(ranked) // 100] // 60))
    most, lines = _levels(scene, panel, top)
    parts += lines + _clock(scene, panel, cut)

    def at(moment: datetime, wait: float) -> Point:
        share = min(1.0, wait / 60 / most)
        return panel.x + panel.width * cut.share(moment), panel.up(share)

    step = -(-len(waited) // MOST_DOTS)
    for shade, colour in enumerate(COLOURS):
        points = [at(m.asked_at, w) for m, w in waited[::step] if scene.shade(w) == shade]
        parts.append(f'<g opacity="0.6">{dots(points, 3.4, colour, ring=0)}</g>' if points else "")
    by_slot: dict[int, list[int]] = {}
    for mark, wait in waited:
        by_slot.setdefault(cut.slot(mark.asked_at), []).append(wait)
    slot = timedelta(minutes=cut.minutes)
    line = [at(cut.start + slot * (i + 0.5), median(by_slot[i])) for i in sorted(by_slot)]
    shape = f'd="{polyline(line)}" fill="none" stroke-linejoin="round"'
    parts.append(f'<path {shape} stroke="#ffffff" stroke-width="5"/>')
    parts.append(f'<path {shape} stroke="{INK}" stroke-width="2.2"/>')
    return parts


def counts_chart(scene: Scene, panel: Panel, cut: Slots) -> list[str]:
    """Who asked in each slot: drivers found below, none found on top."""
    under = scene.say("counts_sub", minutes=cut.minutes)
    parts = _head(scene, panel, scene.say("counts"), under)
    found = Counter(cut.slot(mark.asked_at) for mark in scene.marks if mark.matched)
    lost = Counter(cut.slot(mark.asked_at) for mark in scene.marks if not mark.matched)
    most, lines = _levels(scene, panel, max((found + lost).values(), default=1))
    parts += lines + _clock(scene, panel, cut)
    wide = panel.width / cut.count
    for slot in range(cut.count):
        x, bar = panel.x + slot * wide + wide * 0.1, wide * 0.8
        foot = panel.up(found[slot] / most)
        head = panel.up((found[slot] + lost[slot]) / most)
        if found[slot]:
            parts.append(rect(x, foot, bar, panel.y + panel.height - foot, COLOURS[1]))
        if lost[slot]:
            # A sliver of paper between the two, so that they differ in print as well.
            parts.append(rect(x, head, bar, max(0.8, foot - head - 1), NONE))
    right = panel.x + panel.width
    key = [("found", COLOURS[1]), ("none", NONE)]
    for index, (code, colour) in enumerate(key):
        y = panel.y - 38 + index * 17
        parts.append(rect(right - 11, y - 6, 11, 11, colour))
        parts.append(words(right - 17, y + 4, scene.say(code), size=12, fill=SOFT, anchor="end"))
    return parts


def spread_chart(scene: Scene, panel: Panel) -> list[str]:
    """How many rides had which wait, minute by minute, with the median and the ninth tenth."""
    parts = _head(scene, panel, scene.say("spread"), scene.say("spread_sub"))
    waits = sorted(mark.wait_s for mark in scene.marks if mark.wait_s is not None)
    if not waits:
        return [*parts, _nothing(scene, panel)]
    widest = waits[-1 - len(waits) // 100] // 60 + 1
    size = next(s for s in (1, 2, 5, 10, 20, 30, 60, 120, 600, 10**6) if widest / s <= 24)
    bins = -(-widest // size)
    held = Counter(min(bins - 1, wait // 60 // size) for wait in waits)
    most, lines = _levels(scene, panel, max(held.values()))
    parts += lines
    wide = panel.width / bins
    for index in range(bins):
        if held[index]:
            y = panel.up(held[index] / most)
            colour = COLOURS[scene.shade(index * size * 60)]
            high = panel.y + panel.height - y
            parts.append(rect(panel.x + index * wide + 0.8, y, wide - 1.6, high, colour))
    every = -(-bins // 8)
    # The last bar holds all that is longer too; its label says so and needs room to its left.
    labels = {index: scene.told(index * size) for index in range(0, bins - 1, every)}
    labels = {index: text for index, text in labels.items() if bins - 1 - index >= every * 0.6}
    beyond = waits[-1] // 60 // size >= bins
    labels[bins - 1] = scene.say("and_more" if beyond else "plain", most=(bins - 1) * size)
    foot = panel.y + panel.height + 18
    for index, text in labels.items():
        x = panel.x + index * wide
        parts.append(words(x, foot, text, size=12, fill=SOFT, anchor="middle"))
    marks = (("median", median(waits)), ("ninety", waits[len(waits) * 9 // 10]))
    for row, (code, wait) in enumerate(marks):
        x = panel.x + min(panel.width, wait / 60 / size * wide)
        y = panel.y + 2 + row * 18
        parts.append(rule(x, y - 8, x, panel.y + panel.height, INK, 'stroke-dasharray="3 3"'))
        told = scene.say(code, wait=f"{number(wait / 60)} {scene.say('minutes')}")
        fits = x + 5 + width_of(told, 12) <= panel.x + panel.width + 24
        end, anchor = (x + 5, "start") if fits else (x - 5, "end")
        parts.append(words(end, y + 2, told, size=12, anchor=anchor, halo=True))
    return parts


def _nothing(scene: Scene, panel: Panel) -> str:
    middle = panel.x + panel.width / 2, panel.y + panel.height / 2
    return words(*middle, scene.say("nothing"), fill=SOFT, anchor="middle")
