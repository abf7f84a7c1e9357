"""Environments of the rivals' own, kept between runs: what they need is none of the library's."""

import subprocess
import venv
from pathlib import Path


def python_with(place: Path, packages: tuple[str, ...]) -> Path | str:
    """The Python of an environment that has these packages, made on first use; else why there is
    none."""
    found = place / "bin" / "python"
    try:
        if not (place / "whole").exists():
            venv.create(place, with_pip=True, clear=True)
            words = [str(found), "-m", "pip", "install", "--quiet", *packages]
            subprocess.run(words, check=True, capture_output=True, text=True)
            (place / "whole").touch()
    except (OSError, subprocess.CalledProcessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        return f"it could not be installed ({said[-1] if said else error})"
    return found
