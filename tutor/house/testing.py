"""Run the tests: the package's own, then every notebook cell against its output.

Kernels are compiled once before the workers start. nbval decides on 64-bit Linux, where
the outputs were made; elsewhere the own tests decide and nbval only reports.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from tutor.house import budgets, site
from tutor.house.setup import ROOT, HouseError, environment

PACKAGE = ROOT / "tutor"
JOBS = "2"  # each notebook holds a kernel of its own: two at a time
NBVAL = (
    "--nbval",
    "--nbval-current-env",
    "--nbval-sanitize-with=nbval_sanitize.cfg",
    "--nbval-cell-timeout=300",
    "--nbval-kernel-startup-timeout=180",
)
# What decides how another processor adds up: older vector instructions for each
# library. Numba keeps compiled kernels by processor, so both kinds lie side by side.
OTHER_PROCESSOR = {
    "OPENBLAS_CORETYPE": "Nehalem",
    "ATEN_CPU_CAPABILITY": "default",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX",
    "NUMBA_CPU_NAME": "nehalem",
    "NUMBA_CPU_FEATURES": "",
}


def notebooks(root: Path = ROOT) -> list[Path]:
    """Return the executed notebooks of the book."""
    return sorted((root / "book").glob("*/*.ipynb"))


def intel() -> bool:
    """Return whether the processor is a 64-bit one of the Intel kind."""
    return platform.machine().lower() in ("x86_64", "amd64")


def strict() -> bool:
    """Return whether stored outputs must be met exactly on this machine."""
    return intel() and sys.platform == "linux"


def pytest(*arguments: str, variables: dict[str, str] | None = None) -> int:
    """Run pytest on two workers, one notebook or test file to a worker."""
    command = [sys.executable, "-m", "pytest", "-p", "tutor.house.report"]
    command += ["-n", JOBS, "--dist", "loadscope", *arguments]
    env = {**environment(), **(variables or {})}
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def with_kernels() -> list[tuple[str, Any]]:
    """Return the algorithms that have Numba kernels, each with its module."""
    folders = sorted(path.parent for path in PACKAGE.glob("*/*/fast.py"))
    names = [".".join(("tutor", *folder.parts[-2:])) for folder in folders]
    return [(name, import_module(name)) for name in names]


def warm() -> list[str]:
    """Run each algorithm's kernels on toy data: they are compiled and cached then.

    So no worker compiles what another compiles, and no test's clock counts it. An
    algorithm that does not learn from a corpus offers a function ``warm`` of its own.
    """
    from tutor.datasets.corpus import Corpus
    from tutor.datasets.tokenizer import tokenize

    began = time.perf_counter()
    text = tokenize(
        "The cat sat on the mat, and the dog lay on the rug as a bird sang."
    )
    corpus = Corpus.from_documents([text] * 30, min_count=1, name="toy")
    done = []
    for name, module in with_kernels():
        if hasattr(module, "warm"):
            module.warm()
        else:
            config = next(n for n in module.__all__ if n.endswith("Config"))
            module.fit(corpus, getattr(module, config)(dim=4), backend="numba")
        done.append(name.rpartition(".")[2])
    seconds = time.perf_counter() - began
    print(f"kernels of {', '.join(done)} are compiled ({seconds:.0f} s)")
    return done


def warm_elsewhere(variables: dict[str, str]) -> None:
    """Warm the kernels in a process with other variables."""
    code = "from tutor.house.testing import warm; warm()"
    env = {**environment(), **variables}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True)


def main(*paths: str) -> int:
    """Fetch the data, warm the kernels, run everything (or only ``paths``).

    The website is built first where it is older than its sources, since tests read it.
    The last line says how long everything took against its budget.
    """
    began = time.monotonic()
    code = run(*paths)
    if not paths:
        seconds = time.monotonic() - began
        print("\n" + budgets.line("make test", seconds, budgets.TEST_MINUTES))
    return code


def run(*paths: str) -> int:
    """Run everything, or only ``paths``, and return the exit status that decides."""
    from tutor.house.doctor import data

    data()
    warm()
    sys.stdout.flush()
    if paths:
        return pytest(*NBVAL, *paths)
    if not site.is_current():
        site.main()
    chapters = [str(path) for path in notebooks()]
    if strict():
        return pytest(*NBVAL, *chapters, "tests")
    code = pytest("tests")
    if chapters:
        print("\nNotebooks, for information: their outputs are of 64-bit Linux.")
        pytest(*NBVAL, *chapters)
    return code


def portable() -> int:
    """Run the notebooks as a processor without newer vector instructions would."""
    if not intel():
        raise HouseError(
            "test-portable runs an Intel-like processor as an older one of its kind;"
            f" this one is {platform.machine()}, whose outputs differ anyway"
        )
    chapters = [str(path) for path in notebooks()]
    if not chapters:
        print("no notebooks yet")
        return 0
    warm_elsewhere(OTHER_PROCESSOR)
    return pytest(*NBVAL, *chapters, variables=OTHER_PROCESSOR)


def lint() -> int:
    """Check style and types."""
    checks = (["ruff", "check", "."], ["mypy"])
    codes = [
        subprocess.run([sys.executable, "-m", *check], cwd=ROOT, check=False).returncode
        for check in checks
    ]
    return max(codes)
