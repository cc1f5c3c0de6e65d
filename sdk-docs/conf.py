"""How the documentation is built: `make docs`."""

from pulumi_nao import __version__

project = "pulumi-nao"
author = "The pulumi-nao developers"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"pulumi-nao {release}"
exclude_patterns = ["_build"]
autodoc_typehints = "none"
myst_heading_anchors = 3
