"""How the documentation is built: `make docs`."""

import re
from pathlib import Path

HERE = Path(__file__).parent

project = "marketplace-kit"
author = "the marketplace-kit authors"
project_copyright = author
_face = (HERE.parent / "src" / "marketplace" / "__init__.py").read_text()
_said = re.search(r'^__version__ = "(.+)"$', _face, flags=re.MULTILINE)
release = _said[1] if _said else ""

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = "marketplace-kit"
