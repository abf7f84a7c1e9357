"""Calendars of other places: this one's days as iCalendar, and theirs as blocks of this one."""

from marketplace.plugins.ical.feed import Conflict, Feed, FeedAddress, Report
from marketplace.plugins.ical.feeds import Feeds
from marketplace.plugins.ical.fetching import Fetcher
from marketplace.plugins.ical.plugin import ICal
from marketplace.plugins.ical.reading import ReadingLimits

__all__ = ["Conflict", "Feed", "FeedAddress", "Feeds", "Fetcher", "ICal", "ReadingLimits", "Report"]
