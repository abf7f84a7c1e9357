"""What a calendar says becomes blocks: made where days are free, given back when it lets them go.

An import only ever makes and frees blocks of its own. Where a deal has the days already it stays,
and the host is told; where two calendars of one unit say the same days, the days are taken once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from marketplace import Act, Listing, Marketplace, Reservation, SoldOut
from marketplace.plugins.ical.feed import Conflict, Feed, Report
from marketplace.plugins.ical.reading import Calendar
from marketplace.plugins.ical.stretches import Ruler, Stretch, full, of
from marketplace.plugins.ical.tables import Piece, Said, Shelf

_TRIES = 3
"""How often a stretch is looked at again, when somebody else took of it while we looked."""


@frozen
class Changes:
    """What one pass over the calendars of a unit did, by feed."""

    blocked: dict[str, int] = field(factory=dict)
    freed: dict[str, int] = field(factory=dict)


@frozen
class Import:
    """One pass over the calendars of one unit, inside a unit of work."""

    market: Marketplace
    act: Act
    listing: Listing
    ruler: Ruler
    last: datetime
    """The horizon: nothing beyond it is blocked."""

    @property
    def shelf(self) -> Shelf:
        """The plugin's tables."""
        return Shelf(self.act.work)

    @property
    def first(self) -> datetime:
        """Where the past ends: what lies before is left as it was."""
        return self.ruler.edge(self.act.at)

    def take_in(self, feed: Feed, calendar: Calendar, share_bp: int, *, believe: bool) -> bool:
        """Write what the calendar says now; whether it is doubtful.

        A calendar that is suddenly empty, or has less than ``share_bp`` of the events it had, may
        be half of an answer: then, and of what could not be read, nothing is let go, unless
        somebody says that it is to be believed.
        """
        said = self._said(feed, calendar)
        known = {(one.uid, one.start): one for one in self.shelf.said([feed.id])}
        ahead = [one for one in known.values() if one.end > self.first]
        doubtful = bool(ahead) and len(said) * 10_000 < len(ahead) * share_bp and not believe
        nameless = "" in calendar.unclear
        for key, one in known.items():
            gone = key not in said and not doubtful and not nameless
            if one.end <= self.first or (gone and one.uid not in calendar.unclear):
                self.shelf.unsay(one)
        for key, one in said.items():
            before = known.get(key)
            if before is None:
                self.shelf.say(one)
            elif (before.end, before.closed) != (one.end, one.closed):
                self.shelf.say(evolve(one, conflict=before.conflict))
        return doubtful

    def _said(self, feed: Feed, calendar: Calendar) -> dict[tuple[str, datetime], Said]:
        """What a calendar says ahead, by name and start: each name is this feed's own."""
        found: dict[tuple[str, datetime], Said] = {}
        for taken in calendar.taken:
            whole = self.ruler.stretch(taken)
            if whole.within(self.first, self.last) is None:
                continue
            key = taken.uid, whole.start
            before = found.get(key)
            if before is None or before.end < whole.end:
                found[key] = Said(feed.id, taken.uid, whole.start, whole.end, taken.closed)
        return found

    def settle(self, unit: str) -> Changes:
        """Make the blocks of a unit what its calendars say together."""
        resource = self.ruler.resource
        feeds = self.shelf.feeds(listing_id=self.listing.id, resource=resource.name, unit=unit)
        changes, names = Changes(), {one.id: one for one in feeds}
        said = self.shelf.said(names)
        kept = self._keep(said, self.shelf.pieces(names), changes)
        covered = [Stretch(one.start, one.end) for one in kept]
        for one in said:
            wanted = Stretch(one.start, one.end).within(self.first, self.last)
            gaps = [] if wanted is None else wanted.less(covered)
            both: list[Conflict] = []
            for gap in gaps:
                made, conflicts = self._fill(gap, one, names[one.feed_id])
                covered += made
                changes.blocked[one.feed_id] = changes.blocked.get(one.feed_id, 0) + len(made)
                both += [] if one.closed else conflicts
            self._tell(names[one.feed_id], one, both)
        return changes

    def _keep(self, said: Sequence[Said], pieces: Sequence[Piece], changes: Changes) -> list[Piece]:
        """Those blocks that still stand for something that is said; the others are given back."""
        alive = {one.id for one in self._claims(self.first, self.last)}
        # By name alone: where its days change a little, what stays of them is not let go at all.
        spans: dict[tuple[str, str], list[Stretch]] = {}
        for one in said:
            spans.setdefault((one.feed_id, one.uid), []).append(Stretch(one.start, one.end))
        kept: list[Piece] = []
        for piece in pieces:
            named = spans.get((piece.feed_id, piece.uid), [])
            ahead = Stretch(piece.start, piece.end).within(self.first, self.last)
            if ahead is None or piece.reservation_id not in alive:
                # Over, or given back by the host: what is past stays as it was.
                self.shelf.lift(piece)
            elif any(not ahead.less([span]) for span in named):
                kept.append(piece)
            else:
                self.market.listings.unblock(piece.reservation_id, by=self.act.actor)
                self.shelf.lift(piece)
                changes.freed[piece.feed_id] = changes.freed.get(piece.feed_id, 0) + 1
        return kept

    def _claims(self, first: datetime, last: datetime) -> list[Reservation]:
        """Live claims that touch a stretch, without those that lapsed."""
        found = self.act.work.claims.live(
            [self.ruler.resource.id], first, last, [self.ruler.resource]
        )
        return [one for one in found if one.until is None or one.until > self.act.at]

    def _fill(self, gap: Stretch, said: Said, feed: Feed) -> tuple[list[Stretch], list[Conflict]]:
        """Block what is free of a gap; gives what was blocked, and what a deal has."""
        made: list[Stretch] = []
        for _ in range(_TRIES):
            claims = self._claims(gap.start, gap.end)
            taken = full(claims, self.ruler.resource)
            free = gap.less([*made, *(span for span, _ in taken)])
            todo = [part for stretch in free for part in self.ruler.parts(stretch)]
            try:
                for part in todo:
                    self._block(part, said, feed)
                    made.append(part)
            except SoldOut:
                continue  # Somebody was faster: look again.
            break
        return made, self._both(gap, said, taken)

    def _block(self, part: Stretch, said: Said, feed: Feed) -> None:
        block = self.market.listings.block_out(
            self.listing.id,
            self.ruler.span(part),
            by=self.act.actor,
            resource=self.ruler.resource.name,
            label=feed.name,
        )
        self.shelf.lay(Piece(block.id, said.feed_id, said.uid, part.start, part.end))

    def _both(
        self,
        gap: Stretch,
        said: Said,
        taken: Sequence[tuple[Stretch, Sequence[Reservation]]],
    ) -> list[Conflict]:
        """Where a deal has what the calendar says; a host's own block is no deal."""
        conflicts: list[Conflict] = []
        for span, claims in taken:
            shared = span.within(gap.start, gap.end)
            deals = [one for one in claims if one.cause != "block"]
            if shared is None or not deals:
                continue
            whole = Stretch(said.start, said.end)
            same = any(of(one, self.ruler.resource) == whole for one in deals)
            if conflicts and conflicts[-1].end == shared.start and conflicts[-1].same_days == same:
                conflicts[-1] = evolve(conflicts[-1], end=shared.end)
            else:
                conflicts.append(Conflict(shared.start, shared.end, same))
        return conflicts

    def _tell(self, feed: Feed, said: Said, conflicts: Sequence[Conflict]) -> None:
        """Keep the conflicts with the event, and tell the host of those that are new."""
        text = written(conflicts)
        if text == said.conflict:
            return
        known = conflicts_of(said)
        self.shelf.say(evolve(said, conflict=text))
        for one in conflicts:
            if any(old.start <= one.start and one.end <= old.end for old in known):
                continue  # The same, or what is left of it today.
            told = {
                "feed": feed.name,
                "listing": self.listing.id,
                "title": self.listing.title,
                "resource": feed.resource,
                "start": one.start.isoformat(),
                "end": one.end.isoformat(),
                "first": one.start.date().isoformat(),
                "last": one.end.date().isoformat(),
                "same_days": one.same_days,
            }
            self.act.emit("ical.conflict", feed.id, told, [self.listing.provider_id])

    def report(self, feed: Feed, changes: Changes | None = None, kept: int = 0) -> Report:
        """What is so now."""
        return make_report(self.shelf, feed, self.first, changes, kept)


def make_report(
    shelf: Shelf, feed: Feed, first: datetime, changes: Changes | None = None, kept: int = 0
) -> Report:
    """What a feed says ahead, and what that came to."""
    changes = changes or Changes()
    said = [one for one in shelf.said([feed.id]) if one.end > first]
    conflicts = sorted(
        (conflict for one in said for conflict in conflicts_of(one)),
        key=lambda one: (one.start, one.end),
    )
    return Report(
        feed=feed,
        taken=len(said),
        blocks=sum(one.end > first for one in shelf.pieces([feed.id])),
        conflicts=tuple(dict.fromkeys(conflicts)),
        blocked=changes.blocked.get(feed.id, 0),
        freed=changes.freed.get(feed.id, 0),
        kept=kept,
    )


def written(conflicts: Sequence[Conflict]) -> str:
    """Conflicts as they are kept."""
    return json.dumps(
        [[one.start.isoformat(), one.end.isoformat(), one.same_days] for one in conflicts]
    )


def conflicts_of(said: Said) -> list[Conflict]:
    """Conflicts as they were kept."""
    return [
        Conflict(datetime.fromisoformat(start), datetime.fromisoformat(end), same)
        for start, end, same in json.loads(said.conflict)
    ]
