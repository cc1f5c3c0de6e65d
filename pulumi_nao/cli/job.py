"""`pulumi-nao job`: shows a background job that is known, or awaits it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pulumi_nao import jobs
from pulumi_nao.cli import arguments, records
from pulumi_nao.cli.accounts import ShellAccounts
from pulumi_nao.cli.display import Display
from pulumi_nao.cli.endings import Ending, done, ending_of, wait_command
from pulumi_nao.cli.stop import stopping
from pulumi_nao.cli.streams import standard_error, standard_output
from pulumi_nao.cli.terminal import choose
from pulumi_nao.cloud.address import canonical_server
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, variable_of
from pulumi_nao.errors import ConfigurationError, JobError, JobFailed, JobRunsOn, NaoError, PollFailed
from pulumi_nao.waiting.clock import SystemClock

if TYPE_CHECKING:
    import argparse

    from pulumi_nao.cloud.client import NaoClient
    from pulumi_nao.models import Job, JobState
    from pulumi_nao.waiting.clock import Limit

DESCRIPTION = (
    "Show a background job of NAO Cloud, or await it: the one named in the log of a runner that was killed, for "
    "instance. Exit codes: 0 done, 2 usage, 3 not sent, 4 rejected, 5 job failed, 6 job record gone, 7 job runs on "
    "or was not seen to end."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "job", type=arguments.job, metavar="JOB", help="number of the job, or its address as logs show it"
    )
    arguments.add_account(parser, default=DEFAULT_NAMESPACE, help="account of the job (default: %(default)s)")
    parser.add_argument("--wait", action="store_true", help="wait until the job has ended")
    arguments.add_timeout(parser, "how long to wait", "; means --wait")
    arguments.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Look at the job, or await it. Must be called in the main thread."""
    job_id, address = options.job
    namespace = options.namespace
    output = standard_error() if options.json else standard_output()
    awaits = options.wait or options.timeout is not None
    display = choose(output, 1) if awaits else Display(output)
    with stopping(display.restore) as asked:
        clock = SystemClock(asked)
        try:
            accounts = ShellAccounts(clock, options.timeout)
            client, limit = accounts.open(namespace).client, accounts.limit(namespace)
            if address is not None:
                _refuse_another_server(client, namespace, address)
        except ConfigurationError as problem:
            standard_error().line(str(problem))
            if options.json:
                standard_output().line(records.job(job_id, None, namespace, Ending.NOT_SENT, None, problem))
            return Ending.NOT_SENT
        job = client.job(job_id, f"job {job_id}")
        with display:
            state, error = _await(job, limit, clock, display) if awaits else _look(job)
            ending = ending_of(error)
            go_on = f"`{wait_command(job.id, namespace)}`."
            if error:
                next_steps = [f"Go on with {go_on}"] if isinstance(error, JobRunsOn) else []
                display.failed(job.operation, error.text(*next_steps))
            elif state and state.has_finished:
                display.done(job.operation, done(state.duration, job.url))
            elif state:
                ending = Ending.JOB_RUNS_ON
                display.report(job.operation, f"not finished, status {state.status!r}, {job.url}")
                output.line(f"  Await its end with {go_on}")
    if options.json:
        standard_output().line(records.job(job.id, job.url, namespace, ending, state, error))
    return ending


def _refuse_another_server(client: NaoClient, namespace: str, address: str) -> None:
    """The key goes to the configured server only, so a job elsewhere cannot be looked at."""
    try:
        server = canonical_server(address)
    except ValueError as error:
        raise ConfigurationError(f"the job's address cannot be used: {error}") from None
    if server != client.base_url:
        raise ConfigurationError(
            f"the job is on another server than the configured one, {client.base_url}",
            f"Set {variable_of(namespace, 'baseUrl')} to the job's server, with a key of it.",
        )


def _look(job: Job) -> tuple[JobState | None, NaoError | None]:
    try:
        state = job.poll()
    except PollFailed as error:
        return None, error.of(job.operation)
    if state.has_finished and not state.succeeded:
        return state, JobFailed(job, state, None)
    return state, None


def _await(job: Job, limit: Limit, clock: SystemClock, display: Display) -> tuple[JobState | None, NaoError | None]:
    display.began(job.operation)
    deadline = limit.begun(clock)
    try:
        return jobs.wait(job, deadline, clock=clock, report=partial(display.report, job.operation)), None
    except JobError as error:
        return error.state, error
