"""The engine for programs in YAML: official installs have the language host, beside a built one it is built."""

from pathlib import Path

from tests.tools.machine import LANGUAGE_HOST


def test_an_engine_with_the_host_beside_it_is_taken_as_it_is(machine):
    machine.pulumi("v3.300.0")
    machine.put("pulumi-language-yaml", "")
    answer = machine.find("find_yaml.py")
    assert (answer.code, answer.out, machine.times_built()) == (0, str(machine.bin), 0)


def test_beside_a_built_engine_the_host_is_built_once(machine):
    machine.go()
    first = machine.find("find_yaml.py").out
    again = machine.find("find_yaml.py").out
    folder, language_host = first.split(":")
    assert (again, language_host, machine.times_built()) == (first, str(LANGUAGE_HOST), 2)
    assert sorted(file.name for file in Path(folder).iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-language-yaml",
        "pulumi-resource-pulumi-python",
    ]
    assert machine.unfinished() == []


def test_without_go_the_error_says_so(machine):
    machine.pulumi("v3.300.0")
    answer = machine.find("find_yaml.py")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.endswith("engine: there is no `go` on PATH\n")
