"""The embedded broker: Celery's filesystem transport, made safe against half-written messages and deleted folders.

The library's own opens a message file and then writes it, so that a reader can find it empty and end the whole worker;
and it takes messages by way of the temporary folder, where a kill leaves them lying. Here a message appears whole, by
a rename, and is taken by a rename inside its own folder. What is lost at a kill costs seconds (documents.jobs).
"""

import uuid
from pathlib import Path
from queue import Empty
from time import monotonic_ns

from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    # Which queue a message goes to is known to every process by its own declaration, never read from a file that
    # somebody may delete; so there is no broadcasting (and no remote control, see settings).
    supports_fanout = False
    get_table = virtual.Channel.get_table
    _delete = virtual.Channel._delete

    @property
    def folder(self) -> Path:
        """Where the messages lie; made again when somebody deleted it."""
        folder = Path(self.data_folder_in)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _put(self, queue, payload, **kwargs):
        name = f"{monotonic_ns():020d}_{uuid.uuid4()}"
        partial = self.folder / f"{name}.partial"
        partial.write_text(dumps(payload), encoding="utf-8")
        partial.rename(self.folder / f"{name}.{queue}.msg")

    def _get(self, queue):
        for path in self._waiting(queue):
            taken = path.with_suffix(".taken")
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue  # another process was quicker
            text = taken.read_text(encoding="utf-8")
            taken.unlink()
            return loads(text)
        raise Empty

    def _size(self, queue):
        return len(self._waiting(queue))

    def _purge(self, queue):
        waiting = self._waiting(queue)
        for path in waiting:
            path.unlink(missing_ok=True)
        return len(waiting)

    def _waiting(self, queue) -> list[Path]:
        """The queue's messages, oldest first."""
        ending = f".{queue}.msg"
        return sorted(path for path in self.folder.iterdir() if path.name.endswith(ending))


class Transport(filesystem.Transport):
    Channel = Channel
    implements = virtual.Transport.implements.extend(asynchronous=False, exchange_type=frozenset(["direct"]))


def install() -> None:
    """Make ``filesystem://`` mean this transport."""
    TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"
