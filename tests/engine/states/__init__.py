"""Stacks as an earlier version left them: what `pulumi stack export` gave, beside the program that it ran.

They are of version 0.1.0 at commit 15b1024, when the publication was the only resource, made by the real engine
(their manifest says which) and the simulator. The program of a state stays as it was then, as its user's does.

A state that is made anew says nothing of an earlier version. To keep those of another one, check that version out,
run `python -m tests.engine.states.generate FOLDER` there, and put its files beside these, under other names.
"""

from pathlib import Path

from tests.engine.stack import KEY

SERVER = "http://127.0.0.1:8910"
"""Where the simulator stands for in the files; it listens elsewhere in each run."""

HERE = Path(__file__).parent


def prepare(stack, name):
    """Give a stack the program of a state, and its settings: those of the first account in its configuration."""
    stack.program((HERE / f"{name}.py").read_text())
    for variable in ("NAO_API_KEY", "NAO_BASE_URL"):
        del stack.environment[variable]
    stack.set("nao:apiKey", KEY, "--secret")
    stack.set("nao:baseUrl", stack.nao.url)
    stack.environment |= {"NAO_EU_API_KEY": KEY, "NAO_EU_BASE_URL": stack.nao.url}


def restore(stack, name):
    """Put a stack where the earlier version left it."""
    prepare(stack, name)
    file = stack.folder / "before.json"
    file.write_text((HERE / f"{name}.json").read_text().replace(SERVER, stack.nao.url))
    imported = stack.pulumi("stack", "import", "--file", str(file))
    assert imported.green, imported.output
