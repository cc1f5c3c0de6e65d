"""The page about the command line says what the code does."""

import re
from pathlib import Path

from pulumi_nao.cli.diagnosis import Verdict
from pulumi_nao.cli.endings import Ending

PAGE = Path(__file__).resolve().parents[2] / "sdk-docs" / "reference" / "command-line.md"


def test_every_outcome_stands_there_with_its_code():
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {(int(code), name) for code, name in rows} == {(int(one), one.name.lower()) for one in Ending}


def test_every_verdict_of_the_doctor_stands_there_with_its_code():
    doctor = PAGE.read_text(encoding="utf-8").partition("## Doctor")[2]
    rows = re.findall(r"^\| (\d+) \| ([a-z ]+) \|", doctor, re.MULTILINE)
    assert {(int(code), name.replace(" ", "_")) for code, name in rows} == {
        (int(one), one.name.lower()) for one in Verdict
    }


def test_every_option_stands_there(outside):
    page = PAGE.read_text(encoding="utf-8")
    for command in ("publish", "job", "doctor"):
        section = page.partition(f"## {command.title()}\n")[2].partition("\n## ")[0]
        options = set(re.findall(r"--[a-z]+", outside(command, "--help").out.partition("options:")[2])) - {"--help"}
        assert {option for option in options if f"`{option}" in section} == options, command
