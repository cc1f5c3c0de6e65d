"""Hosts that keep what they are told."""

from pulumi_nao.host import Call, ProviderError
from pulumi_nao.host.dynamic import DynamicHost

URN = "urn:pulumi:test::project::pulumi-python:dynamic/nao:ApiCall::"


class RecordingHost(DynamicHost):
    def __init__(self):
        super().__init__()
        self.warnings = []

    def warn(self, message):
        self.warnings.append(message)


class EngineHost(RecordingHost):
    """Within a call of the engine; `saves` is whether a call that fails can have its outputs saved."""

    def __init__(self, *, saves=True):
        super().__init__()
        self.name = "tags"
        self.saves = saves
        self.saved = None
        self.told = []

    @property
    def call(self):
        return Call("Update", URN + self.name, None, None, None)

    @property
    def saves_unfinished(self):
        return self.saves

    def report(self, message):
        self.told.append(message)

    def fail(self, text, unfinished=None):
        self.saved = unfinished and unfinished.properties
        raise ProviderError(text)
