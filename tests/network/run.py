"""One `up` after another of a stack with one publication, as far as the lifecycle decides about it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_nao.cloud.client import NaoClient
from pulumi_nao.cloud.transport import ANSWER_TIMEOUT
from pulumi_nao.errors import NaoError
from pulumi_nao.lifecycle import Change, Runner, difference
from pulumi_nao.waiting.clock import Limit
from tests.attempts import wanted
from tests.network.brisk_clock import BriskClock

if TYPE_CHECKING:
    from pulumi_nao.attempt import Attempt

KEY = "k-0123456789-host-tier"
TRIGGERS = {"zones": "v1"}
LIMIT = Limit(1200.0, "nao:timeout")
SHORT = Limit(40.0, "nao:timeout")


def nothing(_line):
    pass


@dataclass(frozen=True)
class Up:
    """How one `up` ended.

    Attributes:
        error: What it failed with; `None` for a green run.
        saved: The recorded attempt in a word: its status, or `nothing`.
        job: The recorded job.
        told: The lines of progress.
    """

    error: NaoError | None
    saved: str
    job: str | None
    told: list[str]

    @property
    def end(self):
        return type(self.error) if self.error else None


class Stack:
    """Keeps the record between runs; every run is a process of its own, with a new client.

    Args:
        base_url: The server.
        key: The key.
        answer_timeout: Seconds that an answer may take in the first run; later ones have all the time they need.

    Attributes:
        record: The last attempt that was recorded.
        clock: Of the current run; its `cancel` ends it.
    """

    def __init__(self, base_url, *, key=KEY, answer_timeout=ANSWER_TIMEOUT):
        self.base_url = base_url
        self.key = key
        self.answer_timeout = answer_timeout
        self.record: Attempt | None = None
        self.clock = BriskClock()

    def up(self, on_report=nothing, *, limit=LIMIT):
        """Publish if that is due; `on_report` is called with every line of progress, before the run goes on."""
        told = []

        def report(line):
            told.append(line)
            on_report(line)

        error = None
        clock = self.clock = BriskClock()
        with NaoClient(self.key, self.base_url, clock=clock, answer_timeout=self.answer_timeout) as client:
            publisher = Runner(client, clock)
            if self.record is None:
                outcome = publisher.run(wanted(910, TRIGGERS, client.base_url), limit, report)
            elif difference(self.record, wanted(910, TRIGGERS, client.base_url)) is Change.NONE:
                outcome = None
            else:
                outcome = publisher.run(wanted(910, TRIGGERS, client.base_url), limit, report, recorded=self.record)
        self.answer_timeout = ANSWER_TIMEOUT
        if outcome:
            error = outcome.error
            self.record = outcome.attempt or self.record
        record = self.record
        return Up(error, record.status if record else "nothing", record.job_id if record else None, told)
