"""How the documentation is built: `make docs`."""

from __future__ import annotations

from inspect import isclass
from typing import TYPE_CHECKING, Any

import pulumi_nao
from pulumi_nao import errors

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "pulumi-nao"
author = "The pulumi-nao developers"
copyright = "the pulumi-nao developers"  # noqa: A001 - Sphinx wants this name
release = pulumi_nao.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "figures/*.md"]  # the tables are parts of pages

html_theme = "furo"
pygments_dark_style = "github-dark"  # the theme's own underlines names of modules, as if they were links
html_title = f"pulumi-nao {release}"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_theme_options = {"navigation_with_keys": True}

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
autodoc_typehints = "none"
autodoc_member_order = "bysource"

default_role = "code"  # single backticks in docstrings
nitpicky = True
# Other projects' names: their inventories would have to be fetched from the network.
nitpick_ignore_regex = [("py:.*", r"(pulumi|datetime|collections|contextlib|typing|requests|pytest)\..*")]
nitpick_ignore_regex += [("py:class", r"(datetime|Route|KeyVerdict)")]
nitpick_ignore_regex += [("py:exc", r"(ValueError|OSError|RuntimeError|LookupError|TimeoutError)")]


def _find_error(app: Sphinx, environment: BuildEnvironment, node: Element, content: Element) -> Element | None:
    """Resolve the bare names of errors, as docstrings in all modules use them."""
    name = node.get("reftarget", "")
    found: Any = getattr(errors, name, None)
    if not (isclass(found) and issubclass(found, errors.NaoError)):
        return None
    python = environment.get_domain("py")
    return python.resolve_xref(
        environment, node["refdoc"], app.builder, "exc", f"{errors.__name__}.{name}", node, content
    )


def setup(app: Sphinx) -> None:
    """Connect what Sphinx cannot do by itself.

    Args:
        app: Sphinx.
    """
    app.connect("missing-reference", _find_error)
