"""The stand-in language host as the engine sees it: a process of its own, called over gRPC on loopback."""

import contextlib
import json
import os
import subprocess
import sys

import grpc
from google.protobuf import json_format
from pulumi.runtime.proto import language_pb2 as proto
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeStub

from tests.tools.machine import LANGUAGE_HOST, interruptible

HOST = LANGUAGE_HOST / "pulumi_language_python.py"

# In place of pulumi-language-python-exec: does what the program's first argument says.
EXECUTOR = """
import json, os, signal, sys, time
do, what = sys.argv[-2:]
if do == "exit":
    sys.exit(int(what))
if do == "signal":
    os.kill(os.getpid(), int(what))
with open(what + ".new", "w") as file:
    json.dump({"argv": sys.argv[1:], "python": sys.executable, "environ": dict(os.environ)}, file)
os.replace(what + ".new", what)
if do == "sleep":
    time.sleep(60)
"""


class Host:
    """A running language host, and one made-up project for it."""

    def __init__(self, process, channel, folder):
        self.process = process
        self.folder = folder
        self.call = LanguageRuntimeStub(channel)

    def info(self, **options):
        info = proto.ProgramInfo(root_directory=str(self.folder), program_directory=str(self.folder), entry_point=".")
        json_format.ParseDict(options, info.options)
        return info

    def request(self, *arguments, info=None, **fields):
        return proto.RunRequest(info=info or self.info(), args=[str(argument) for argument in arguments], **fields)

    def run(self, *arguments, **fields):
        return self.call.Run(self.request(*arguments, **fields), timeout=60)

    def told(self, **fields):
        """Run a program that writes down how it was called."""
        note = self.folder / "note"
        assert self.run("tell", note, **fields) == proto.RunResponse()
        return json.loads(note.read_text())

    def install(self, info):
        request = proto.InstallDependenciesRequest(info=info)
        return list(self.call.InstallDependencies(request, timeout=60))


@contextlib.contextmanager
def language_host(folder, **environ):
    executor = folder / "executor.py"
    executor.write_text(EXECUTOR)
    with (
        interruptible(),
        subprocess.Popen(
            [sys.executable, str(HOST), "--use-executor", str(executor), "127.0.0.1:1"],
            env={**os.environ, "PULUMI_PYTHON_CMD": sys.executable, **environ},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel,
    ):
        try:
            yield Host(process, channel, folder)
        finally:
            process.kill()


def virtual_environment(folder, code):
    """A virtual environment whose Python does what the code says, as far as the language host can tell."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!{sys.executable}\n{code}")
    python.chmod(0o755)
    return python
