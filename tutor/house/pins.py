"""Freeze the environment: what the book was last built and tested with."""

from __future__ import annotations

import subprocess

from tutor.house import rivals
from tutor.house.setup import ROOT, binary

HEAD = "# What the book was last built and tested with: `python -m tutor pins`.\n"
APART = ("embeddings-tutor", "uv")


def frozen(listing: str) -> str:
    """Return uv's list of what is installed as constraints.

    The course itself, uv, what was installed from a folder and the rivals that only
    benchmarks need are left out; so are build tags (``2.13.0+cpu`` is 2.13.0).
    """
    apart = {*APART, *rivals.listed()}
    rows = [line.split("+")[0] for line in listing.splitlines() if "==" in line]
    kept = [row for row in rows if row.split("==")[0] not in apart]
    return HEAD + "\n".join(kept) + "\n"


def main() -> int:
    """Write constraints.txt."""
    command = [str(binary("uv")), "pip", "freeze", "--python", str(binary("python"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (ROOT / "constraints.txt").write_text(frozen(done.stdout), encoding="utf-8")
    return 0
