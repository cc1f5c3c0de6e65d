"""What each tier of a run took, said at its end: tests, processor time and seconds, and what was left out."""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest

# These repeat on the engine, at full width, what other tiers have shown there once.
FULL_WIDTH = {"docs", "examples", "pipelines", "benchmarks"}
_DEAR_FIRST = ("engine", "plugin_host", "cli", "model", "network")
_BEGUN = pytest.StashKey()


def tier_of(item):
    """The folder below `tests`."""
    return item.path.parent.name


def is_full_width(item):
    """Whether a test belongs to `make acceptance`."""
    return tier_of(item) in FULL_WIDTH and "engine_path" in item.fixturenames


def place(item):
    """Where a test stands in the run: what takes long comes first, so that nothing is waited for at the end."""
    tier = tier_of(item)
    limit = item.get_closest_marker("timeout")
    return (_DEAR_FIRST.index(tier) if tier in _DEAR_FIRST else len(_DEAR_FIRST), -limit.args[0] if limit else 0)


def shared_module(item):
    """The module whose fixture this test shares with others; such tests are given to one worker."""
    found = item._fixtureinfo.name2fixturedefs.values()
    return item.module.__name__ if any(defs[-1].scope == "module" for defs in found if defs) else None


@dataclass
class Tier:
    """The sums of one tier."""

    processor: float = 0.0
    seconds: float = 0.0
    ends: Counter = field(default_factory=Counter)


class Tally:
    """Adds up what the reports tell; with workers, each measures its tests and the controller adds."""

    def __init__(self):
        self._tiers = defaultdict(Tier)
        self._kept_back = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        item.stash[_BEGUN] = _processor_time()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item):
        report = yield
        now = _processor_time()
        report.processor = now - item.stash[_BEGUN]
        item.stash[_BEGUN] = now
        return report

    def pytest_deselected(self, items):
        self._kept_back += sum(item.get_closest_marker("acceptance") is not None for item in items)

    def pytest_sessionfinish(self, session):
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["kept_back"] = self._kept_back

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node):
        self._kept_back = getattr(node, "workeroutput", {}).get("kept_back", self._kept_back)

    def pytest_runtest_logreport(self, report):
        tier = self._tiers[report.nodeid.split("/")[1] if "/" in report.nodeid else ""]
        tier.processor += getattr(report, "processor", 0.0)
        tier.seconds += report.duration
        if report.when == "call" or report.outcome != "passed":
            tier.ends[report.outcome] += 1

    def pytest_terminal_summary(self, terminalreporter):
        if len(self._tiers) < 2:
            return
        write = terminalreporter.write_line
        terminalreporter.section("tiers")
        write(f"{'':12} {'passed':>7} {'failed':>7} {'skipped':>7} {'CPU s':>7} {'seconds':>7}")
        rows = sorted(self._tiers.items(), key=lambda row: -row[1].processor)
        for name, tier in [*rows, ("together", _sum(self._tiers.values()))]:
            ends = "".join(f"{tier.ends[end] or '-':>8}" for end in ("passed", "failed", "skipped"))
            write(f"{name:12}{ends} {tier.processor:7.0f} {tier.seconds:7.0f}")
        if self._kept_back:
            write(f"Not in this run: the {self._kept_back} tests of `make acceptance`, the full width on the engine.")


def _processor_time():
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _sum(tiers):
    whole = Tier()
    for tier in tiers:
        whole.processor += tier.processor
        whole.seconds += tier.seconds
        whole.ends.update(tier.ends)
    return whole
