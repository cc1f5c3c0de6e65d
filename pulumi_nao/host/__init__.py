"""The running plugin host: what the provider can ask of the process in which the engine runs it.

The stock host of Pulumi's Python SDK answers failures with a traceback, saves nothing of an operation that failed,
ignores Ctrl-C and `custom_timeouts`, shows no progress and runs four operations at a time. `attach` gives these back
where it can. It is the only place that uses private names of grpc or of the SDK, and each capability is found by
itself: without it the provider goes on as on the stock host, and says so once. In any process but the dynamic host
(a program, a test) nothing is touched.
"""

from pulumi_nao.host.calls import Call
from pulumi_nao.host.dynamic import Host, ProviderError, Unfinished, attach

__all__ = ["Call", "Host", "ProviderError", "Unfinished", "attach"]
