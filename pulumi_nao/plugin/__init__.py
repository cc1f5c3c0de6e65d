"""The native plugin `nao`: the same operations for programs in any language. It uses no private name."""
