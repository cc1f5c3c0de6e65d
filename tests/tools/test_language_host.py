"""The stand-in language host: the real process over gRPC; only programs and virtual environments are made up."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2 as proto

from tests.tools.language_host import HOST, language_host, virtual_environment
from tests.tools.machine import LANGUAGE_HOST, runs, wait_until


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with language_host(tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture
def host(shared, tmp_path):
    """One host for all tests that leave it as it was, with a new folder for each."""
    shared.folder = tmp_path
    return shared


@pytest.fixture
def own_host(tmp_path):
    """A host of this test's own, to be stopped."""
    with language_host(tmp_path) as host:
        yield host


def refusal(call, *arguments, **fields):
    with pytest.raises(grpc.RpcError) as raised:
        call(*arguments, **fields)
    assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    return raised.value.details()


@pytest.mark.parametrize(
    ("do", "response"),
    [
        (("exit", 0), proto.RunResponse()),
        (("exit", 32), proto.RunResponse(bail=True)),
        (("exit", 7), proto.RunResponse(error="program exited with non-zero exit code: 7")),
        (("signal", 9), proto.RunResponse(error="program exited with non-zero exit code: -1")),
    ],
)
def test_how_a_program_ends_is_the_response(host, do, response):
    assert host.run(*do) == response


def test_a_program_is_told_all_about_its_run(host):
    told = host.told(
        monitor_address="127.0.0.1:2",
        project="proj",
        stack="dev",
        pwd="/here",
        dryRun=True,
        parallel=8,
        organization="org",
    )
    assert told["argv"] == [
        *("--monitor", "127.0.0.1:2"),
        *("--engine", "127.0.0.1:1"),
        *("--project", "proj"),
        *("--root_directory", str(host.folder)),
        *("--stack", "dev"),
        *("--pwd", "/here"),
        *("--dry_run", "true"),
        *("--parallel", "8"),
        *("--organization", "org"),
        *(".", "tell", str(host.folder / "note")),
    ]


def test_what_the_engine_does_not_say_is_left_out(host):
    assert "--organization" not in host.told()["argv"]


def test_the_configuration_is_in_the_program_s_environment(host):
    environ = host.told(config={"proj:a": "1"}, configSecretKeys=["proj:a"])["environ"]
    assert json.loads(environ["PULUMI_CONFIG"]) == {"proj:a": "1"}
    assert json.loads(environ["PULUMI_CONFIG_SECRET_KEYS"]) == ["proj:a"]


def test_a_program_without_configuration_is_given_none(host):
    environ = host.told()["environ"]
    assert ("PULUMI_CONFIG" in environ, environ["PULUMI_CONFIG_SECRET_KEYS"]) == (False, "[]")


def test_the_handshake_may_name_the_engine(own_host):
    own_host.call.Handshake(proto.LanguageHandshakeRequest(engine_address="127.0.0.1:3"))
    argv = own_host.told()["argv"]
    assert argv[argv.index("--engine") + 1] == "127.0.0.1:3"


def test_without_virtualenv_the_python_on_path_runs_the_program(host):
    assert host.told()["python"] == sys.executable


def test_a_program_runs_in_its_virtualenv_activated(host):
    bin_folder = host.folder / "sub" / "venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").symlink_to(sys.executable)
    told = host.told(info=host.info(virtualenv="sub/venv"))
    assert told["python"] == str(bin_folder / "python")
    assert told["environ"]["PATH"].split(os.pathsep)[0] == str(bin_folder)
    assert told["environ"]["VIRTUAL_ENV"] == str(bin_folder.parent)


def test_a_missing_virtualenv_says_how_to_make_it(host):
    venv = host.folder / "venv"
    assert refusal(host.run, "exit", 0, info=host.info(virtualenv="venv")) == (
        f'The \'virtualenv\' option in Pulumi.yaml is set to "venv", but "{venv}" doesn\'t exist; '
        "create it and install the dependencies with `pulumi install`, or with:\n\n"
        f"    1. python3 -m venv {venv}\n"
        f"    2. {venv}/bin/python -m pip install -r requirements.txt\n"
    )


def test_a_folder_that_is_no_virtualenv_is_refused(host):
    (host.folder / "venv").mkdir()
    details = refusal(host.run, "exit", 0, info=host.info(virtualenv="venv"))
    assert "doesn't appear to be a virtual environment" in details


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"virtualenv": 1}, "virtualenv option must be a string"),
        ({"toolchain": "uv"}, "the 'toolchain' option in Pulumi.yaml is set to 'uv', which this stand-in"),
        ({"typechecker": "mypy"}, "the 'typechecker' option in Pulumi.yaml is set to 'mypy', which this stand-in"),
    ],
)
def test_options_it_does_not_have_are_refused(host, options, fault):
    assert refusal(host.run, "exit", 0, info=host.info(**options)).startswith(fault)


def test_a_debugger_is_refused(host):
    assert "has no debugger" in refusal(host.run, "exit", 0, attach_debugger=True)


def test_cancel_interrupts_all_programs_however_many_run(own_host):
    notes = [own_host.folder / f"note-{number}" for number in range(12)]
    with ThreadPoolExecutor(len(notes)) as pool:
        ends = [pool.submit(own_host.run, "sleep", note) for note in notes]
        wait_until(lambda: all(note.exists() for note in notes))
        own_host.call.Cancel(Empty(), timeout=60)
        assert {end.result().error for end in ends} == {"program exited with non-zero exit code: -1"}


def test_a_program_that_starts_after_cancel_is_interrupted_too(own_host):
    own_host.call.Cancel(Empty())
    assert own_host.run("sleep", own_host.folder / "note").error == "program exited with non-zero exit code: -1"


def test_a_program_that_ignores_the_interrupt_is_killed(module, monkeypatch, tmp_path):
    program_run = module("program_run", LANGUAGE_HOST)
    monkeypatch.setattr(program_run, "_GRACE", 0.05)
    ready = tmp_path / "ready"
    code = f"import signal, time; signal.signal(2, signal.SIG_IGN); open({str(ready)!r}, 'w'); time.sleep(60)"

    async def run_and_stop():
        programs = program_run.Programs()
        run = asyncio.create_task(programs.run([sys.executable, "-c", code], {}))
        await asyncio.to_thread(wait_until, ready.exists)
        programs.stop()
        return await run

    assert asyncio.run(run_and_stop()) == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_engine_s_signal_ends_it_quietly(own_host, number):
    own_host.process.send_signal(number)
    out, err = own_host.process.communicate(timeout=60)
    assert (own_host.process.returncode, out, err) == (0, "", "")


def test_a_program_ends_with_its_host(own_host):
    note = own_host.folder / "note"
    running = own_host.call.Run.future(own_host.request("sleep", note))
    wait_until(note.exists)
    own_host.process.send_signal(signal.SIGINT)
    own_host.process.communicate(timeout=60)
    assert running.result().error == "program exited with non-zero exit code: -1"


def test_it_ends_when_its_engine_was_killed(tmp_path):
    engine = f"""
import os, subprocess
host = subprocess.Popen({[sys.executable, str(HOST), "--use-executor", "none"]!r},
                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
host.stdout.readline()
print(host.pid, flush=True)
os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", engine], cwd=tmp_path, capture_output=True, text=True, check=False)
    wait_until(lambda: not runs(int(done.stdout)))


def test_install_makes_the_virtualenv_first(tmp_path):
    # In place of the Python on PATH; it also becomes the one in the virtual environment.
    python = virtual_environment(
        tmp_path / "own",
        """
import pathlib, shutil, sys
print(*sys.argv[1:])
if sys.argv[1:3] == ["-m", "venv"]:
    pathlib.Path(sys.argv[3], "bin").mkdir(parents=True)
    shutil.copy(__file__, pathlib.Path(sys.argv[3], "bin", "python"))
""",
    )
    (tmp_path / "requirements.txt").touch()
    with language_host(tmp_path, PULUMI_PYTHON_CMD=str(python)) as host:
        said = b"".join(part.stdout for part in host.install(host.info(virtualenv="venv"))).decode()
    assert said == (
        "Installing dependencies...\n\n"
        "Creating virtual environment...\n"
        f"-m venv {tmp_path}/venv\n"
        "Finished creating virtual environment\n"
        "-m pip install -r requirements.txt\n"
        "Finished installing dependencies\n\n"
    )


def test_install_keeps_stdout_and_stderr_apart(host):
    virtual_environment(host.folder / "venv", "import sys; print('out'); print('err', file=sys.stderr)")
    (host.folder / "requirements.txt").touch()
    parts = host.install(host.info(virtualenv="venv"))
    assert b"".join(part.stdout for part in parts).splitlines()[2] == b"out"
    assert b"".join(part.stderr for part in parts) == b"err\n"


def test_install_without_requirements_has_nothing_to_do(host):
    virtual_environment(host.folder / "venv", "import sys; sys.exit('not to be run')")
    said = b"".join(part.stdout for part in host.install(host.info(virtualenv="venv")))
    assert said == b"Installing dependencies...\n\nFinished installing dependencies\n\n"


def test_a_pip_that_fails_gives_its_words_in_the_error(host):
    python = virtual_environment(host.folder / "venv", "import sys; sys.exit('no such package')")
    (host.folder / "requirements.txt").touch()
    assert refusal(host.install, host.info(virtualenv="venv")) == (
        f"installing dependencies via '{python} -m pip install -r requirements.txt': exit status 1: no such package"
    )


def test_about_describes_the_python_and_pip(host):
    about = host.call.About(proto.AboutRequest(info=host.info()))
    numbers = ".".join(str(number) for number in sys.version_info[:3])
    assert (about.executable, about.version.startswith(numbers)) == (sys.executable, True)
    assert about.metadata == {"toolchain": "Pip", "toolchainVersion": version("pip"), "typechecker": "None"}


@pytest.mark.parametrize(("transitive", "option"), [(True, ""), (False, " --not-required")])
def test_dependencies_are_what_pip_lists(host, transitive, option):
    virtual_environment(
        host.folder / "venv",
        "import json, sys; print(json.dumps([{'name': ' '.join(sys.argv[1:]), 'version': '1.2'}]))",
    )
    listed = host.call.GetProgramDependencies(
        proto.GetProgramDependenciesRequest(info=host.info(virtualenv="venv"), transitiveDependencies=transitive)
    )
    assert [(dependency.name, dependency.version) for dependency in listed.dependencies] == [
        (f"-m pip list --format json{option}", "1.2")
    ]


def test_the_version_is_marked_as_the_stand_in_s(host):
    assert host.call.GetPluginInfo(Empty()).version == f"{version('pulumi')}+stand-in"


def test_plugins_of_python_are_refused(host):
    request = proto.InstallDependenciesRequest(info=host.info(), is_plugin=True)
    assert "installs no plugins written in Python" in refusal(lambda: list(host.call.InstallDependencies(request)))


def package(folder, name, release, plugin=None):
    information = folder / f"{name.replace('-', '_')}-{release}.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}\n")
    module = folder / name.replace("-", "_")
    module.mkdir()
    (module / "__init__.py").touch()
    if plugin is not None:
        (module / "pulumi-plugin.json").write_text(json.dumps(plugin))


def test_installed_packages_say_which_plugins_they_need(tmp_path):
    site = tmp_path / "site"
    package(site, "pulumi-random", "4.16", {"resource": True, "name": "random"})
    package(site, "pulumi-old", "1.2.3rc4")
    package(site, "pulumi-none", "1.0.0", {"resource": False})
    package(site, "pulumi-policy", "1.0.0")
    package(site, "elsewhere", "2.0.0", {"resource": True, "version": "v5.0.0", "server": "https://plugins.test"})
    package(site, "unrelated", "1.0.0")
    # Without -S the packages of whoever runs this would be among them.
    done = subprocess.run(
        [sys.executable, "-S", str(LANGUAGE_HOST / "ask_plugins.py")],
        env={"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [
        {"name": "elsewhere", "kind": "resource", "version": "v5.0.0", "server": "https://plugins.test"},
        {"name": "old", "kind": "resource", "version": "v1.2.3-rc.4", "server": ""},
        {"name": "random", "kind": "resource", "version": "v4.16.0", "server": ""},
    ]


def test_the_engine_is_told_the_plugins(host):
    virtual_environment(
        host.folder / "venv", """print('[{"name": "random", "kind": "resource", "version": "v4.16.0"}]')"""
    )
    answer = host.call.GetRequiredPackages(proto.GetRequiredPackagesRequest(info=host.info(virtualenv="venv")))
    assert [(plugin.name, plugin.version) for plugin in answer.packages] == [("random", "v4.16.0")]


def test_a_python_without_pulumi_is_named(tmp_path):
    # -S leaves the installed packages out, as in an interpreter that has none.
    done = subprocess.run(
        [sys.executable, "-S", str(HOST), "--use-executor", "none"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"pulumi-language-python: {sys.executable} cannot import what this needs (No module named 'grpc'). "
        "Put the virtual environment with `pulumi` first on PATH, or install `pulumi` there.\n"
    )


def test_of_the_sdk_it_imports_the_messages_alone():
    code = "import sys, serving; print(*(name for name in sys.modules if name.startswith('pulumi.')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=LANGUAGE_HOST, capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    assert "pulumi.runtime.proto.language_pb2" in imported
    assert [name for name in imported if not f"{name}.".startswith("pulumi.runtime.proto.")] == ["pulumi.runtime"]


@pytest.fixture
def launcher(tmp_path):
    """The launcher where a build puts it: beside the engine."""
    return shutil.copy(LANGUAGE_HOST / "pulumi-language-python", tmp_path)


def test_the_launcher_runs_the_host_on_path_with_the_executor_beside_it(launcher, tmp_path):
    host = tmp_path / "host" / "pulumi_language_python.py"
    host.parent.mkdir()
    host.write_text("#!/bin/sh\necho $@\n")
    host.chmod(0o755)
    environ = {"PATH": f"{host.parent}:{os.defpath}"}
    done = subprocess.run([launcher, "127.0.0.1:1"], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == f"--use-executor {tmp_path}/pulumi-language-python-exec 127.0.0.1:1\n"


def test_the_launcher_without_its_host_says_what_path_lacks(launcher):
    done = subprocess.run([launcher], env={"PATH": os.defpath}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "pulumi-language-python: pulumi_language_python.py is not on PATH; "
        "put what `python tools/engine/find.py` prints in front of PATH\n"
    )
