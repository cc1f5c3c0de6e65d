"""Publications whose jobs ended in success: a form of a record each."""

from pulumi import ComponentResource, CustomTimeouts, ErrorHook, Output, ResourceHookBinding, ResourceOptions

from pulumi_nao import TrackingConfigPublication


class Site(TrackingConfigPublication):
    pass


class Warehouse(ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Warehouse", name)


zones = {"zones": "a"}
hooks = ResourceHookBinding(on_error=[ErrorHook("give-up", lambda _: False)])

TrackingConfigPublication("plain", 901, zones)
TrackingConfigPublication("without-triggers", 902)
TrackingConfigPublication("a-secret-trigger", 903, {"zones": Output.secret("hush-hush"), "tags": "b"})
TrackingConfigPublication("all-triggers-secret", 904, Output.secret(["hush-hush"]))
TrackingConfigPublication("any-values", "905", ["é", 1, 2.5, True, None, {"none": None, "empty": []}])
TrackingConfigPublication("in-a-component", 906, zones, opts=ResourceOptions(parent=Warehouse("warehouse")))
Site("subclass", 907, zones)
TrackingConfigPublication("other-account", 908, zones, "nao-eu")
TrackingConfigPublication("limited", 909, zones, opts=ResourceOptions(custom_timeouts=CustomTimeouts(create="9m")))
TrackingConfigPublication("ignoring-changes", 910, zones, opts=ResourceOptions(ignore_changes=["*"]))
TrackingConfigPublication("hooked", 911, zones, opts=ResourceOptions(hooks=hooks))
