"""The ways to an engine and their order, on a made-up machine: no real CLI, Go or installer takes part."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.tools.machine import ENGINE, LANGUAGE_HOST, UNREACHABLE

SDK = version("pulumi")


@pytest.mark.parametrize("told", ["v3.216.0", "v3.999.9", "3.300.0", "v3.260.0-alpha.17", "v3.260.0-dev.0+x"])
def test_a_suitable_pulumi_on_path_is_taken(machine, told):
    machine.pulumi(told)
    machine.go()
    answer = machine.find()
    assert (answer.code, answer.out, machine.times_built()) == (0, str(machine.bin), 0)


def test_a_language_host_elsewhere_on_path_comes_along(machine):
    machine.pulumi("v3.300.0", language_host=False)
    elsewhere = machine.put("pulumi-language-python", "", machine.folder / "elsewhere").parent
    machine.path.append(elsewhere)
    assert machine.find().out == f"{machine.bin}:{elsewhere}"


def test_a_language_host_where_a_symbolic_link_ends_is_enough(machine):
    real = machine.pulumi("v3.300.0", machine.folder / "real")
    (machine.bin / "pulumi").symlink_to(real)
    assert machine.find().out == str(machine.bin)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("v3.215.9", "is 3.215.9, older than 3.216.0"),
        ("v4.0.0-alpha.1", "is 4.0.0-alpha.1; this project needs 3.216.0 or newer, below 4"),
        ("hello", "does not tell its version: exit code 0, said 'hello'"),
    ],
)
def test_an_unsuitable_pulumi_is_passed_over_with_its_reason(machine, told, reason):
    pulumi = machine.pulumi(told)
    machine.go()
    answer = machine.find()
    assert answer.code == 0
    assert f"`pulumi` on PATH passed over: {pulumi} {reason}\n" in answer.err


def test_a_pulumi_without_language_host_is_passed_over(machine):
    pulumi = machine.pulumi("v3.300.0", language_host=False)
    machine.go()
    reason = f"{pulumi} has no pulumi-language-python beside it, nor is one on PATH"
    assert f"passed over: {reason}\n" in machine.find().err


def test_a_pulumi_that_does_not_run_is_passed_over(machine):
    pulumi = machine.put("pulumi", "#!/no/such/interpreter\n")
    machine.go()
    assert f"passed over: {pulumi} does not run: No such file or directory\n" in machine.find().err


def test_the_oldest_cli_is_the_oldest_sdk(module):
    required = re.search(r'"pulumi>=([\d.]+),<(\d+)"', (ENGINE.parents[1] / "pyproject.toml").read_text())
    own = module("own_pulumi")
    assert required
    assert (".".join(map(str, own.OLDEST)), str(own.TOO_NEW)) == (f"{required[1]}.0", required[2])


def test_without_a_pulumi_the_official_installer_comes_before_go(machine):
    machine.installer()
    machine.go()
    answer = machine.find()
    assert re.fullmatch(rf"{machine.cache}/official-{SDK}-[\w-]+/bin", answer.out)
    assert machine.times_built() == 0


def test_an_official_install_is_used_again(machine):
    machine.installer()
    first = machine.find().out
    machine.installer(UNREACHABLE)
    again = machine.find()
    assert (again.code, again.out, again.err) == (0, first, f"engine: Pulumi {SDK}, installed earlier\n")


def test_an_installer_that_fails_is_one_line_and_go_builds(machine):
    machine.go()
    answer = machine.find()
    assert "engine: the official installer did not work: OSError: the network is unreachable\n" in answer.err
    assert "Traceback" not in answer.err
    assert (answer.code, machine.times_built()) == (0, 1)


def test_an_installer_that_leaves_nothing_is_not_believed(machine):
    machine.installer("return")
    assert "it ended well, but left no pulumi and pulumi-language-python behind\n" in machine.find().err


def test_a_build_comes_with_the_stand_in_language_host(machine):
    machine.go()
    engine, language_host = machine.find().out.split(":")
    assert re.fullmatch(rf"{machine.cache}/built-v3\.\d+\.\d+-[0-9a-f]{{8}}-[\w-]+/bin", engine)
    assert language_host == str(LANGUAGE_HOST)


def test_a_build_is_used_again_with_one_line_on_screen(machine):
    machine.go()
    first = machine.find().out
    (machine.bin / "go").unlink()
    again = machine.find()
    assert (again.code, again.out) == (0, first)
    assert re.fullmatch(r"engine: Pulumi 3\.\d+\.\d+, built earlier\n", again.err)


def test_a_kept_build_and_a_pulumi_passed_over_share_one_line(machine):
    machine.go()
    machine.find()
    machine.pulumi("v3.100.0")
    assert re.fullmatch(r"engine: .*, built earlier; `pulumi` on PATH passed over: .*\n", machine.find().err)


def test_a_kept_build_that_is_on_path_already_is_no_pulumi_of_the_developer(machine):
    machine.go()
    first = machine.find().out
    machine.path = [Path(part) for part in first.split(":")] + machine.path
    assert machine.find().out == first


def test_with_no_way_left_the_error_names_what_was_tried_and_three_ways_out(machine):
    answer = machine.find()
    assert (answer.code, answer.out) == (1, "")
    go = re.search(r"^go (\S+)$", (ENGINE / "go.mod").read_text(), re.MULTILINE)
    assert go
    assert answer.err.endswith(
        f"""engine: there is no Pulumi engine, and none could be made:
  - `pulumi` on PATH: there is none
  - the cache {machine.cache}: it has none
  - the official installer: OSError: the network is unreachable
  - a build from the Go module: there is no `go` on PATH
Each of these is a way out:
  - install the Pulumi CLI, 3.216.0 or newer: https://www.pulumi.com/docs/install/
  - let this machine reach the official installer at https://get.pulumi.com, and run this again
  - install Go {go[1]} or newer (https://go.dev/dl/), let it reach a Go module proxy (see `go env GOPROXY`), \
and run this again
"""
    )
    assert "Traceback" not in answer.err


def test_a_cache_that_cannot_be_written_to_says_what_to_set(machine):
    machine.cache = machine.put("file", "") / "below"
    answer = machine.find()
    assert answer.code == 1
    assert (
        f"cannot write to the cache folder {machine.cache}: Not a directory; "
        "set PULUMI_NAO_CACHE to a folder that can be written to\n" in answer.err
    )


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"PULUMI_NAO_CACHE": "/own", "XDG_CACHE_HOME": "/xdg"}, "/own"),
        ({"PULUMI_NAO_CACHE": "~/own"}, "/home/dev/own"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/pulumi-nao"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/dev/.cache/pulumi-nao"),
        ({}, "/home/dev/.cache/pulumi-nao"),
    ],
)
def test_the_cache_is_where_the_environment_says(module, monkeypatch, environ, folder):
    monkeypatch.setenv("HOME", "/home/dev")
    assert str(module("engine_cache").cache_folder(environ)) == folder


def test_other_code_can_import_it_by_its_path(machine):
    machine.pulumi("v3.300.0")
    code = f"""
import importlib.util
spec = importlib.util.spec_from_file_location("any_name", {str(ENGINE / "find.py")!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
engine = module.find_engine()
print(engine.version, engine.origin, *engine.folders)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=machine.folder,
        env=machine.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"3.300.0 PATH {machine.bin}\n"
