"""Valgrind's callgrind, which counts instructions: found or fetched, and told what to count.

What a program takes in instructions is the same in each run, however busy the machine is; so a
small loss shows in one run, where seconds would want hundreds.
"""

import ctypes
import fcntl
import mmap
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[1]
PLACE = ROOT / ".cache" / "valgrind"
"""Where it is unpacked on a machine that has none: nothing is installed."""
MACHINES = ("x86_64",)
"""Where the code below, by which a program speaks to callgrind, is that of the machine."""
CODE = bytes.fromhex(
    "4889f8"  # mov rax, rdi: the request
    "31d2"  # xor edx, edx: the answer where nobody hears it
    "48c1c703"
    "48c1c70d"
    "48c1c73d"
    "48c1c733"  # rol rdi by 3, 13, 61 and 51: a whole turn
    "4887db"  # xchg rbx, rbx: what valgrind looks for after these four
    "4889d0"  # mov rax, rdx
    "c3"  # ret
)
HEARD = 0x1001
_CALLGRIND = (ord("C") << 24) + (ord("T") << 16)
DUMP, START, STOP = _CALLGRIND + 3, _CALLGRIND + 4, _CALLGRIND + 5


class NoValgrind(Exception):
    """Why there is none."""


class Counter:
    """Callgrind, spoken to from inside the program that it runs (see ``valgrind.h``)."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, mmap.PAGESIZE, prot=7)
        self._page.write(CODE)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        self._call = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(address)
        if not self._ask(HEARD):
            raise NoValgrind("this program is not run by valgrind")

    def _ask(self, request: int, word: int = 0) -> int:
        return int(self._call((ctypes.c_uint64 * 6)(request, word)))

    @contextmanager
    def counting(self, name: str) -> Iterator[None]:
        """Count what is done inside, under this name; what is done outside runs faster."""
        told = ctypes.create_string_buffer(name.encode())
        self._ask(START)
        yield
        self._ask(STOP)
        self._ask(DUMP, ctypes.addressof(told))


@attrs.frozen
class Valgrind:
    """The program, and what of the environment it needs."""

    path: str
    environment: Mapping[str, str]

    def counted(self, words: list[str], folder: Path) -> dict[str, int]:
        """Run Python with these words; the instructions of each part that it counted.

        ``folder`` takes callgrind's files. Raises ``CalledProcessError``.
        """
        options = ["--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/out"]
        # The same order of sets and the same addresses in each run.
        fixed = {"PYTHONHASHSEED": "0", "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        subprocess.run(
            [self.path, *options, sys.executable, *words],
            cwd=ROOT,
            env={**os.environ, **fixed, **self.environment},
            check=True,
            capture_output=True,
            text=True,
        )
        told = [path.read_text() for path in folder.glob("out.*")]
        return {
            _found(r"^desc: Trigger: Client Request: (.+)$", text): int(
                _found(r"^totals: (\d+)$", text)
            )
            for text in told
        }


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text, flags=re.MULTILINE)
    assert found is not None, pattern
    return found[1]


def valgrind(place: Path = PLACE) -> Valgrind:
    """The one on the path, else one fetched into ``place``; raises ``NoValgrind``."""
    if platform.machine() not in MACHINES:
        raise NoValgrind(f"instructions are counted on {', '.join(MACHINES)} only")
    installed = shutil.which("valgrind")
    return Valgrind(installed, {}) if installed else fetched(place)


def fetched(place: Path) -> Valgrind:
    """Debian's package, unpacked: it needs no root, and nothing else of the machine changes."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if not (place / "whole").exists():
                _fetch(place)
                (place / "whole").touch()
        except (OSError, subprocess.CalledProcessError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            raise NoValgrind(f"it could not be fetched ({said[-1] if said else error})") from None
    tool = next((place / "usr").glob("lib*/**/callgrind-amd64-linux"))
    return Valgrind(str(place / "usr/bin/valgrind"), {"VALGRIND_LIB": str(tool.parent)})


def _fetch(place: Path) -> None:
    """Fetch and unpack it; a machine that never asked which packages there are asks now."""

    def run(*words: str, check: bool = True) -> int:
        done = subprocess.run(words, cwd=place, check=check, capture_output=True, text=True)
        return done.returncode

    download = ("apt-get", "download", "valgrind")
    if run(*download, check=False):
        run("apt-get", "update", check=False)
        run(*download)
    (package,) = place.glob("valgrind_*.deb")
    run("dpkg-deb", "--extract", package.name, ".")
    package.unlink()
