"""What a program tells the provider beside its inputs.

Their names begin with one underscore, since older SDKs keep everything with two from a provider.
"""

CONFIGURATION = "_configuration"
"""What the program sees of its configuration; `check` compares it with what the provider sees, and drops it.

`server`: the server that is stated, in canonical form; empty for none. `names`: the settings that the stack's
configuration holds.
"""

ERROR_HOOK = "_error_hook"
"""Set when the program declares a hook that wants to read why the resource failed."""

SECRETS = "_secrets"
"""Which inputs of a call are secrets: the plugin host passes their values on without saying so."""


MARKERS = frozenset({CONFIGURATION, ERROR_HOOK, SECRETS})
