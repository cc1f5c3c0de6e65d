"""Publications that an `up` left without a success: a way to end each."""

from pulumi import ErrorHook, ResourceHookBinding, ResourceOptions

from pulumi_nao import TrackingConfigPublication

zones = {"zones": "a"}
hooks = ResourceHookBinding(on_error=[ErrorHook("give-up", lambda _: False)])

TrackingConfigPublication("job-failed", 921, zones)
TrackingConfigPublication("job-failed-under-a-hook", 922, zones, opts=ResourceOptions(hooks=hooks))
TrackingConfigPublication("answer-lost", 923, zones)
TrackingConfigPublication("contact-lost", 924, zones)
TrackingConfigPublication("interrupted", 925, zones)
TrackingConfigPublication("interrupted-under-a-hook", 926, zones, opts=ResourceOptions(hooks=hooks))
