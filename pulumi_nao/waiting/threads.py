"""Threads that are kept, and calls that can wait for one: a machine may let a process start only a few.

`ThreadPoolExecutor` queues a call and then starts a thread for it. Where that fails, `submit` raises, and the call is
made all the same as soon as another thread is free.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from pulumi_nao.waiting.clock import seconds_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pulumi_nao.waiting.clock import Clock, Deadline

    Worker = SimpleQueue[Callable[[], object] | None]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

EXCHANGE = "nao-exchange"
NO_THREAD = "the machine lets this process start no more threads (`ulimit -u`, or pids.max of the container)"

_START_CHECK = 0.25

# Threads that are left to others under the same limit: grpc, the program, and the engine, which crashes without.
ROOM = 16
_ROOM_CHECK = 5.0


class ThreadPool(ThreadPoolExecutor):
    """Threads that are started when they are needed and kept for what comes next.

    Who finds none, and can have none started, waits in line, first come, first served. A subclass because grpc takes
    no other executor.
    """

    def __init__(self, name: str, most: int = sys.maxsize, least: int = 1) -> None:
        super().__init__(1)
        self.short = False  # whether there was a wait because no thread could be started
        self._name = name
        self._most = most
        self._least = least  # started even if that leaves no room for others
        _now_and_after_a_fork(self._begin)

    def _begin(self) -> None:
        self._guard = threading.Condition()
        self._count = 0
        self._idle: list[Worker] = []
        self._line: deque[Callable[[Worker], None]] = deque()

    def prepare(self) -> bool:
        """Start the least number of threads now, as later there may be none left; is there at least one?"""
        with self._guard:
            while self._count < self._least and (worker := self._start()):
                self._idle.append(worker)
            self._hand_out()
            return self._count > 0

    def submit(
        self, fn: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        """Make a call in one of the threads; where a `RuntimeError` says that there is none, it will not be made."""
        future: Future[Result] = Future()

        def take(worker: Worker) -> None:
            worker.put(lambda: self._make(worker, future, lambda: fn(*args, **kwargs)))

        with self._guard:
            self._line.append(take)
            self._hand_out()
            if not self._count:
                self._line.remove(take)
                raise RuntimeError(NO_THREAD)
        return future

    @contextmanager
    def borrowed(self, clock: Clock, deadline: Deadline | None = None) -> Iterator[Worker | None]:
        """Have a thread for a while, which calls what is put into it; `None` where none comes in time."""
        handed: list[Worker] = []
        called = clock.event()

        def take(worker: Worker) -> None:
            handed.append(worker)
            called.set()

        with self._guard:
            self._line.append(take)
            self._hand_out()
        try:
            while self._count and not called.wait(min(_START_CHECK, seconds_left(deadline))):
                if clock.cancelled or not seconds_left(deadline):
                    break
                with self._guard:  # others may have ended meanwhile
                    self._hand_out()
            yield handed[0] if handed else None
        finally:  # also when Ctrl-C ends the wait of a main thread
            with self._guard:
                if take in self._line:
                    self._line.remove(take)
            if handed:
                self._free(handed[0])

    def close(self) -> None:
        """Wait until all calls have been made, and end the threads."""
        with self._guard:
            self._guard.wait_for(lambda: len(self._idle) == self._count)
            for worker in self._idle:
                worker.put(None)
            self._idle.clear()
            self._count = 0

    def _make(self, worker: Worker, future: Future[Result], call: Callable[[], Result]) -> None:
        if not future.set_running_or_notify_cancel():
            self._free(worker)
            return
        # Free before anybody learns of the end: what is submitted then needs no other thread.
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - whoever holds the future raises it
            self._free(worker)
            future.set_exception(error)
        else:
            self._free(worker)
            future.set_result(result)

    def _free(self, worker: Worker) -> None:
        with self._guard:
            self._idle.append(worker)
            self._hand_out()
            self._guard.notify_all()

    def _hand_out(self) -> None:
        while self._line:
            worker = self._idle.pop() if self._idle else self._start()
            if worker is None:
                return
            self._line.popleft()(worker)

    def _start(self) -> Worker | None:
        if self._count >= self._most:
            return None
        if self._count < self._least or has_room():
            worker: Worker = SimpleQueue()
            with suppress(RuntimeError):
                threading.Thread(target=_serve, args=(worker,), name=self._name, daemon=True).start()
                self._count += 1
                return worker
        self.short = True
        return None


class _Room:
    """How many threads may be started before others find no room for theirs."""

    def __init__(self) -> None:
        _now_and_after_a_fork(self._begin)

    def _begin(self) -> None:
        self._guard = threading.Lock()
        self._left = 0
        self._check_at = 0.0

    def take(self) -> bool:
        with self._guard:
            if time.monotonic() >= self._check_at:
                self._left = ROOM if could_start(2 * ROOM) else 0
                self._check_at = time.monotonic() + _ROOM_CHECK
            if not self._left:
                return False
            self._left -= 1
            if not self._left:
                self._check_at = 0.0
            return True


def has_room() -> bool:
    """Tell whether another thread can be started that leaves room for those of others; known for a few seconds."""
    return _room.take()


def could_start(number: int) -> bool:
    """Find out, by doing it, whether so many threads can be started; they end at once."""
    end = threading.Event()
    trials: list[threading.Thread] = []
    try:
        while len(trials) < number:
            trial = threading.Thread(target=end.wait, name="nao-trial", daemon=True)
            trial.start()
            trials.append(trial)
    except RuntimeError:
        return False
    finally:
        end.set()
        for trial in trials:
            trial.join()
    return True


def _now_and_after_a_fork(begin: Callable[[], None]) -> None:
    begin()
    if hasattr(os, "register_at_fork"):  # threads stay in the parent
        os.register_at_fork(after_in_child=begin)


def _serve(calls: Worker) -> None:
    while (call := calls.get()) is not None:
        call()
        del call


_room = _Room()
# Apart, so that publications go out while looks hang.
POLL_THREADS = ThreadPool(EXCHANGE, least=2)
ACTION_THREADS = ThreadPool(EXCHANGE, least=2)
