"""The native side of the host: the plugin's own process, which sees its calls and answers them itself."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import grpc

from pulumi_nao.config.surface import NATIVE
from pulumi_nao.host import Call, Host, ProviderError, Unfinished, failure
from pulumi_nao.host.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from google.protobuf.struct_pb2 import Struct

    from pulumi_nao.waiting.threads import ThreadPool


class NativeHost(Host):
    """Calls may have to wait for threads of `pools`; `outputs` writes outputs for the engine."""

    surface = NATIVE
    saves_unfinished = True

    def __init__(
        self,
        on_gone: Callable[[], None],
        outputs: Callable[[Call, Mapping[str, Any]], Struct],
        pools: tuple[ThreadPool, ...],
    ) -> None:
        super().__init__()
        self._pools = pools
        self._on_gone = on_gone
        self._outputs = outputs
        self._local = threading.local()

    def connect(self, address: str) -> None:
        """Take the engine that lines go to; the first one stays."""
        if address and self.engine is None:
            self.engine = Engine(address, self._on_gone, lambda: None)

    @property
    def call(self) -> Call | None:
        call: Call | None = getattr(self._local, "call", None)
        return call

    @contextmanager
    def working_on(self, method: str, request: Any, context: grpc.ServicerContext) -> Iterator[Call]:  # noqa: ANN401 - messages of many types
        """Keep the call while it is worked on, and answer its failure."""
        call = self._local.call = Call.of(method, request, context)
        self.warn_of_shortage(*self._pools)
        try:
            yield call
        except ProviderError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        finally:
            self._local.call = None

    def fail(self, text: str, unfinished: Unfinished | None = None) -> NoReturn:
        call = self.call
        if call and unfinished:
            shown = self.shows_error(text)
            properties = self._outputs(call, unfinished.properties)
            failure.save(call, "" if shown else text, unfinished.resource_id, properties)
        raise ProviderError(text) from None
