"""What in a listing's texts the operator should look at: tricks of writing, ways around him."""

from __future__ import annotations

from marketplace.app.door import Act
from marketplace.domain.contacts import holds_contact
from marketplace.domain.folding import tricks
from marketplace.domain.listing import Listing


def flag(act: Act, listing: Listing) -> None:
    """Emit ``listing.flagged`` where a title or text is not what it looks like, or holds a contact.

    Nothing is refused for it, and nobody but the operator hears of it: a hook may, and judges.
    """
    vertical = act.context.vertical(listing.vertical)
    texts = {"title": listing.title}
    texts |= {
        name: value
        for name in vertical.texts
        if isinstance(value := listing.attributes.get(name), str)
    }
    found: dict[str, list[str]] = {}
    for name, text in texts.items():
        seen = list(tricks(text))
        if vertical.hides_contacts and holds_contact(text):
            seen.append("contact")
        if seen:
            found[name] = seen
    if found:
        act.emit("listing.flagged", listing.id, {"fields": found})
