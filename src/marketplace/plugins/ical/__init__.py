"""Calendars of other places: this one's days as iCalendar, and theirs as blocks of this one."""
