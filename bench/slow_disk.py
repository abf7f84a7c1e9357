"""A disk that takes longer over each flush than the one that is there.

A small library, made by the machine's own compiler and loaded before all others, waits before each
``fsync`` and ``fdatasync``: so that what is gained by flushing less shows on a quick disk too.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import attrs

SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_first(void) {
  const char *text = getenv("SLOW_DISK_MS");
  long ms = text ? atol(text) : 0;
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, 0);
}

int fsync(int file) {
  wait_first();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int fdatasync(int file) {
  wait_first();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
"""
TRY = """
import os, sys, time
with open(sys.argv[1], "wb") as file:
    began = time.perf_counter()
    for _ in range(10):
        file.write(b"x")
        file.flush()
        os.fdatasync(file.fileno())
    print((time.perf_counter() - began) * 100)
"""
"""Says how many milliseconds a flush takes."""


class NoSlowDisk(Exception):
    """Why there is none."""


@attrs.frozen
class SlowDisk:
    """Programs that are run in this environment wait so long for each flush."""

    milliseconds: int
    environment: dict[str, str]
    flush: float
    """How many milliseconds a flush was seen to take."""


def slow_disk(place: Path, milliseconds: int) -> SlowDisk:
    """Make the library in ``place``; raises ``NoSlowDisk`` where it cannot be, or does nothing."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        raise NoSlowDisk("a slower disk is made on Linux only, by the compiler `cc`")
    place.mkdir(parents=True, exist_ok=True)
    library, source = place.absolute() / "slow_disk.so", place / "slow_disk.c"
    source.write_text(SOURCE)
    words = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "SLOW_DISK_MS": str(milliseconds),
    }
    try:
        subprocess.run(words, check=True, capture_output=True, text=True)
        with tempfile.NamedTemporaryFile(dir=place) as file:
            tried = [sys.executable, "-c", TRY, file.name]
            said = subprocess.run(
                tried, check=True, capture_output=True, text=True, env=environment
            )
    except (OSError, subprocess.CalledProcessError) as error:
        told = str(getattr(error, "stderr", "") or error).strip().splitlines()
        raise NoSlowDisk(f"it could not be made ({told[-1] if told else error})") from None
    if (flush := float(said.stdout)) < milliseconds:
        raise NoSlowDisk(f"a flush takes {flush:.1f} ms here all the same")
    return SlowDisk(milliseconds, environment, flush)
