"""What the operating system itself refuses."""

import errno
import os
import resource
import socket

import pytest

from pulumi_nao import NaoClient
from pulumi_nao.errors import ServerUnreachable
from tests.network.run import KEY


def test_a_process_that_has_too_many_files_open_says_so_and_goes_on_when_it_has_fewer(nao):
    _, most = limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with NaoClient(KEY, nao.url) as client:
        client.publish(910)  # all that is imported late is there now
        lowest = os.dup(0)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, most))
        try:
            with pytest.raises(ServerUnreachable) as caught:
                client.publish(910)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert client.publish(910).id == "48146"
    assert caught.value.reason == f"this machine: {os.strerror(errno.EMFILE).lower()}"
    assert caught.value.may_pass


def test_a_file_of_authorities_that_cannot_be_opened_is_named(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as no_file, socket.create_server(("127.0.0.1", 0)) as server:
        no_file.bind("socket")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "socket")
        client = NaoClient(KEY, f"https://127.0.0.1:{server.getsockname()[1]}")
        with client, pytest.raises(ServerUnreachable) as caught:
            client.publish(910)
    why = os.strerror(errno.ENXIO).lower()
    assert caught.value.reason == f"the file named by REQUESTS_CA_BUNDLE cannot be read: {why}"
    assert not caught.value.may_pass
