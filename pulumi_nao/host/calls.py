"""Seeing the calls of the running gRPC server: which resource, which time-out, and `Cancel`.

Private names of grpc in this module: `_server._Server` with its `_state.generic_handlers`,
`_state.interceptor_pipeline` and `_state.thread_pool._max_workers`, `_server._select_thread_pool_for_behavior`,
`_interceptor.service_pipeline`, and the attribute `experimental_thread_pool` of a handler.
"""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable

# The engine's --parallel decides how many calls come at once; this is only more than anybody sets there.
MOST_CALLS = 1024
# What a provider in the stock host can count on: never more than so many of its calls at a time.
STOCK_CALLS = 4

_SERVICE = "pulumirpc.ResourceProvider"
_QUICK_METHODS = frozenset({"Check", "Diff"})
_LONG_METHODS = frozenset({"Create", "Read", "Update", "Delete"})


class Seen(Enum):
    """How much of a server's calls can be seen."""

    NOTHING = auto()
    CALLS = auto()
    CALLS_AND_THREADS = auto()


@dataclass(frozen=True)
class Call:
    """One call of the engine.

    Attributes:
        method: `Check`, `Diff`, `Create`, `Read`, `Update` or `Delete`.
        urn: The resource.
        timeout: Seconds from `custom_timeouts`; `None` when none are set.
        request: The call's message.
        context: grpc's side of the call.
    """

    method: str
    urn: str
    timeout: float | None
    request: Any
    context: grpc.ServicerContext


class Calls(grpc.ServerInterceptor):
    """Keeps the current call of each thread, and takes the calls that may wait off the server's four threads.

    These four are then free for what is quick: `Check`, `Diff` and `Cancel` never queue behind a wait. The long calls
    of other dynamic providers, which share the process, run four at a time as ever: they may rely on that.

    Args:
        resource_type: The type whose calls are ours, without those of its parents.
        on_cancel: Called when the engine wants all operations to end. It also does so at the end of every run.
    """

    def __init__(self, resource_type: str, on_cancel: Callable[[], None]) -> None:
        self.pool = ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="nao-call")
        self._resource_type = resource_type
        self._on_cancel = on_cancel
        self._local = threading.local()
        self._others = threading.BoundedSemaphore(STOCK_CALLS)

    @property
    def current(self) -> Call | None:
        """The call that this thread works on, if it is one of ours."""
        call: Call | None = getattr(self._local, "call", None)
        return call

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:  # noqa: ANN401 - as in grpc
        """Wrap the handler of a call.

        Args:
            continuation: Finds the handler.
            handler_call_details: Says which method is called.
        """
        handler = continuation(handler_call_details)
        if (
            handler is None
            or handler.unary_unary is None
            or not handler_call_details.method.startswith(f"/{_SERVICE}/")
        ):
            return handler
        method = handler_call_details.method.removeprefix(f"/{_SERVICE}/")
        behaviour = handler.unary_unary

        def run(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - messages of many types
            return self._run(method, behaviour, request, context)

        if method in _LONG_METHODS:
            run.experimental_thread_pool = self.pool  # type: ignore[attr-defined]
        return grpc.unary_unary_rpc_method_handler(run, handler.request_deserializer, handler.response_serializer)

    def _run(self, method: str, behaviour: Callable[..., Any], request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - as above
        if method == "Cancel":
            self._on_cancel()
        urn = getattr(request, "urn", "")
        if resource_type_of(urn) != self._resource_type:
            if method not in _LONG_METHODS:
                return behaviour(request, context)
            with self._others:
                return behaviour(request, context)
        if method not in _LONG_METHODS | _QUICK_METHODS:
            return behaviour(request, context)
        self._local.call = Call(method, urn, getattr(request, "timeout", 0) or None, request, context)
        try:
            return behaviour(request, context)
        finally:
            self._local.call = None


def resource_type_of(urn: str) -> str:
    """A resource's own type: in a URN, it stands behind the types of its parents."""
    types = urn.split("::", 3)[2:3]
    return types[0].rpartition("$")[2] if types else ""


def install(calls: Calls) -> Seen:
    """Let `calls` see the calls of the server that runs in this process.

    Args:
        calls: The interceptor.

    Returns:
        How much could be done.
    """
    try:
        from grpc import _interceptor, _server  # noqa: PLC0415 - may be missing in a grpc to come

        states = [found._state for found in gc.get_objects() if type(found) is _server._Server]  # noqa: SLF001
        state = next(state for state in states if _serves_providers(state))
        others = state.interceptor_pipeline.interceptors if state.interceptor_pipeline else ()
        state.interceptor_pipeline = _interceptor.service_pipeline((calls, *others))
    except (ImportError, AttributeError, StopIteration, TypeError):
        return Seen.NOTHING
    return Seen.CALLS_AND_THREADS if _widened(_server, state, calls.pool) else Seen.CALLS


def _serves_providers(state: Any) -> bool:  # noqa: ANN401 - private names have no types
    """Whether it is the state of the engine's server: another dynamic provider may have started one of its own."""
    services = [handler for handler in state.generic_handlers if isinstance(handler, grpc.ServiceRpcHandler)]
    return any(service.service_name() == _SERVICE for service in services)


def _widened(server_module: Any, state: Any, pool: ThreadPoolExecutor) -> bool:  # noqa: ANN401 - private names have no types
    def handler() -> None:
        """Stand for one of ours."""

    handler.experimental_thread_pool = pool  # type: ignore[attr-defined]
    try:
        if server_module._select_thread_pool_for_behavior(handler, None) is pool:  # noqa: SLF001
            return True
    except (AttributeError, TypeError):
        pass
    try:
        state.thread_pool._max_workers = max(state.thread_pool._max_workers, MOST_CALLS)  # noqa: SLF001
    except (AttributeError, TypeError):
        return False
    return True
