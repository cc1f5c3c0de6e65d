"""A host that keeps what it is told."""

from pulumi_nao.host.dynamic import DynamicHost


class RecordingHost(DynamicHost):
    def __init__(self):
        super().__init__()
        self.warnings = []

    def warn(self, message):
        self.warnings.append(message)
