"""Run by a project's Python: tells which one that is, as JSON on stdout."""

import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

try:
    pip = version("pip")
except PackageNotFoundError:
    pip = ""
print(json.dumps({"executable": sys.executable, "version": platform.python_version(), "pip": pip}))
