"""Who may go on now: one at a time for each address, and no more at once than the configuration allows.

Between processes (two providers of one program are two) the lock is the operating system's, which takes it back from
a process however that ends. All addresses are places in one file: hundreds of locks take one descriptor, and leave no
files behind. Other machines, users, containers and temporary folders have other files.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
import threading
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pulumi_nao.errors import NotSent
from pulumi_nao.waiting.semaphore import Semaphore

if sys.platform == "win32":
    import msvcrt

    _LOCK, _UNLOCK = msvcrt.LK_NBLCK, msvcrt.LK_UNLCK
else:
    import fcntl

    _LOCK, _UNLOCK = fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_UN

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from contextlib import AbstractContextManager

    from pulumi_nao.waiting.clock import Clock

# Seconds; asked without blocking, so that a cancel ends the wait.
_ASKED_AGAIN = 0.25
_PRIVATE, _OF_OTHERS = 0o700, 0o077
# Places in the file; two addresses share one as seldom as their digests begin alike.
_PLACES = 2**62


class Locks:
    def __init__(self, clock: Clock, at_once: int | None = None) -> None:
        self._clock = clock
        self._all = Semaphore(clock, at_once or sys.maxsize)
        self._addresses: dict[Hashable, Semaphore] = {}
        self._guard = threading.Lock()

    @contextmanager
    def held(self, address: Hashable, operation: str, report: Callable[[str], None]) -> Iterator[None]:
        """Hold a turn; a wait for another at the same address is reported, and a cancel meanwhile is `NotSent`.

        While another process has the address, the place goes back to those who could go on; and without a place,
        no other process is kept from the address.
        """
        with self._guard:
            one_at_a_time = self._addresses.setdefault(address, Semaphore(self._clock, 1))
        told = partial(report, f"waiting for another {operation} to end")
        with one_at_a_time.acquired(in_line=told) as is_next:
            is_told = False
            while is_next:
                with self._all.acquired() as turn_has_come, self._elsewhere(address) as is_free:
                    if turn_has_come and is_free:
                        yield
                        return
                if self._clock.cancelled:
                    break
                if not is_told:
                    report(f"waiting for another {operation} to end, in another process")
                    is_told = True
                self._clock.sleep(_ASKED_AGAIN)
            raise NotSent("cancelled while it waited for its turn", operation=operation)

    def _elsewhere(self, _address: Hashable) -> AbstractContextManager[bool]:
        return nullcontext(enter_result=True)


class _LockFile:
    """The file, open as long as the process lives: closing it would give all locks back."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._open: dict[Path, int] = {}

    def take(self, place: int) -> bool:
        """Lock a place, unless another process has it; `OSError` where the file cannot be used."""
        with self._guard:
            descriptor = self._descriptor()
            try:
                _set(descriptor, place, _LOCK)
            except (BlockingIOError, PermissionError):
                return False
        return True

    def give_back(self, place: int) -> None:
        with self._guard, suppress(OSError):
            _set(self._descriptor(), place, _UNLOCK)

    def _descriptor(self) -> int:
        folder = lock_folder()
        if folder not in self._open:
            with suppress(FileExistsError):
                folder.mkdir(mode=_PRIVATE)
            if not _is_private(folder):
                raise PermissionError(0, "it is not this user's alone", str(folder))
            # Never deleted: a process that opens another file of the name would have other locks.
            self._open[folder] = os.open(folder / "locks", os.O_RDWR | os.O_CREAT, 0o600)
        return self._open[folder]


_file = _LockFile()


class MachineLocks(Locks):
    """Turns that the processes of a user on one machine take together; `warn` is told once where they cannot."""

    def __init__(self, clock: Clock, at_once: int | None, warn: Callable[[str], None]) -> None:
        super().__init__(clock, at_once)
        self._warn = warn
        self._told = threading.Lock()

    @contextmanager
    def _elsewhere(self, address: Hashable) -> Iterator[bool]:
        place = int.from_bytes(hashlib.sha256(repr(address).encode()).digest()[:8], "big") % _PLACES
        is_free = True  # also where locking cannot be done on this machine
        is_locked = False
        try:
            is_free = is_locked = _file.take(place)
        except OSError as error:
            self._tell(error)
        try:
            yield is_free
        finally:
            if is_locked:
                _file.give_back(place)

    def _tell(self, error: OSError) -> None:
        if self._told.acquire(blocking=False):
            folder = "for temporary files"
            with suppress(OSError):  # there may be none at all
                folder = str(lock_folder())
            self._warn(
                f"the folder {folder} cannot be used ({error.strerror}), so what runs in other processes "
                "at the same time is not waited for; set TMPDIR to a folder of your own"
            )


def lock_folder() -> Path:
    user = "" if sys.platform == "win32" else f"-{os.getuid()}"
    return Path(tempfile.gettempdir()) / f"pulumi-nao{user}"


def _set(descriptor: int, place: int, how: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, place, os.SEEK_SET)
        msvcrt.locking(descriptor, how, 1)
    else:
        fcntl.lockf(descriptor, how, 1, place)


def _is_private(folder: Path) -> bool:
    if sys.platform == "win32":
        return True  # the temporary folder is the user's own
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & _OF_OTHERS
