"""One set-up for every command: ``.venv``, uv from the package index, then the rest.

The steps are idempotent and a stamp is written last, so that a set-up cut short is
resumed by the next command. What could make it fail for sure (the Python version, the
room on the disk) is checked before anything is downloaded.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUPPORTED = ((3, 13), (3, 12), (3, 11))
FRESH_GB, CUDA_GB, REPAIR_GB = 4.0, 12.0, 1.0
NO_SOLUTION = "No solution found"
"""What uv says, and only then, when versions do not go together."""
INPUTS = ("requirements.txt", "constraints.txt", "pyproject.toml", "setup.py")

# One environment for outputs and tests: what differs here differs in stored outputs.
FIXED = {
    "HF_HUB_OFFLINE": "1",
    "JUPYTER_PLATFORM_DIRS": "1",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}


class HouseError(Exception):
    """A command cannot go on: one line that says why and what to do."""


class NoSolutionError(HouseError):
    """The versions asked for do not go together on this machine."""


def venv(root: Path = ROOT) -> Path:
    """Return the folder of the environment."""
    return root / ".venv"


def binary(name: str, root: Path = ROOT) -> Path:
    """Return the path of a program inside the environment."""
    if os.name == "nt":
        return venv(root) / "Scripts" / f"{name}.exe"
    return venv(root) / "bin" / name


def environment() -> dict[str, str]:
    """Return the variables every command of the book and the tests runs with."""
    dropped = ("MPLBACKEND", "PYTHONPATH")
    kept = {k: v for k, v in os.environ.items() if k not in dropped}
    bin_folder = str(binary("python").parent)
    path = os.pathsep.join([bin_folder, kept.get("PATH", "")])
    return {**kept, **FIXED, "PATH": path}


def borrowed() -> bool:
    """Return whether the reader asked for the Python that is running, without .venv."""
    return os.environ.get("TUTOR_ENVIRONMENT") == "current"


def inside() -> bool:
    """Return whether this process runs in the environment, with its variables."""
    fixed = all(os.environ.get(k) == v for k, v in FIXED.items())
    if borrowed():
        return fixed and sys.version_info[:2] in SUPPORTED
    here = Path(sys.prefix).resolve() == venv().resolve()
    return here and fixed and stamp_is_current()


def reenter(argv: list[str]) -> int:
    """Run the command again inside the environment, made ready first."""
    variables = environment()
    if borrowed():
        check_borrowed()
        python, variables["PATH"] = Path(sys.executable), os.environ.get("PATH", "")
    else:
        ensure()
        python = binary("python")
    command = [str(python), "-m", "tutor", *argv]
    return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


def check_borrowed() -> None:
    """Refuse to go on in a Python that the course does not run on."""
    if sys.version_info[:2] not in SUPPORTED:
        given = ".".join(map(str, sys.version_info[:2]))
        raise HouseError(
            f"TUTOR_ENVIRONMENT=current asks for the Python that is running, {given};"
            " the course needs 3.11, 3.12 or 3.13: run it with one of them"
        )


def fingerprint(root: Path = ROOT) -> str:
    """Return a hash of everything the environment is made from."""
    digest = hashlib.sha256()
    for name in INPUTS:
        path = root / name
        digest.update(name.encode() + (path.read_bytes() if path.exists() else b""))
    return digest.hexdigest()


def stamp_is_current(root: Path = ROOT) -> bool:
    """Return whether the environment was completed from today's requirements."""
    return stamp_lines(root)[:1] == [fingerprint(root)]


def stamp_lines(root: Path = ROOT) -> list[str]:
    """Return the stamp: a fingerprint, then what a reader of results should know."""
    stamp = venv(root) / ".ready"
    return stamp.read_text(encoding="utf-8").splitlines() if stamp.exists() else []


def version_of(python: str | Path) -> tuple[int, int] | None:
    """Return an interpreter's version, or None where it does not run."""
    ask = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run(
            [str(python), "-c", ask], capture_output=True, text=True, timeout=60
        )
        major, minor = done.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def base_command(target: Path) -> list[str]:
    """Return the command that creates ``target`` with a supported Python.

    The running Python is taken when it is supported, else one on the path, else uv is
    asked for one; nothing is downloaded before the choice is made.
    """
    if sys.version_info[:2] in SUPPORTED:
        return [sys.executable, "-m", "venv", str(target)]
    for wanted in SUPPORTED:
        python = shutil.which("python" + ".".join(map(str, wanted)))
        if python and version_of(python) == wanted:
            return [python, "-m", "venv", str(target)]
    uv = shutil.which("uv")
    if uv:
        return [uv, "venv", "--quiet", "--seed", "--python", "3.13", str(target)]
    given = ".".join(map(str, sys.version_info[:2]))
    raise HouseError(
        f"this is Python {given}, the course needs 3.11, 3.12 or 3.13, and neither one"
        " of them nor uv is on the path; install Python 3.13 and run"
        " `make book PYTHON=python3.13` (without make: `python3.13 -m tutor book`)"
    )


def check_space(needed_gb: float, root: Path = ROOT) -> None:
    """Refuse to start where the disk has no room for the environment."""
    free = shutil.disk_usage(root).free / 1e9
    if free < needed_gb:
        raise HouseError(
            f"the disk of {root} has {free:.1f} GB free, the set-up needs"
            f" {needed_gb:.0f} GB; make room and run the command again"
        )


def run(command: list[str], variables: dict[str, str] | None = None) -> None:
    """Run one step of the set-up; a failure names the step and how to resume.

    What the step says on its error stream is shown as it comes, and read: uv's own
    words tell versions that do not fit from a line that was cut or a disk that is full.
    """
    said = ""
    try:
        with subprocess.Popen(
            command,
            env=variables,
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as step:
            for line in step.stderr or ():
                sys.stderr.write(line)
                said += line
    except OSError as error:
        raise HouseError(f"cannot start {command[0]}: {error}") from error
    if step.returncode:
        kind = NoSolutionError if NO_SOLUTION in said else HouseError
        raise kind(
            f"set-up stopped at `{' '.join(command)}` (exit {step.returncode});"
            " what is done stays; see the message above, mend what it names (network,"
            " disk, permissions) and run the command again: it resumes here"
        )


def uv_variables() -> dict[str, str]:
    """Return the variables of uv, with pip's settings handed on to it."""
    variables = dict(os.environ)
    pip_to_uv = {
        "PIP_FIND_LINKS": "UV_FIND_LINKS",
        "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
        "PIP_EXTRA_INDEX_URL": "UV_INDEX",
        "PIP_CERT": "SSL_CERT_FILE",
    }
    for pip, uv in pip_to_uv.items():
        if variables.get(pip) and not variables.get(uv):
            separator = "," if uv == "UV_FIND_LINKS" else " "
            variables[uv] = separator.join(variables[pip].split())
    variables.pop("VIRTUAL_ENV", None)
    return variables


def torch_is_chosen() -> bool:
    """Return whether the reader said where torch comes from."""
    names = ("PIP_FIND_LINKS", "UV_FIND_LINKS", "UV_TORCH_BACKEND")
    return any(os.environ.get(name) for name in names)


def install_commands(root: Path = ROOT) -> list[list[str]]:
    """Return uv's two calls: the requirements, then the package itself."""
    backend = [] if torch_is_chosen() else ["--torch-backend=auto"]
    uv = [str(binary("uv", root)), "pip", "install", "--quiet"]
    uv += ["--python", str(binary("python", root))]
    pins = root / "constraints.txt"
    constraints = ["--constraint", str(pins)] if pins.exists() else []
    everything = ["--requirement", str(root / "requirements.txt")]
    return [
        [*uv, *backend, *constraints, *everything],
        [*uv, "--no-deps", "--editable", str(root)],
    ]


def install(root: Path = ROOT) -> str:
    """Install everything at the versions last tested, or at those that fit here.

    The frozen list holds for most machines; an early 3.11 or a rare processor may lack
    one of its versions. Then, and only then, the pins of requirements.txt alone bind,
    and the sentence returned says so.
    """
    libraries, package = install_commands(root)
    note = ""
    try:
        run(libraries, uv_variables())
    except NoSolutionError:
        if "--constraint" not in libraries:
            raise
        note = "installed without constraints.txt, which does not fit this machine"
        print(f"uv finds no solution: {note}", flush=True)
        place = libraries.index("--constraint")
        run([*libraries[:place], *libraries[place + 2 :]], uv_variables())
    run(package, uv_variables())
    return note


def room() -> float:
    """Return the gigabytes a first set-up needs; uv takes CUDA where a driver is."""
    cuda = shutil.which("nvidia-smi") and not torch_is_chosen()
    return CUDA_GB if cuda else FRESH_GB


def ensure(root: Path = ROOT) -> None:
    """Make the environment ready; do nothing when it is."""
    if stamp_is_current(root):
        return
    if not (root / "requirements.txt").exists():
        raise HouseError(
            "this command needs a checkout of the course (requirements.txt is not"
            f" beside {root / 'tutor'}); clone the repository and run it there"
        )
    usable = version_of(binary("python", root)) in SUPPORTED
    create = [] if usable else base_command(venv(root))
    check_space(REPAIR_GB if usable else room(), root)
    size = "about 2 GB" if room() == FRESH_GB else "several GB (torch for CUDA)"
    print(f"Setting up {venv(root)}: once, {size}, a few minutes", flush=True)
    if create:
        shutil.rmtree(venv(root), ignore_errors=True)
        run(create)
    python = str(binary("python", root))
    if not binary("uv", root).exists():
        pip = subprocess.run([python, "-m", "pip", "--version"], capture_output=True)
        if pip.returncode:
            run([python, "-m", "ensurepip"])
        run([python, "-m", "pip", "install", "--quiet", "uv>=0.9,<1"])
    note = install(root)
    stamp = "\n".join(filter(None, [fingerprint(root), note])) + "\n"
    (venv(root) / ".ready").write_text(stamp, encoding="utf-8")


def main() -> int:
    """Make the environment ready and say so."""
    ensure()
    print(f"Ready: {binary('python')}")
    return 0
