"""SDKs and grpcs to come: each private name is taken away in turn, and the provider still does its work."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from pulumi.runtime.proto import status_pb2

from tests.plugin_host.driver import CALL_PROVIDER, CALL_URN
from tests.tools.machine import wait_until

NO_SIGHT = "Ctrl-C ends a run only when its jobs have ended"
NO_THREADS = "four operations run at a time, and Ctrl-C may have to wait for one of them"
NO_ANSWERS = "errors come with a traceback, and what has not finished is not recorded"
NO_PROGRESS = "progress is not shown on the resource's row"

AFTER_START = """
import sys, grpc._interceptor, grpc._server
start = grpc._server._Server.start
def started(server):
    start(server)
    {}
grpc._server._Server.start = started
"""
STOCK_THREADS = "grpc._server._select_thread_pool_for_behavior = lambda _behaviour, default: default"
OTHER_SIGNATURE = """
    answer = grpc._server._unary_response_in_pool
    grpc._server._unary_response_in_pool = lambda *words: answer(*words)
"""
FIXED_POOL = """
    class Fixed(type(server._state)):
        def __setattr__(self, name, value):
            if name == "thread_pool":
                raise AttributeError(name)
            super().__setattr__(name, value)
    server._state.__class__ = Fixed
"""

MISSING = {
    "gc.get_objects": ("import gc\ngc.get_objects = list", NO_SIGHT),
    "grpc._server._Server": (AFTER_START.format("del grpc._server._Server"), NO_SIGHT),
    "_Server._state": (AFTER_START.format("server.moved = server._state; del server._state"), NO_SIGHT),
    "grpc._interceptor.service_pipeline": (AFTER_START.format("del grpc._interceptor.service_pipeline"), NO_SIGHT),
    "experimental_thread_pool and _ServerState.thread_pool": (
        AFTER_START.format(STOCK_THREADS + FIXED_POOL),
        NO_THREADS,
    ),
    "ErrorResourceInitFailed": (
        "from pulumi.runtime.proto import provider_pb2\ndel provider_pb2.ErrorResourceInitFailed",
        NO_ANSWERS,
    ),
    "status_pb2": (
        "import sys, pulumi.runtime.proto as p; sys.modules[p.__name__ + '.status_pb2'] = None; del p.status_pb2",
        NO_ANSWERS,
    ),
    "EngineStub": ("from pulumi.runtime.proto import engine_pb2_grpc\ndel engine_pb2_grpc.EngineStub", NO_PROGRESS),
    "LogRequest": ("from pulumi.runtime.proto import engine_pb2\ndel engine_pb2.LogRequest", NO_PROGRESS),
    "sys.argv": (AFTER_START.format("del sys.argv[1:]"), NO_PROGRESS),
    "pulumi.dynamic.__main__": (AFTER_START.format("sys.modules['__main__'].__spec__.name = 'moved'"), NO_SIGHT),
}


def _inputs(nao, site):
    return {"site_id": site, "config_namespace": "nao", "base_url": nao.url}


def _words(error):
    """All that the engine could show of a failed call."""
    status = status_pb2.Status()
    status.ParseFromString(dict(error.trailing_metadata()).get("grpc-status-details-bin", b""))
    return f"{error.details()}\n{status.message}"


@pytest.fixture(params=MISSING)
def lacking(request, start_host):
    code, lack = MISSING[request.param]
    host = start_host(code=code)
    host.check({"site_id": 910, "config_namespace": "nao"})
    return host, lack


def test_it_publishes_and_says_once_what_is_missing(lacking, nao):
    host, lack = lacking
    assert host.create(_inputs(nao, 910)).id == "910"
    assert nao.publications(910) == 1
    said = host.errors() + "\n".join(line.message for line in host.log.lines)
    assert said.count("newer than pulumi-nao knows") == 1
    assert lack in said


def test_a_failed_job_still_fails_the_deployment(lacking, nao):
    host, _ = lacking
    with pytest.raises(grpc.RpcError) as caught:
        host.create(_inputs(nao, 911))
    shown = _words(caught.value) + "\n".join(line.message for line in host.log.lines)
    assert "publication of site 911 failed: Missing graph or indoor area. Please add." in shown


@pytest.mark.parametrize(
    ("missing", "is_sent"),
    [("gc.get_objects", False), ("ErrorResourceInitFailed", False), ("EngineStub", True)],
)
def test_a_call_that_could_not_be_recorded_is_not_sent(start_host, nao, missing, is_sent):
    nao.add_action("PUT", "sites/910/import")
    nao.script("action", "reset-after")
    host = start_host(code=MISSING[missing][0])
    inputs = {"__provider": CALL_PROVIDER, "path": "sites/910/import", "method": "PUT", "config_namespace": "nao"}
    host.check(inputs, urn=CALL_URN)
    with pytest.raises(grpc.RpcError) as caught:
        host.create({**inputs, "base_url": nao.url}, urn=CALL_URN)
    words = (
        "may have started: the connection was reset" if is_sent else "cannot record an attempt whose outcome is not"
    )
    assert words in _words(caught.value)
    assert nao.count() == is_sent


def test_without_pools_for_single_calls_the_servers_pool_is_widened(start_host, nao):
    host = start_host(code=AFTER_START.format(STOCK_THREADS))
    host.check({"site_id": 910, "config_namespace": "nao"})
    for site in range(1, 9):
        nao.add_site(site, job_seconds=60)
    threads = [threading.Thread(target=_create, args=(host, _inputs(nao, site))) for site in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert nao.publications() == 8
    assert "newer than pulumi-nao knows" not in host.errors()


def test_where_requests_cannot_be_read_first_the_calls_of_others_still_run_four_at_a_time(
    start_host, foreign, nao, tmp_path
):
    host = start_host(code=AFTER_START.format(OTHER_SIGNATURE))
    host.check({"site_id": 910, "config_namespace": "nao"})
    with ThreadPoolExecutor(8) as others:
        calls = [others.submit(foreign, host, number) for number in range(8)]
        wait_until(lambda: len(list(tmp_path.glob("begun-*"))) == 4)
        assert host.create(_inputs(nao, 910)).id == "910"
        assert len(list(tmp_path.glob("begun-*"))) == 4
        (tmp_path / "go").touch()
        assert {call.result().id for call in calls} == {"foreign"}


def _create(host, inputs):
    with pytest.raises(grpc.RpcError):
        host.create(inputs, timeout=3.0)
