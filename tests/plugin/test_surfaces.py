"""The native plugin, the dynamic resource and the command line, at work at the same time."""

import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from pulumi.runtime.proto import engine_pb2

from tests.plugin.driver import Publication
from tests.plugin_host.conftest import KEY
from tests.plugin_host.driver import running_host
from tests.tools.machine import wait_until

WAITS = "waiting for another publication of site 910 to end, in another process"


def test_one_site_is_published_by_one_surface_after_the_other(start_plugin, nao, tmp_path):
    nao.add_site(910, job_seconds=math.inf)
    environment = {"NAO_API_KEY": KEY, "NAO_BASE_URL": nao.url}
    native = Publication(start_plugin({}), "site")
    command = [sys.executable, "-m", "pulumi_nao", "publish", "910"]
    with running_host(sys.executable, tmp_path, {}, environment) as dynamic, ThreadPoolExecutor(2) as pool:
        first = pool.submit(native.up, {"siteId": 910})
        wait_until(lambda: nao.publications(910) == 1)
        inputs = {"site_id": 910, "config_namespace": "nao", "base_url": nao.url}
        assert not dynamic.check({"site_id": 910}).failures
        second = pool.submit(dynamic.create, inputs)
        wait_until(lambda: any(line.message.startswith(WAITS) for line in dynamic.log.lines))
        nao.finish_job("48145")
        assert first.result()
        wait_until(lambda: nao.publications(910) == 2)
        with subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True) as third:
            assert WAITS in third.stdout.readline()
            assert nao.publications(910) == 2
            nao.finish_job("48146")
            assert second.result().id == "910"
            wait_until(lambda: nao.publications(910) == 3)
            nao.finish_job("48147")
            assert third.wait(60) == 0
    assert native.plugin.lines(engine_pb2.ERROR, native.urn) == []
