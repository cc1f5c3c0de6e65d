"""What tells one resource from another: its inputs, the action that they mean, and what is recorded of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_nao.attempt import Attempt, Wanted
from pulumi_nao.lifecycle import NextStep
from pulumi_nao.models import Action, action_problems, publication, site_number
from pulumi_nao.resources.inputs import AGAIN, call_inputs, publication_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi_nao.resources.inputs import Bag, Checked

SECRET_BODY = "secret_body"  # noqa: S105 - beside the outputs: whether the body was a secret when it was sent


@dataclass(frozen=True)
class Kind:
    noun: str
    verb: str  # what an `up` does with it: `publishes`
    whole: str  # the same with its object: `publishes the site`
    address: tuple[str, ...]  # a change of these inputs replaces
    content: tuple[str, ...]  # a change of these runs it again, see `Attempt.made_for`; a preview may not know them
    is_harmless: bool  # running it twice does no harm
    check: Callable[..., Checked]
    action: Callable[[Mapping[str, Any]], Action]  # of inputs, or outputs; `ValueError` for another kind's
    resource_id: Callable[[Action], str]

    def wanted(self, inputs: Bag) -> Wanted:
        return Wanted(
            action=self.action(inputs),
            base_url=inputs["base_url"],
            triggers=inputs.get("triggers"),
            results=inputs.get("results") or {},
            repeats_unknown=self.is_harmless or inputs.get("if_unknown") == AGAIN,
            repeats_failed=self.is_harmless,
            assume_done=inputs.get("assume_done"),
        )

    def attempt(self, outputs: Mapping[str, Any]) -> Attempt | None:
        try:
            action = self.action(outputs)
        except ValueError:
            return None
        return Attempt.recorded(action, outputs)

    def outputs(self, inputs: Bag, attempt: Attempt | None) -> Bag:
        outputs: Bag = {"config_namespace": inputs["config_namespace"]}
        if attempt is None:
            return outputs
        answer = attempt.answer or ({} if inputs.get("results") else None)
        given = {"body": attempt.action.body, "triggers": attempt.triggers, "answer": answer}
        if attempt.action.is_secret:
            outputs[SECRET_BODY] = True
        return {
            **outputs,
            **{name: inputs[name] for name in self.address},
            **{name: value for name, value in given.items() if value is not None},
            **attempt.record,
        }

    def words(self, step: NextStep, job_id: str | None) -> str:
        """What the next `pulumi up` does after a failure."""
        return {
            NextStep.GO_ON: "goes on waiting for this job",
            NextStep.TAKE_UP: f"takes up job {job_id} first",
            NextStep.RUN_AFTER_JOB: f"waits for this job to end, and {self.verb}",
            NextStep.SETTLE: "stops here until one of these is in the program",
            NextStep.TRY_AGAIN: "tries again",
            NextStep.RUN_AGAIN: f"{self.verb} again",
        }[step]


def _call(bag: Mapping[str, Any]) -> Action:
    method, path = bag.get("method"), bag.get("path")
    problems = action_problems(method, path)
    if problems:
        raise ValueError(problems[0])
    is_secret = bag.get(SECRET_BODY) is True
    return Action(f"{method} {path}", str(path), str(method), bag.get("body"), is_secret=is_secret)


PUBLICATION = Kind(
    noun="a publication",
    verb="publishes",
    whole="publishes the site",
    address=("site_id",),
    content=("triggers",),
    is_harmless=True,
    check=publication_inputs,
    action=lambda bag: publication(site_number(bag.get("site_id"))),
    resource_id=lambda action: action.path.split("/")[1],
)

API_CALL = Kind(
    noun="a call",
    verb="sends the request",
    whole="sends the request",
    address=("path", "method"),
    content=("body", "triggers"),
    is_harmless=False,
    check=call_inputs,
    action=_call,
    resource_id=lambda action: action.name,
)
