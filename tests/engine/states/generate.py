"""Makes the states with the version that is checked out, as `python -m tests.engine.states.generate FOLDER`."""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

from pulumi_nao.simulator import Answer, HangUp
from tests.conftest import simulated
from tests.engine.conftest import ROOT
from tests.engine.stack import Stack, new_project
from tests.engine.states import SERVER, prepare

# Where in a program a resource stands, and when it was made: nobody reads it, and it names folders of this machine.
LEFT_OUT = ("created", "modified", "sourcePosition", "stackTrace")


def done(stack):
    for site in range(901, 912):
        stack.nao.add_site(site)
    run = stack.up()
    assert run.green, run.output


def unfinished(stack):
    nao = stack.nao
    nao.add_site(921, graph=False)
    nao.add_site(922, graph=False)
    nao.add_site(923)
    nao.script("publish", HangUp(after_effect=True), site=923)
    nao.add_site(924)
    nao.script("job", Answer(401), site=924)
    nao.add_site(925, job_seconds=math.inf)
    nao.add_site(926, job_seconds=math.inf)

    def only_the_endless_run():
        recorded = [r for r in stack.state().get("resources", []) if "status" in r.get("outputs", {})]
        looked_at = {request.path for request in nao.requests if request.route == "job"}
        running = {f"/api/v2/background_jobs/{job.id}" for job in nao.jobs if not job.has_finished}
        return len(recorded) == 4 and len(running) == 2 and running <= looked_at

    with stack.start("up", "--yes", "--skip-preview", "--continue-on-error") as process:
        stack.end_when(process, only_the_endless_run)


def main(target):
    engine = subprocess.run(
        [sys.executable, ROOT / "tools" / "engine" / "find.py"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    for leave in (done, unfinished):
        with simulated() as nao, tempfile.TemporaryDirectory() as project, tempfile.TemporaryDirectory() as folder:
            new_project(Path(project), engine)
            stack = Stack(Path(folder), engine, nao, Path(project))
            prepare(stack, leave.__name__)
            leave(stack)
            state = json.loads(stack.pulumi("stack", "export").output)
            for resource in state["deployment"]["resources"]:
                for name in LEFT_OUT:
                    resource.pop(name, None)
            text = json.dumps(state, indent=2).replace(nao.url, SERVER)
            with (target / f"{leave.__name__}.json").open("x") as file:
                file.write(f"{text}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
