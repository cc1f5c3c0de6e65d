"""What a program tells the provider beside its inputs.

Their names begin with one underscore, since older SDKs keep everything with two from a provider.
"""

CONFIGURATION = "_configuration"
"""What the program sees of its configuration; `check` compares it with what the provider sees, and drops it.

`server`: the server that is stated, in canonical form; empty for none. `names`: the settings that the stack's
configuration holds.
"""

ERROR_HOOK = "_error_hook"
"""Set when the program declares a hook that wants to read why a publication failed."""

MARKERS = frozenset({CONFIGURATION, ERROR_HOOK})
