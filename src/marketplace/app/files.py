"""Files: photos, documents and evidence; their cards in the database, their bytes in a storage."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.reading import Page, Reader, View
from marketplace.app.texts import checked_text
from marketplace.domain.dispute import Dispute
from marketplace.domain.message import StoredFile
from marketplace.domain.transaction import Seat
from marketplace.errors import InvalidInput, NotFound, SetupError

_KEY = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}", re.ASCII)


class FolderStorage:
    """Keeps files in a folder, each under its key."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, content: bytes) -> None:
        """Write the bytes; a crash in between leaves no half file under the key."""
        path = self._path(key)
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(path)

    def get(self, key: str) -> bytes:
        """The bytes under the key; raises ``NotFound``."""
        path = self._path(key)
        if not path.is_file():
            raise NotFound(f"no file {key!r}")
        return path.read_bytes()

    def remove(self, key: str) -> None:
        """Delete the bytes; harmless where there are none."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise InvalidInput(f"a file's key has small letters, digits and _, not {key!r}")
        return self._folder / key


class Files:
    """The verbs of files."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def put(
        self, name: str, content: bytes, *, media_type: str, by: By, key: str | None = None
    ) -> StoredFile:
        """Keep a file for the acting party; gives its card, whose id others may name."""
        storage, most = self._context.files, self._context.limits.file
        if storage is None:
            raise SetupError("this marketplace keeps no files; open it with files=FolderStorage(…)")
        if not isinstance(content, bytes) or len(content) > most:
            raise InvalidInput(f"a file has at most {most} bytes")
        if not _MEDIA_TYPE.fullmatch(media_type):
            raise InvalidInput(f"a media type is written like image/png, not {media_type!r}")

        digest = hashlib.sha256(content).hexdigest()
        # The bytes go first and outside the unit of work: a card without bytes would be a
        # promise that nobody keeps, and bytes without a card are found by their hash again.
        storage.put(digest, content)

        def do(act: Act) -> StoredFile:
            card = StoredFile(
                id=act.context.ids.new("file"),
                owner_id=act.me(),
                name=checked_text(name, "a file's name", 200, least=1),
                media_type=media_type,
                size=len(content),
                sha256=digest,
                created_at=act.at,
            )
            act.work.add(card)
            act.about(card.id)
            return card

        body = {"name": name, "media_type": media_type, "sha256": digest}
        return self._door.run("files.put", by, do, body=body, key=key)

    def list(self, *, by: By, after: str | None = None, limit: int = 50) -> Page[StoredFile]:
        """The cards of the actor's own files; the operator sees all."""
        with self._reader.read(by) as view:
            mine = {} if view.operator else {"owner_id": view.party_id}
            return view.page(StoredFile, mine, after=after, limit=limit)

    def get(self, file_id: str, *, by: By, dispute: str | None = None) -> tuple[StoredFile, bytes]:
        """A file of one's own, or any for the operator: its card and its bytes.

        With ``dispute``, one that somebody showed there, for all who sit in that deal.
        """
        with self._reader.read(by) as view:
            card = view.work.find(StoredFile, id=file_id)
            mine = card is not None and bool(view.own(card.owner_id))
            if card is None or not (mine or _shown_in(view, card, dispute)):
                raise NotFound(f"no file {file_id!r}")
            if self._context.files is None:
                raise SetupError("this marketplace keeps no files")
        return card, self._context.files.get(card.sha256)


def _shown_in(view: View, card: StoredFile, dispute_id: str | None) -> bool:
    """Whether the file is evidence in a dispute about a deal that the actor sits in."""
    dispute = None if dispute_id is None else view.work.find(Dispute, id=dispute_id)
    if dispute is None or not any(card.id in one.files for one in dispute.evidence):
        return False
    seats = view.work.select(Seat, {"transaction_id": dispute.transaction_id}, order="role")
    return view.actor.party_id in {seat.party_id for seat in seats}


def own_files(act: Act, files: Sequence[str]) -> tuple[str, ...]:
    """The ids, if each is a file of the acting party; raises ``NotFound`` for any other.

    Who names a file shows it to others: nobody shows what is somebody else's.
    """
    for file_id in files:
        card = act.work.find(StoredFile, id=file_id)
        if card is None or act.actor.party_id not in (None, card.owner_id):
            raise NotFound(f"no file {file_id!r}")
    return tuple(files)
