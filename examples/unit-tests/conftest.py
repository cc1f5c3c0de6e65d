"""Opt in to the simulator's fixture."""

pytest_plugins = ["pulumi_nao.simulator.pytest_plugin"]
