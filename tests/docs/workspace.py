"""The folder, the shell and the simulated NAO Cloud in which the blocks of one page are run."""

import doctest
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from pulumi_nao.simulator import Simulator
from tests.docs.blocks import COMMANDS, DOCTEST, OUTPUT, Block

KEY = "simulator-key"
SHOWN_PORT = "8910"
PROJECT = "name: sites\nruntime: python\n"

_NOISE = re.compile(r"^\s*@ \S+ing\.*$|^\s*$|^\[\d+\] ")
_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)"), "TIME"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|min)\b"), "SECONDS"),
    (re.compile(r"\(\d+(\.\d+)?s\)"), ""),
    (re.compile(r"\s+"), " "),
)
# Remembers folder and environment for the next block, however this one ends.
_REMEMBER = """
trap 'code=$?; env -0 > "$DOCS_MEMORY/environment"; pwd > "$DOCS_MEMORY/folder"; exit $code' EXIT
set -euo pipefail
"""


class Workspace:
    """Runs the blocks of a page in their order.

    With `index`, it begins as a stranger does, with nothing installed; otherwise in a project with a stack `dev`.
    """

    def __init__(self, folder: Path, engine: str, index: tuple[Path, Path] | None = None):
        self.nao = Simulator()
        self.nao.add_key(KEY)
        self.nao.start()
        self._memory = folder / "memory"
        self._folder = folder / "project"
        for made in (self._memory, self._folder, folder / "state"):
            made.mkdir()
        self._background: list[subprocess.Popen] = []
        self._output = ""
        self._unused: dict[str, Block] = {}
        self._stand_ins = {SHOWN_PORT: self.nao.url.rpartition(":")[2]}
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("NAO_", "PULUMI_"))},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), engine, os.environ["PATH"]]),
            "DOCS_MEMORY": str(self._memory),
            "NO_COLOR": "1",
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "docs",
            "PULUMI_SKIP_CONFIRMATIONS": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # a reader has none of the plugins of these tests
        }
        if index:
            wheels, shelf = index
            self.nao.stop()
            self._environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PYTHONPATH": str(shelf)}
        else:
            self._environment |= {"NAO_BASE_URL": self.nao.url, "NAO_API_KEY": KEY}
            (self._folder / "Pulumi.yaml").write_text(PROJECT)
            self._shell("pulumi stack init dev")
        self._names = {"nao": self.nao, "environment": self._environment, "page": self}

    @property
    def folder(self) -> Path:
        """Where the next command runs."""
        return self._folder

    @property
    def output(self) -> str:
        """What the last commands printed."""
        return self._output

    def local(self, shown: str, real: str) -> None:
        """From here on, use something of this machine for what the page shows."""
        self._stand_ins[shown] = real

    def write(self, name: str, text: str) -> None:
        """Change a file, as the reader would."""
        (self._folder / name).write_text(text)

    def close(self) -> None:
        for process in self._background:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
        self.nao.stop()
        # What a killed engine left behind.
        for left in psutil.process_iter():
            with suppress(psutil.Error):
                if left.environ().get("DOCS_MEMORY") == str(self._memory):
                    left.kill()

    def run(self, block: Block) -> None:
        """Do with a block what its place and its note ask for."""
        if block.note.startswith("not run"):
            return
        if block.file:
            self._write(block)
        elif block.hidden and block.language == "python":
            exec(compile(block.text, block.where, "exec"), self._names)  # noqa: S102 - the page's own checks
        elif block.language == COMMANDS:
            self._commands(block)
        elif block.language == OUTPUT:
            self._compare(block)
        elif block.language == DOCTEST:
            self._doctest(block)
        elif block.language == "python":
            self._unused.clear()
            ended = self._process([sys.executable, "-W", "error", "-c", self._local(block.text)])
            self._output = ended.stdout
            assert ended.returncode == 0, f"{block.where} ended with {ended.returncode}:\n{ended.stdout}"
        else:
            raise AssertionError(f"{block.where}: nobody knows how to run {block.language!r}")

    def finish(self) -> None:
        """Complain about files that no command of the page has used."""
        assert not self._unused, f"never run: {[block.where for block in self._unused.values()]}"

    def _write(self, block: Block) -> None:
        assert block.file not in self._unused, f"{self._unused[block.file].where}: replaced before it was ever run"
        path = self._folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._local(block.text), encoding="utf-8")
        if path.suffix == ".py":
            self._unused[block.file] = block

    def _commands(self, block: Block) -> None:
        self._unused.clear()
        if block.note == "background":
            self._start(block)
            return
        code, self._output = self._shell(self._local(block.text))
        fails = block.note == "fails"
        assert (code != 0) == fails, f"{block.where} ended with {code}:\n{self._output}"

    def _start(self, block: Block) -> None:
        # A port of its own, and jobs that end soon: several of these may run on one machine.
        command = block.text.strip().replace("pulumi-nao simulate", "pulumi-nao simulate --port 0 --job-seconds 0.3")
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._background.append(process)
        self._output = ""
        while "# Ctrl-C" not in self._output:
            line = process.stdout.readline()
            assert line, f"{block.where} ended:\n{self._output}"
            self._output += line
        self._stand_ins[SHOWN_PORT] = self._output.splitlines()[0].rpartition(":")[2]

    def _shell(self, commands: str) -> tuple[int, str]:
        ended = self._process(["bash", "-c", _REMEMBER + commands])
        if (self._memory / "environment").exists():
            entries = (self._memory / "environment").read_text().split("\0")
            self._environment.clear()
            self._environment.update(entry.split("=", 1) for entry in entries if entry)
            self._folder = Path((self._memory / "folder").read_text().strip())
        return ended.returncode, ended.stdout

    def _process(self, command: list[str]) -> subprocess.CompletedProcess:
        return subprocess.run(
            command,
            cwd=self._folder,
            env=self._environment,
            input=f"{KEY}\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )

    def _compare(self, block: Block) -> None:
        place = 0
        printed = self._comparable(self._output)
        for part in re.split(r"^\s*\.\.\.\s*$", block.text, flags=re.MULTILINE):
            wanted = self._comparable(part)
            if not wanted:
                continue
            places = [at for at in range(place, len(printed)) if printed[at : at + len(wanted)] == wanted]
            assert places, f"{block.where} shows\n{part}\nand this was printed:\n{self._output}"
            place = places[0] + len(wanted)

    def _comparable(self, text: str) -> list[str]:
        lines = [
            line
            for line in text.replace(self._stand_ins[SHOWN_PORT], SHOWN_PORT).splitlines()
            if not _NOISE.match(line)
        ]
        for pattern, replacement in _VOLATILE:
            lines = [pattern.sub(replacement, line) for line in lines]
        return [line.strip() for line in lines]

    def _doctest(self, block: Block) -> None:
        test = doctest.DocTestParser().get_doctest(self._local(block.text), self._names, block.where, block.page, 0)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        report: list[str] = []
        runner.run(test, out=report.append, clear_globs=False)
        self._names.update(test.globs)
        assert runner.failures == 0, "".join(report)

    def _local(self, text: str) -> str:
        for shown, real in self._stand_ins.items():
            text = text.replace(shown, real)
        return text
