"""The shapes that programs give a publication or a call: how strangers write them.

Each is a program of its own, run as it stands by the engine tier, and registered by the SDK for the plugin-host tier.
"""

HEAD = """
import json
import pulumi
from pulumi import Alias, ComponentResource, ResourceOptions
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
from pulumi_nao import ApiCall, TrackingConfigPublication

config = pulumi.Config()
name = config.get("name") or "site"
site, zones = config.get("site") or 910, {"zones": config.get("zones") or "a"}
inputs = {"site_id": site, "triggers": zones}
request = {"path": f"sites/{site}/import", "body": zones, "assume_done": config.get("assumed")}

def options(**more):
    limits = json.loads(config.get("limits") or "{}")
    return ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(**limits), **more)

class Site(TrackingConfigPublication):
    pass

class Hall(Site):
    pass

class Import(ApiCall):
    pass

class Warehouse(ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("acme:index:Warehouse", name, None, opts)

class KeepsNothing(ResourceProvider):
    def create(self, props):
        return CreateResult("note", props)

class Note(Resource):
    def __init__(self, name):
        super().__init__(KeepsNothing(), name, {})

def as_they_are(args):
    return pulumi.ResourceTransformationResult(args.props, args.opts)
"""

SHAPES = {
    "root": "TrackingConfigPublication(name, **inputs, opts=options())",
    "component": "TrackingConfigPublication(name, **inputs, opts=options(parent=Warehouse('w')))",
    "component in a component": (
        "inner = Warehouse('inner', ResourceOptions(parent=Warehouse('outer')))\n"
        "TrackingConfigPublication(name, **inputs, opts=options(parent=inner))"
    ),
    "beneath a custom resource": "TrackingConfigPublication(name, **inputs, opts=options(parent=Note('note')))",
    "subclass": "Site(name, **inputs, opts=options())",
    "subclass of a subclass": "Hall(name, **inputs, opts=options())",
    "subclass in a component": "Site(name, **inputs, opts=options(parent=Warehouse('w')))",
    "aliased": "TrackingConfigPublication(name, **inputs, opts=options(aliases=[Alias(name='former')]))",
    "transformed": "TrackingConfigPublication(name, **inputs, opts=options(transformations=[as_they_are]))",
    "ignored changes": "TrackingConfigPublication(name, **inputs, opts=options(ignore_changes=['base_url']))",
    "protected": "TrackingConfigPublication(name, **inputs, opts=options(protect=True))",
    "deleted before it is replaced": (
        "TrackingConfigPublication(name, **inputs, opts=options(delete_before_replace=True))"
    ),
    "error hook": (
        "hook = pulumi.ErrorHook('hook', lambda args: False)\n"
        "hooks = pulumi.ResourceHookBinding(on_error=[hook])\n"
        "TrackingConfigPublication(name, **inputs, opts=options(hooks=hooks))"
    ),
}


CALL_SHAPES = {
    "call": "ApiCall(name, **request, opts=options())",
    "call in a component": "ApiCall(name, **request, opts=options(parent=Warehouse('w')))",
    "subclass of a call in a component": "Import(name, **request, opts=options(parent=Warehouse('w')))",
    "call with an error hook": (
        "hook = pulumi.ErrorHook('hook', lambda args: False)\n"
        "hooks = pulumi.ResourceHookBinding(on_error=[hook])\n"
        "ApiCall(name, **request, opts=options(hooks=hooks))"
    ),
}


def program(shape: str) -> str:
    """The whole text of a shape's program; its configuration is `name`, `site`, `zones`, `limits` and `assumed`."""
    return "\n".join([HEAD, (SHAPES | CALL_SHAPES)[shape], ""])
