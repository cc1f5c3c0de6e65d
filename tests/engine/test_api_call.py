"""Calls as programs make them: one after another, one feeding the next, and in every shape."""

import math

import pytest

from pulumi_nao.simulator import Answer, HangUp
from tests.conftest import simulated
from tests.engine.stack import Stack
from tests.engine.story import UP, Story

CHAIN = """
import pulumi
from pulumi import ResourceOptions
from pulumi_nao import ApiCall, TrackingConfigPublication

config = pulumi.Config()
imported = ApiCall("import", f"sites/{config.get('hall') or 910}/import", body={"file": "plan.csv"})
tag = ApiCall(
    "tag",
    "sites/910/nao_trackables",
    body={"name": "Forklift 7"},
    results={"id": "/data/id", "colour": "/data/attributes/colour"},
    opts=ResourceOptions(depends_on=[imported]),
)
path = pulumi.Output.concat("nao_trackables/", tag.answer["id"], "/activate")
activated = ApiCall("activation", pulumi.Output.unsecret(path) if config.get("shown") != "no" else path)
limits = ApiCall(
    "limits",
    "sites/910/limits",
    "PUT",
    body={"metres": config.get_int("metres") or 3},
    opts=ResourceOptions(depends_on=[imported]),
)
publication = TrackingConfigPublication(
    "site",
    910,
    triggers=[imported.started_at, activated.started_at, limits.started_at],
)
"""
PUBLISH = "POST sites/910/asset_tracking_config/publish"


class Chain:
    """Four calls and a publication that follows them, from the first `up`, which is interrupted, to the last."""

    def __init__(self, stack):
        self.nao = stack.nao
        self.story = Story(stack)
        self._serve()
        stack.program(CHAIN)
        self.interrupted = self.story.play(*UP, ends_when=lambda: self.nao.count("job"))
        self.nao.finish_job(self.interrupted.recorded["import"]["job_id"])
        self.nao.add_action("POST", "sites/910/import")
        self.resumed = self.story.play(*UP)
        key = stack.environment.pop("NAO_API_KEY")
        self.unchanged = self.story.play(*UP, "--expect-no-changes")
        self.refreshed = self.story.play("refresh", "--yes", "--skip-preview", "--expect-no-changes")
        stack.environment["NAO_API_KEY"] = key
        stack.set("metres", "4")
        stack.set("hall", "912")
        self.changed = self.story.play("up", "--yes")
        stack.set("shown", "no")
        self.hidden = self.story.play("preview")
        del stack.environment["NAO_API_KEY"]
        self.destroyed = self.story.play("destroy", "--yes", "--skip-preview")

    def _serve(self):
        self.nao.add_action("POST", "sites/910/import", job_seconds=math.inf)
        self.nao.add_action("POST", "sites/912/import")
        self.nao.add_action(
            "POST", "sites/910/nao_trackables", Answer(201, body={"data": {"id": "7", "type": "tag"}})
        )
        self.nao.add_action("POST", "nao_trackables/7/activate")
        self.nao.add_action("PUT", "sites/910/limits", Answer(204))


SHAPES = """
import os
import pulumi
from pulumi import ComponentResource, CustomTimeouts, ErrorHook, ResourceHookBinding, ResourceOptions
from pulumi_nao import ApiCall, TrackingConfigPublication

config = pulumi.Config()
body = {"rows": config.get("rows") or "a"}
token = pulumi.Output.secret(os.environ["TOKEN"])  # of one in the configuration the engine itself takes care

class Warehouse(ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Warehouse", name)
        ApiCall("inside", "sites/910/inside", body=body, opts=ResourceOptions(parent=self))

class Import(ApiCall):
    def __init__(self, name):
        super().__init__(name, "sites/910/import", body=body)

def again(args):
    print("hook:", args.name, args.errors)
    return len(args.errors) < 3

hooks = ResourceHookBinding(on_error=[ErrorHook("again", again)])

Warehouse("warehouse")
Import("subclass")
ApiCall("ignored", "sites/910/ignored", body=body, opts=ResourceOptions(ignore_changes=["*"]))
ApiCall("ignored-secret", "sites/910/secret", body={"token": token}, opts=ResourceOptions(ignore_changes=["*"]))
ApiCall("replaced", "sites/910/replaced", body=body, opts=ResourceOptions(replace_on_changes=["body"]))
ApiCall(
    "patient",
    "sites/910/patient",
    opts=ResourceOptions(custom_timeouts=CustomTimeouts(create="1s"), hooks=hooks),
)
ApiCall("lost", "sites/910/lost", if_unknown=config.get("lost") or "fail", opts=ResourceOptions(hooks=hooks))
ApiCall("unsettled", "sites/910/unsettled", opts=ResourceOptions(replace_on_changes=["*"]))
ApiCall("first", "sites/910/limits", "PUT", body={"metres": 3})
ApiCall("second", "sites/910/limits", "PUT", body={"metres": 4})
ApiCall("morning", "sites/912/asset_tracking_config/publish")
ApiCall("evening", "sites/912/asset_tracking_config/publish")
TrackingConfigPublication("site", 912)
"""
HIDDEN = """
from pulumi import ProviderResource, ResourceOptions
from pulumi_nao import ApiCall

ApiCall("call", "sites/910/import", opts=ResourceOptions(provider=ProviderResource("pulumi-python", "other", {})))
"""
TOKEN = "t0ken-0123456789-of-a-body"


class Shapes:
    """Calls in the shapes that programs give them: made, then changed, then one of them replaced by hand."""

    def __init__(self, stack):
        self.nao = stack.nao
        self.story = Story(stack)
        self._serve()
        stack.environment["TOKEN"] = TOKEN
        stack.program(SHAPES)
        self.made = self.story.play(*UP)
        self.nao.add_action("POST", "sites/910/secret", _refusal)
        stack.set("rows", "b")
        stack.set("lost", "again")
        self.changed = self.story.play(*UP)
        urns = [r["urn"] for r in stack.state()["resources"]]
        replaced = [urn for urn in urns if urn.endswith(("::subclass", "::ignored", "::ignored-secret"))]
        self.by_hand = self.story.play(*UP, *(f"--replace={urn}" for urn in replaced))
        del stack.environment["NAO_BASE_URL"]
        stack.set("nao:baseUrl", self.nao.url)
        stack.program(HIDDEN)
        self.hidden = self.story.play(*UP)

    def _serve(self):
        for name in ("inside", "import", "ignored", "replaced", "lost", "unsettled"):
            self.nao.add_action("POST", f"sites/910/{name}")
        self.nao.add_action("POST", "sites/910/patient", job_seconds=2.5)
        self.nao.add_action("POST", "sites/910/secret", failure=lambda body: f"{body['token']} is bad.")
        for name in ("lost", "unsettled"):
            self.nao.script(f"POST sites/910/{name}", HangUp(after_effect=True))
        self.nao.add_action("PUT", "sites/910/limits", Answer(204))
        self.nao.add_site(912, job_seconds=0.5)


def _refusal(body):
    return Answer(422, body={"errors": [{"detail": f"{body['token']} is bad."}]})


@pytest.fixture(scope="module")
def chain(tmp_path_factory, engine_path, empty_project):
    with simulated() as nao:
        return Chain(Stack(tmp_path_factory.mktemp("chain"), engine_path, nao, empty_project))


@pytest.fixture(scope="module")
def shapes(tmp_path_factory, engine_path, empty_project):
    with simulated() as nao:
        return Shapes(Stack(tmp_path_factory.mktemp("shapes"), engine_path, nao, empty_project))


def test_print(shapes):
    print(shapes.story.output)
    for s in shapes.story.steps:
        print(s.sent, s.looks, s.run.code)
    for r in shapes.nao.requests:
        if r.site == 912:
            print(r.time.time(), r.call, r.job and (r.job.id, r.job.has_finished))
    assert 0
