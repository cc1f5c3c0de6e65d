"""`make bench`, last part: tables and plots for the documentation, from the raw results that are kept."""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt

from benchmarks.results import RESULTS, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from matplotlib.axes import Axes

FIGURES = Path(__file__).parents[1] / "sdk-docs" / "figures"

# Both are read on white and on near-black.
GREY = "#808080"
COLOURS = ("#2a9d8f", "#e76f51", "#7b7fd6", "#d4a017", "#c05299", "#4c9be8", "#8a9a5b", "#b07d62", "#20a030")

Run = dict[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table.

    Args:
        head: The first line.
        rows: The others.
    """
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def measured_on(results: Run) -> str:
    """Say on what a benchmark was run."""
    on = results["measured_on"]
    engine = "" if on["engine"] == "none" else f"engine {on['engine']}, "
    return (
        f"Measured on {on['machine']}, Python {on['python']}, {engine}SDK {on['pulumi']}, "
        f"pydantic {on['pydantic']}, requests {on['requests']}, commit {on['commit']}.\n"
    )


def spread(values: Sequence[float], digits: int = 1) -> str:
    """The median, and the least and the most where there are several."""
    median = f"{statistics.median(values):.{digits}f}"
    return median if len(values) == 1 else f"{median} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def speed_table(results: Run) -> str:
    """A line for each case: wall time, its ratio to the floor, requests, lateness."""
    runs: list[Run] = results["runs"]
    rows = []
    for (contestant, sites, jobs, parallel), group in cases(runs).items():
        base = floor(runs, sites, parallel)
        wall = statistics.median(run["wall"] for run in group)
        rows.append(
            [
                contestant,
                str(sites),
                jobs,
                str(parallel or "default"),
                spread([run["wall"] for run in group]),
                f"{wall / (base + group[0]['longest_job']):.2f}" if base else "",
                f"{statistics.median(run['requests'] for run in group) / sites:.1f}",
                spread_of(group, "late_median", 2),
                spread_of(group, "late_95", 2),
            ]
        )
    return table(
        ["", "sites", "jobs, s", "parallel", "wall, s", "x floor", "requests a site", "late, s", "late 95th, s"], rows
    )


def host_table(results: Run) -> str:
    """A line for each case on the engine: what the plugin host took, and the state."""
    rows = [
        [
            contestant,
            str(sites),
            jobs,
            str(parallel or "default"),
            spread_of(group, "memory", 0),
            spread_of(group, "cpu", 1),
            spread_of(group, "threads", 0),
            spread_of(group, "bytes_per_resource", 0),
        ]
        for (contestant, sites, jobs, parallel), group in cases(results["runs"]).items()
        if "memory" in group[0]
    ]
    return table(
        ["", "sites", "jobs, s", "parallel", "memory, MiB", "CPU, s", "threads", "state, bytes a resource"], rows
    )


def fleet_tables(results: Run) -> str:
    """Both: how fast, and what the plugin host took meanwhile."""
    return f"{speed_table(results)}\nWhat the plugin host took meanwhile:\n\n{host_table(results)}"


def cases(runs: list[Run]) -> dict[tuple[Any, ...], list[Run]]:
    """The runs of each case but the floor."""
    return grouped([run for run in runs if run["contestant"] != "floor"], "contestant", "sites", "jobs", "parallel")


def spread_of(group: list[Run], name: str, digits: int) -> str:
    """The median of a measure that not every contestant has."""
    values = [run[name] for run in group if name in run]
    return f"{statistics.median(values):.{digits}f}" if values else ""


def floor(runs: list[Run], sites: int, parallel: int | None) -> float | None:
    """What as many resources that do nothing take, in seconds."""
    walls = [
        run["wall"]
        for run in runs
        if (run["contestant"], run["sites"], run["parallel"]) == ("floor", sites, parallel)
    ]
    return statistics.median(walls) if walls else None


def grouped(runs: list[Run], *names: str) -> dict[tuple[Any, ...], list[Run]]:
    """Runs of the same case, in the order of the first ones."""
    groups: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(run[name] for name in names), []).append(run)
    return groups


def targets(results: Run) -> str:
    """The figures by which the package is judged."""
    runs: list[Run] = results["runs"]
    walls = {
        key: statistics.median(run["wall"] for run in group)
        for key, group in grouped(runs, "contestant", "sites", "jobs", "parallel").items()
    }
    rows = []
    for sites, jobs, parallel, stock in ((200, "1", 256, 200), (200, "21", 256, 20), (500, "21", 512, None)):
        ours = walls.get(("ours", sites, jobs, parallel))
        base = floor(runs, sites, parallel)
        other = walls.get(("stock 1 s", stock, jobs, parallel)) if stock else None
        if ours is None or base is None:
            continue
        faster = ""
        if other and stock:
            # Four at a time: what is measured at fewer sites takes so much longer at more.
            faster = f"{other * sites / stock / ours:.1f}" + (
                "" if stock == sites else f", scaled from {stock} sites"
            )
        rows.append([f"{sites} x {jobs} s, `--parallel {parallel}`", f"{ours / (base + float(jobs)):.2f}", faster])
    return table(["", "x floor", "times faster than the stock provider, looks every second"], rows)


def unchanged_table(results: Run) -> str:
    """Runs in which nothing has changed, and imports."""
    rows = []
    for command in ("preview", "up"):
        walls = {
            who: [run["wall"] for run in results["runs"] if (run["contestant"], run["command"]) == (who, command)]
            for who in ("floor", "ours")
        }
        ratio = statistics.median(walls["ours"]) / statistics.median(walls["floor"])
        rows.append(
            [
                f"`{command}` of {results['sites']} unchanged, s",
                spread(walls["ours"], 2),
                spread(walls["floor"], 2),
                f"{ratio:.2f}",
            ]
        )
    for name in ("program", "host", "publishing host"):
        needs = f"{name}'s dependencies"
        best = {who: min(run["cpu"] for run in results["imports"] if run["import"] == who) for who in (name, needs)}
        ratio = best[name] / best[needs]
        rows.append([f"import in the {name}, s of CPU", f"{best[name]:.3f}", f"{best[needs]:.3f}", f"{ratio:.2f}"])
        counts = {run["import"]: run["instructions"] for run in results["imports"] if run["instructions"]}
        if name in counts and needs in counts:
            ratio = counts[name] / counts[needs]
            rows.append(
                [
                    f"import in the {name}, million instructions",
                    f"{counts[name] / 1e6:.0f}",
                    f"{counts[needs] / 1e6:.0f}",
                    f"{ratio:.2f}",
                ]
            )
    return table(["", "this package", "doing nothing", "ratio"], rows)


def surfaces_table(results: Run) -> str:
    """The native plugin beside the Python resource, round by round, as a machine is most alike within one."""
    sites, parts = results["sites"], grouped(results["runs"], "command")
    rows = []
    for what, runs in (
        (f"`preview` of {sites} unchanged, s", parts[("preview",)]),
        (f"`up` of {sites} unchanged, s", parts[("up",)]),
        (f"`up` of {sites} with jobs of 1 s, s", results["publishing"]),
    ):
        ours, native = ([run["wall"] for run in runs if run["contestant"] == who] for who in ("ours", "native"))
        ratios = [taken / other for taken, other in zip(native, ours, strict=True)]
        rows.append([what, spread(ours, 2), spread(native, 2), spread(ratios, 2)])
    return table(["", "Python resource", "native plugin", "x Python resource"], rows)


def looks_table(results: Run) -> str:
    """Candidates, and what they cost and bring."""
    rows = []
    for (candidate,), group in grouped(results["runs"], "candidate").items():
        cells = [f"{run['looks']:.0f}, {run['late_median']:.1%}" for run in group]
        rows.append([candidate, *cells])
    lengths = [f"{run['seconds']:.0f} s" for run in grouped(results["runs"], "candidate")[("chosen",)]]
    return table(["looks, and how late at the median", *lengths], rows)


def scale_table(results: Run) -> str:
    """Simulated fleets."""
    return table(
        ["", "sites", "parallel", "minutes", "requests a site", "refused", "failed", "published twice"],
        [
            [
                run["name"],
                f"{run['sites']:,}",
                f"{run['parallel']:,}",
                f"{run['seconds'] / 60:.1f}",
                f"{run['requests'] / run['sites']:.1f}",
                f"{run['refused']:,}",
                str(run["failed"]),
                str(run["twice"]),
            ]
            for run in results["runs"]
        ],
    )


def plot(path: Path, draw: Callable[[Axes], None]) -> None:
    """Draw a figure that is legible on light and on dark."""
    style: Any = dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), GREY
    )
    style |= {"svg.fonttype": "none", "svg.hashsalt": path.stem, "font.size": 11}  # the same results, the same file
    with mpl.rc_context(style):
        figure, axes = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
        axes.grid(color=GREY, alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        legend = axes.legend(frameon=False, fontsize=9)
        legend.set_zorder(3)
        figure.savefig(path, transparent=True, metadata={"Date": None})
        plt.close(figure)


def draw_fleet(results: Run) -> Callable[[Axes], None]:
    """Wall time by the number of sites, for jobs of one second."""

    def draw(axes: Axes) -> None:
        walls: dict[str, list[tuple[int, float]]] = {}
        for (who, sites, jobs, parallel), group in grouped(
            results["runs"], "contestant", "sites", "jobs", "parallel"
        ).items():
            if jobs in ("1", "0") and parallel and who != "curl one by one":
                walls.setdefault(who, []).append((sites, statistics.median(run["wall"] for run in group)))
        for colour, (who, points) in zip(COLOURS, walls.items(), strict=False):
            sites, seconds = zip(*sorted(points), strict=True)
            axes.plot(sites, seconds, marker="o", color=colour, label=who)
        axes.set(xlabel="sites, jobs of 1 s", ylabel="wall time (s)", xscale="log", yscale="log")

    return draw


def draw_looks(results: Run) -> Callable[[Axes], None]:
    """Lateness against requests: a line for each candidate, a point for each length of job."""

    def draw(axes: Axes) -> None:
        for colour, ((candidate,), group) in zip(
            COLOURS, grouped(results["runs"], "candidate").items(), strict=False
        ):
            chosen = candidate == "chosen"
            axes.plot(
                [run["looks"] for run in group],
                [100 * run["late_median"] for run in group],
                marker="o",
                markersize=4,
                linewidth=3 if chosen else 1,
                color=colour,
                label=candidate,
            )
        axes.set(
            xlabel="looks a job",
            ylabel="noticed late, % of the job's time",
            xscale="log",
            yscale="log",
            title="jobs of 1, 5, 21, 120, 600 and 1500 s, from left to right",
        )

    return draw


# By the figure's name: the benchmark whose results are shown, and what is written of them.
TABLES: dict[str, tuple[str, Callable[[Run], str]]] = {
    "targets": ("fleet", targets),
    "fleet": ("fleet", fleet_tables),
    "unchanged": ("unchanged", unchanged_table),
    "surfaces": ("unchanged", surfaces_table),
    "looks": ("looks", looks_table),
    "scale": ("scale", scale_table),
}
PLOTS = {"fleet": draw_fleet, "looks": draw_looks}


def main() -> None:
    """Write every table and plot for which there are results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the raw results")
    parser.add_argument("--figures", type=Path, default=FIGURES, help="folder for tables and plots")
    chosen = parser.parse_args()
    chosen.figures.mkdir(parents=True, exist_ok=True)
    for name, (source, write) in TABLES.items():
        if (chosen.results / f"{source}.json").exists():
            results = load(source, chosen.results)
            (chosen.figures / f"{name}.md").write_text(f"{write(results)}\n{measured_on(results)}")
    for name, draw in PLOTS.items():
        if (chosen.results / f"{name}.json").exists():
            plot(chosen.figures / f"{name}.svg", draw(load(name, chosen.results)))
    print(f"Tables and plots are in {chosen.figures}")


if __name__ == "__main__":
    main()
