"""The calls the engine makes to a language host, answered for Python projects."""
# ruff: noqa: N802, ARG002 - the protocol names its calls and gives every call a request

from __future__ import annotations

import functools
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from dependencies import described, install, listed, plugins
from google.protobuf import json_format
from google.protobuf.empty_pb2 import Empty
from messages import LanguageRuntimeServicer, plugin_pb2
from messages import language_pb2 as proto
from program_run import Programs, configuration, program_arguments
from project_python import ProjectError, ProjectPython, project_python

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import TypeAlias

    Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

Request = TypeVar("Request")
Response = TypeVar("Response")

# The exit code of a program that has already told its error.
_TOLD = 32


def _reporting(
    call: Callable[[LanguageService, Request, Context], Awaitable[Response]],
) -> Callable[[LanguageService, Request, Context], Awaitable[Response]]:
    @functools.wraps(call)
    async def reporting(self: LanguageService, request: Request, context: Context) -> Response:
        try:
            return await call(self, request, context)
        except ProjectError as error:
            return await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    return reporting


class LanguageService(LanguageRuntimeServicer):
    """The language host of one engine.

    Args:
        engine: The engine's address.
        executor: The script that runs programs.
    """

    def __init__(self, engine: str, executor: Path) -> None:
        self._engine = engine
        self._executor = executor
        self._programs = Programs()

    def stop_programs(self) -> None:
        """Interrupt every program that runs."""
        self._programs.stop()

    async def Handshake(
        self, request: proto.LanguageHandshakeRequest, context: Context
    ) -> proto.LanguageHandshakeResponse:
        """Take the engine's address, where it did not come with the start."""
        self._engine = request.engine_address
        return proto.LanguageHandshakeResponse()

    async def GetPluginInfo(self, request: Empty, context: Context) -> plugin_pb2.PluginInfo:
        """Tell the version, marked for `pulumi about` as not the official host's."""
        return plugin_pb2.PluginInfo(version=f"{version('pulumi')}+stand-in")

    async def RuntimeOptionsPrompts(
        self, request: proto.RuntimeOptionsRequest, context: Context
    ) -> proto.RuntimeOptionsResponse:
        """Ask nothing: with pip as the only toolchain there is no choice."""
        return proto.RuntimeOptionsResponse()

    @_reporting
    async def GetRequiredPackages(
        self, request: proto.GetRequiredPackagesRequest, context: Context
    ) -> proto.GetRequiredPackagesResponse:
        """Find the resource plugins, in a virtual environment that is made first if it is missing."""
        python = _python(request.info)
        if not python.exists and python.can_be_made:
            async for said in install(python, Path(request.info.program_directory)):
                stream = sys.stderr if said.is_error else sys.stdout
                stream.buffer.write(said.text)
                stream.flush()
        python.check()
        found = [json_format.ParseDict(plugin, plugin_pb2.PackageDependency()) for plugin in await plugins(python)]
        return proto.GetRequiredPackagesResponse(packages=found)

    async def InstallDependencies(
        self, request: proto.InstallDependenciesRequest, context: Context
    ) -> AsyncIterator[proto.InstallDependenciesResponse]:
        """Make the virtual environment and install the requirements, with the output as it comes."""
        if request.is_plugin:
            await context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                "this stand-in for the language host installs no plugins written in Python; "
                "use an official Pulumi CLI",
            )
        try:
            async for said in install(_python(request.info), Path(request.info.program_directory)):
                name = "stderr" if said.is_error else "stdout"
                yield proto.InstallDependenciesResponse(**{name: said.text})
        except ProjectError as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    @_reporting
    async def About(self, request: proto.AboutRequest, context: Context) -> proto.AboutResponse:
        """Describe the project's Python."""
        python = _python(request.info)
        python.check()
        told = await described(python)
        return proto.AboutResponse(
            executable=told["executable"],
            version=told["version"],
            metadata={"toolchain": "Pip", "toolchainVersion": told["pip"], "typechecker": "None"},
        )

    @_reporting
    async def GetProgramDependencies(
        self, request: proto.GetProgramDependenciesRequest, context: Context
    ) -> proto.GetProgramDependenciesResponse:
        """List the installed packages."""
        python = _python(request.info)
        python.check()
        packages = await listed(python, transitive=request.transitiveDependencies)
        return proto.GetProgramDependenciesResponse(
            dependencies=[
                proto.DependencyInfo(name=package["name"], version=package["version"]) for package in packages
            ]
        )

    @_reporting
    async def Run(self, request: proto.RunRequest, context: Context) -> proto.RunResponse:
        """Run the program to its end."""
        if request.attach_debugger:
            raise ProjectError("this stand-in for the language host has no debugger; use an official Pulumi CLI")
        python = _python(request.info)
        python.check()
        command = python.command(str(self._executor), *program_arguments(request, self._engine))
        code = await self._programs.run(command, python.environment() | configuration(request))
        if code == _TOLD:
            return proto.RunResponse(bail=True)
        # Ended by a signal is -1 for the official host, whatever the signal.
        return proto.RunResponse(error=f"program exited with non-zero exit code: {max(code, -1)}" if code else "")

    async def Cancel(self, request: Empty, context: Context) -> Empty:
        """Interrupt the program."""
        self._programs.stop()
        return Empty()


def _python(info: proto.ProgramInfo) -> ProjectPython:
    return project_python(Path(info.root_directory), json_format.MessageToDict(info.options))
