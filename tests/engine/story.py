"""A story of commands on one stack, told once, of which any number of tests ask."""

from dataclasses import dataclass

from tests.engine.stack import Run, Stack

UP = ("up", "--yes", "--skip-preview", "--continue-on-error")


@dataclass(frozen=True)
class Step:
    """A command of a story.

    Attributes:
        run: How it ended.
        sent: What it asked of the server beside looks at jobs, such as `POST sites/910/import`, in order.
        looks: How many looks at jobs it made.
        recorded: The outputs of our resources after it, by name.
    """

    run: Run
    sent: list[str]
    looks: int
    recorded: dict[str, dict]

    def times(self, call: str) -> int:
        """How often it sent a call."""
        return self.sent.count(call)

    def error(self, name: str) -> str:
        """The first line of what it says is wrong with a resource."""
        return next((line for line in self.run.diagnostics(name) if line.startswith("error: ")), "")


class Story:
    """Plays commands and takes note of what they did.

    Its keys and secrets are looked for wherever they must not be: in the state and in the engine's stream of events
    too, which the folder holds.
    """

    def __init__(self, stack: Stack):
        self.stack = stack
        self.steps: list[Step] = []
        stack.environment |= {"PULUMI_PARALLEL": "32", "PULUMI_DEBUG_COMMANDS": "true"}  # which has --event-log

    def play(self, *command: str, ends_when=None) -> Step:
        """Run a command to its end, or until it is interrupted because something has come to pass."""
        before = len(self.stack.nao.requests)
        events = f"events-{len(self.steps)}.json"
        with self.stack.start(*command, "--event-log", events) as process:
            output = self.stack.end_when(process, ends_when) if ends_when else process.communicate(timeout=200)[0]
        made = self.stack.nao.requests[before:]
        step = Step(
            Run(process.returncode, output),
            [request.call for request in made if request.route != "job"],
            sum(request.route == "job" for request in made),
            self.stack.recorded(),
        )
        self.steps.append(step)
        return step

    @property
    def output(self) -> str:
        """All that the commands printed."""
        return "\n".join(step.run.output for step in self.steps)
