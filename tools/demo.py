"""`make demo`: the root project on the real engine and a simulated NAO Cloud, from a publication to a failure."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pulumi_nao.simulator import Simulator

ROOT = Path(__file__).resolve().parent.parent
KEY = "demo-key"
GOOD_SITE, BARE_SITE = 910, 911
EXPECTED_FAILURE = "Missing graph or indoor area. Please add."


class Project:
    """A copy of the root project with a state of its own.

    Args:
        folder: Where to put it.
        server: The simulator's URL.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(ROOT / name, self.folder)
        shutil.copytree(ROOT / "examples" / "one-site", self.folder / "examples" / "one-site")
        (self.folder / ".venv").symlink_to(sys.prefix)
        (folder / "state").mkdir()
        # The NAO_ and PULUMI_ settings of whoever runs this must not reach the demo.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NAO_", "PULUMI_"))}
        self._environment = {
            **kept,
            "NAO_API_KEY": KEY,
            "NAO_BASE_URL": server,
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def pulumi(self, *arguments: str, show: bool = True) -> tuple[int, str]:
        """Run a command of Pulumi.

        Args:
            arguments: After `pulumi`.
            show: Whether to print command and output.

        Returns:
            The exit code and what was printed.
        """
        if show:
            print(f"$ pulumi {' '.join(arguments)}", flush=True)
        with subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],  # noqa: S607 - found on PATH by design
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            lines = []
            for line in process.stdout or ():
                lines.append(line)
                if show and line.strip():
                    print(f"  {line}", end="", flush=True)
        return process.returncode, "".join(lines)

    def up(self) -> tuple[int, str]:
        """Run `pulumi up` unattended."""
        return self.pulumi("up", "--yes", "--skip-preview", "--suppress-progress")


def main() -> int:
    """Run the demo.

    Returns:
        0 if everything happened as announced.
    """
    results: list[tuple[str, bool]] = []

    def expect(what: str, happened: bool) -> None:  # noqa: FBT001 - a fact to record
        results.append((what, happened))

    with tempfile.TemporaryDirectory(prefix="pulumi-nao-demo-") as folder, Simulator(job_seconds=2.0) as nao:
        nao.add_key(KEY)
        nao.add_site(GOOD_SITE)
        nao.add_site(BARE_SITE, graph=False)
        project = Project(Path(folder), nao.url)

        _title(f"1. Publish site {GOOD_SITE}")
        project.pulumi("stack", "init", "demo", show=False)
        project.pulumi("config", "set", "siteId", str(GOOD_SITE))
        code, _ = project.up()
        expect(f"site {GOOD_SITE} was published", code == 0 and nao.publications(GOOD_SITE) == 1)

        _title("2. Run again, with nothing changed")
        before = nao.count()
        code, _ = project.up()
        expect("nothing changed, and no request was made", code == 0 and nao.count() == before)

        _title("3. Change a configuration file")
        zones = project.folder / "examples" / "one-site" / "tracking-config" / "zones.json"
        content = json.loads(zones.read_text())
        content["zones"][1]["alert_on_exit"] = True
        zones.write_text(json.dumps(content, indent=2) + "\n")
        print("  zones.json: the cold store now alerts on exit")
        code, _ = project.up()
        expect("the change was published, once", code == 0 and nao.publications(GOOD_SITE) == 2)  # noqa: PLR2004

        _title(f"4. Publish site {BARE_SITE}, which has no graph")
        project.pulumi("stack", "init", "no-graph", show=False)
        project.pulumi("config", "set", "siteId", str(BARE_SITE))
        code, output = project.up()
        expect("the failure of the job failed the deployment", code != 0 and EXPECTED_FAILURE in output)

    _title("Summary")
    for what, happened in results:
        print(f"  {'yes' if happened else 'NO '}  {what}")
    return 0 if all(happened for _, happened in results) else 1


def _title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nThe demo was interrupted; nothing is left behind.", file=sys.stderr)
        sys.exit(130)
