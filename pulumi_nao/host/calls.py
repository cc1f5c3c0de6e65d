"""Seeing the calls of the running gRPC server: which resource, which time-out, and `Cancel`.

Private names of grpc in this module: `_server._Server` with its `_state.generic_handlers`,
`_state.interceptor_pipeline` and `_state.thread_pool` under `_state.lock`, `_server._serve`,
`_server._select_thread_pool_for_behavior`, `_server._unary_response_in_pool` with its parameter `argument_thunk`,
`_interceptor.service_pipeline`, and the attribute `experimental_thread_pool` of a handler. Of the SDK: the names of
what a method of the protocol takes, `request` and `context`.
"""

from __future__ import annotations

import atexit
import gc
import sys
import threading
from enum import Enum, auto
from functools import partial
from inspect import signature
from traceback import walk_stack
from typing import TYPE_CHECKING, Any

import grpc

from pulumi_nao.host import MOST_CALLS, SPARE_THREADS, Call
from pulumi_nao.waiting.threads import ACTION_THREADS, POLL_THREADS, ThreadPool, could_start, has_room

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

# What a provider in the stock host can count on: never more than so many of its calls at a time.
STOCK_CALLS = 4

_SERVICE = "pulumirpc.ResourceProvider"
_METHODS = f"/{_SERVICE}/"
_QUICK_METHODS = frozenset({"Check", "Diff"})
_LONG_METHODS = frozenset({"Create", "Read", "Update", "Delete"})


class Seen(Enum):
    NOTHING = auto()
    CALLS = auto()
    CALLS_AND_THREADS = auto()


class TooFewThreads(Exception):
    """Calls would wait for ever, or the engine break off after something was sent."""


class _LongCalls(ThreadPool):
    """Threads for calls that may wait. What is not ours waits in threads of its own.

    Whose a call is, is known when its request has been read, and grpc reads it in the thread that makes the call.
    """

    def __init__(self, is_ours: Callable[[Any], bool]) -> None:
        super().__init__("nao-call", MOST_CALLS, STOCK_CALLS)
        self.others = ThreadPool("nao-other-call", STOCK_CALLS, STOCK_CALLS)
        self.request_at: int | None = None
        self._is_ours = is_ours

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as in grpc
        return super().submit(self._sort, fn, args, kwargs)

    def _sort(self, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:  # noqa: ANN401 - as above
        if self.request_at is not None:
            request = args[self.request_at]()
            args = (*args[: self.request_at], lambda: request, *args[self.request_at + 1 :])
            if request is not None and not self._is_ours(request) and self.others.prepare():
                self.others.submit(call, *args, **kwargs)
                return
        call(*args, **kwargs)


class Calls(grpc.ServerInterceptor):
    """Keeps the current call of each thread, and takes the calls that may wait off the server's four threads.

    These four are then free for what is quick: `Check`, `Diff` and `Cancel` never queue behind a wait. The long calls
    of other dynamic providers, which share the process, run four at a time as ever: they may rely on that.
    """

    def __init__(self, resource_types: frozenset[str], on_cancel: Callable[[], None]) -> None:
        self.on_call: Callable[[], None] = lambda: None
        self.pool = _LongCalls(self._is_ours)
        self._resource_types = resource_types
        self._on_cancel = on_cancel
        self._local = threading.local()
        self._others = threading.BoundedSemaphore(STOCK_CALLS)

    @property
    def current(self) -> Call | None:
        """The call that this thread works on, if it is one of ours."""
        call: Call | None = getattr(self._local, "call", None)
        return call or self._begun_unseen()

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:  # noqa: ANN401 - as in grpc
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None or not handler_call_details.method.startswith(_METHODS):
            return handler
        method = handler_call_details.method.removeprefix(_METHODS)
        run = partial(self._run, method, handler.unary_unary)
        if method in _LONG_METHODS:
            run.experimental_thread_pool = self.pool  # type: ignore[attr-defined]
        return grpc.unary_unary_rpc_method_handler(run, handler.request_deserializer, handler.response_serializer)

    def _run(self, method: str, behaviour: Callable[..., Any], request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - as above
        if method == "Cancel":
            self._on_cancel()
        is_ours = self._is_ours(request)
        if method in _LONG_METHODS and not is_ours:
            with self._others:
                return behaviour(request, context)
        if method not in _LONG_METHODS | _QUICK_METHODS or not is_ours:
            return behaviour(request, context)
        self.on_call()
        self._local.call = Call.of(method, request, context)
        try:
            return behaviour(request, context)
        finally:
            self._local.call = None

    def _begun_unseen(self) -> Call | None:
        """This thread's call, if it is one of the first: they wait for `configure`, which brought us here."""
        for frame, _ in walk_stack(None):
            request, context = frame.f_locals.get("request"), frame.f_locals.get("context")
            if frame.f_code.co_name in _LONG_METHODS | _QUICK_METHODS and context and self._is_ours(request):
                return Call.of(frame.f_code.co_name, request, context)
        return None

    def _is_ours(self, request: Any) -> bool:  # noqa: ANN401 - as above
        types = getattr(request, "urn", "").split("::", 3)[2:3]  # of the parents, and of the resource itself
        return any(path.rpartition("$")[2] in self._resource_types for path in types)


def install(calls: Calls) -> Seen:
    """Let `calls` see the calls of the server that runs in this process."""
    try:
        from grpc import _interceptor, _server  # noqa: PLC0415 - may be missing in a grpc to come

        states = [found._state for found in gc.get_objects() if type(found) is _server._Server]  # noqa: SLF001
        state = next(state for state in states if _serves_providers(state))
        others = state.interceptor_pipeline.interceptors if state.interceptor_pipeline else ()
        state.interceptor_pipeline = _interceptor.service_pipeline((calls, *others))
    except (ImportError, AttributeError, StopIteration, TypeError):
        return Seen.NOTHING
    calls.pool.request_at = _request_at(_server)
    widened = _widened(_server, state, calls.pool)
    # Asked in this order: while grpc begins to watch the engine, nobody tries how much room there is.
    if not (has_room() or could_start(SPARE_THREADS)) or not _is_served(_server):
        raise TooFewThreads
    return Seen.CALLS_AND_THREADS if widened else Seen.CALLS


def _serves_providers(state: Any) -> bool:  # noqa: ANN401 - private names have no types
    """Whether it is the state of the engine's server: another dynamic provider may have started one of its own."""
    services = [handler for handler in state.generic_handlers if isinstance(handler, grpc.ServiceRpcHandler)]
    return any(service.service_name() == _SERVICE for service in services)


def _widened(server_module: Any, state: Any, long_calls: _LongCalls) -> bool:  # noqa: ANN401 - private names have no types
    apart = _may_be_apart(server_module, long_calls)
    # In place of the server's own pool, which ends the serving thread when it cannot start another.
    quick_calls = ThreadPool("nao-quick-call", STOCK_CALLS if apart else MOST_CALLS)
    for workers in (quick_calls, long_calls, ACTION_THREADS, POLL_THREADS, long_calls.others):
        workers.prepare()
    for workers in (long_calls, long_calls.others):
        atexit.register(workers.close)
    try:
        with state.lock:
            stock, state.thread_pool = state.thread_pool, quick_calls
        stock.shutdown(wait=False)
    except (AttributeError, TypeError):
        return apart
    return True


def _may_be_apart(server_module: Any, pool: ThreadPool) -> bool:  # noqa: ANN401 - as above
    handler = partial(print)
    handler.experimental_thread_pool = pool  # type: ignore[attr-defined]
    try:
        return server_module._select_thread_pool_for_behavior(handler, None) is pool  # noqa: SLF001
    except (AttributeError, TypeError):
        return False


def _request_at(server_module: Any) -> int | None:  # noqa: ANN401 - as above
    """Where, among what grpc submits for a call, stands the function that reads the request."""
    try:
        return 1 + [*signature(server_module._unary_response_in_pool).parameters].index("argument_thunk")  # noqa: SLF001
    except (AttributeError, TypeError, ValueError):
        return None


def _is_served(server_module: Any) -> bool:  # noqa: ANN401 - as above
    """Whether the serving thread has outlived the starts of others that failed before."""
    code = getattr(getattr(server_module, "_serve", None), "__code__", None)
    threads = sys._current_frames().values()  # noqa: SLF001 - documented all the same
    return code is None or any(frame.f_code is code for top in threads for frame, _ in walk_stack(top))
