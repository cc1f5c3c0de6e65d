"""The process in which the engine runs the provider: what can be asked of it, on either surface.

The stock host of Pulumi's Python SDK answers failures with a traceback, saves nothing of an operation that failed,
ignores Ctrl-C and `custom_timeouts`, shows no progress and runs four operations at a time. `dynamic` gives these back
where it can. With `calls` it is all in that process that uses private names of grpc or of the SDK, and each
capability is found by itself: without it the provider goes on as on the stock host, and says so once. In any process
but the dynamic host (a program, a test) nothing is touched. A plugin of its own, as in `plugin`, needs none of that.
"""

from pulumi_nao.host.protocol import Call, Host, ProviderError, Unfinished

__all__ = ["Call", "Host", "ProviderError", "Unfinished"]
