"""What else may be in the host's process, and how the engine starts it."""

import grpc
import psutil
import pytest

from tests.plugin_host.driver import URN, failure_of

INPUTS = {"site_id": 910, "config_namespace": "nao"}
ANOTHER_SERVER = """
import gc, grpc
from concurrent import futures

class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        return None

first = grpc.server(futures.ThreadPoolExecutor(1), handlers=[Handler()])
first.add_insecure_port("127.0.0.1:0")
first.start()
objects = gc.get_objects
gc.get_objects = lambda: [first, *objects()]
"""
AS_ON_WINDOWS = "import signal\ndel signal.pthread_kill"


@pytest.mark.parametrize(
    "flags",
    [("--tracing", "file:trace"), ("--logflow", "-v=3"), ("--otel-traces=file:trace", "--logtostderr")],
    ids=" ".join,
)
def test_the_engine_is_found_behind_its_flags(start_host, nao, flags):
    host = start_host(flags=flags)
    host.check(INPUTS)
    host.create({**INPUTS, "base_url": nao.url})
    assert [line.urn for line in host.log.lines] == [URN]
    assert "does not answer" not in host.errors()


def test_an_engine_that_does_not_answer_is_told_of_once(start_host, nao):
    host = start_host(engine="127.0.0.1:9")
    host.check(INPUTS)
    host.create({**INPUTS, "base_url": nao.url})
    host.create({**INPUTS, "base_url": nao.url})
    assert host.errors().count("progress is not shown on the resource's row: the engine does not answer") == 1


def test_the_server_of_another_provider_is_left_alone(start_host, nao):
    host = start_host(code=ANOTHER_SERVER)
    host.check(INPUTS)
    with pytest.raises(grpc.RpcError) as caught:
        host.create({**INPUTS, "site_id": 911, "base_url": nao.url})
    assert failure_of(caught.value)[1] is not None


@pytest.mark.parametrize("code", ["", AS_ON_WINDOWS], ids=["here", "as on Windows"])
def test_a_host_whose_engine_is_gone_ends(start_host, nao, code):
    host = start_host(code=code)
    host.check(INPUTS)
    host.create({**INPUTS, "base_url": nao.url})
    process = psutil.Process(host.pid)
    host.stop_engine()
    assert process.wait(timeout=30) is not None
