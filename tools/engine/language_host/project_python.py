"""Which Python a project runs with: its `virtualenv` option, or what is on PATH."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ProjectError(Exception):
    """Something about the project stops what was asked for; the text is for the developer."""


@dataclass(frozen=True)
class ProjectPython:
    """The Python of one project.

    Attributes:
        option: `virtualenv` as Pulumi.yaml has it, empty without.
        folder: Where that virtual environment is, or belongs.
    """

    option: str = ""
    folder: Path | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a virtual environment at its place, or none is wanted."""
        return self.folder is None or (self.folder / "bin" / "python").is_file()

    @property
    def can_be_made(self) -> bool:
        """Whether the place of the virtual environment is free."""
        return self.folder is not None and not (self.folder.exists() and any(self.folder.iterdir()))

    def check(self) -> None:
        """Make sure that programs can be run.

        Raises:
            ProjectError: If the option names no virtual environment; the text says how to make it one.
        """
        if self.exists:
            return
        folder = self.folder or Path()
        fault = "doesn't appear to be a virtual environment" if folder.exists() else "doesn't exist"
        raise ProjectError(
            f'The \'virtualenv\' option in Pulumi.yaml is set to "{self.option}", but "{folder}" {fault}; '
            f"create it and install the dependencies with `pulumi install`, or with:\n\n"
            f"    1. python3 -m venv {folder}\n"
            f"    2. {folder / 'bin' / 'python'} -m pip install -r requirements.txt\n"
        )

    def command(self, *arguments: str) -> list[str]:
        """Write the command that runs this Python.

        Args:
            *arguments: What follows the interpreter.

        Returns:
            The whole command.
        """
        interpreter = python_on_path() if self.folder is None else str(self.folder / "bin" / "python")
        return [interpreter, *arguments]

    def environment(self) -> dict[str, str]:
        """The environment to run it in: this process's own, with the virtual environment activated."""
        environ = dict(os.environ)
        if self.folder is not None:
            environ["PATH"] = os.pathsep.join((str(self.folder / "bin"), environ.get("PATH", os.defpath)))
            environ["VIRTUAL_ENV"] = str(self.folder)
            environ.pop("PYTHONHOME", None)
        return environ


def project_python(root: Path, options: Mapping[str, object]) -> ProjectPython:
    """Read a project's runtime options.

    Args:
        root: The folder of Pulumi.yaml; a relative `virtualenv` starts there.
        options: `runtime.options` of Pulumi.yaml.

    Returns:
        The Python it asks for.

    Raises:
        ProjectError: If an option has a wrong type, or asks for what this stand-in does not have.
    """
    if options.get("toolchain", "pip") != "pip":
        raise ProjectError(_left_out("toolchain", options))
    if "typechecker" in options:
        raise ProjectError(_left_out("typechecker", options))
    option = options.get("virtualenv", "")
    if not isinstance(option, str):
        raise ProjectError("virtualenv option must be a string")
    return ProjectPython(option, root / option) if option else ProjectPython()


def python_on_path() -> str:
    """Find the interpreter outside any virtual environment of the project.

    Returns:
        Its path.

    Raises:
        ProjectError: If there is none.
    """
    own = os.environ.get("PULUMI_PYTHON_CMD")
    names = (own,) if own else ("python3", "python")
    for name in names:
        if found := shutil.which(name):
            return found
    raise ProjectError(
        f"failed to locate any of {', '.join(names)} on PATH; install Python, or set PULUMI_PYTHON_CMD"
    )


def _left_out(option: str, options: Mapping[str, object]) -> str:
    return (
        f"the '{option}' option in Pulumi.yaml is set to {options[option]!r}, which this stand-in for the "
        "language host does not have; leave the option out, or use an official Pulumi CLI"
    )
