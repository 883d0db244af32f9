"""The set-up: what it refuses before a byte is fetched, and how it resumes."""

import ast
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest

from tutor.house import setup
from tutor.house.setup import HouseError

Usage = namedtuple("Usage", "total used free")


def link(path, target):
    """Make a link, or skip: Windows lets a user make one in developer mode only."""
    try:
        path.symlink_to(target)
    except OSError as error:
        pytest.skip(f"no symbolic link can be made here: {error}")


@pytest.fixture
def root(tmp_path):
    """Return a checkout without an environment."""
    (tmp_path / "requirements.txt").write_text("numpy\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


@pytest.fixture
def steps(monkeypatch, root):
    """Record the set-up's steps instead of running them; each leaves what it makes."""
    done: list[list[str]] = []

    def run(command, variables=None):
        done.append(command)
        if "venv" in command:
            python = setup.binary("python", root)
            python.parent.mkdir(parents=True)
            link(python, sys.executable)
        if command[-1].startswith("uv>="):
            setup.binary("uv", root).touch()

    monkeypatch.setattr(setup, "run", run)
    return done


def test_a_full_set_up_in_order(root, steps):
    setup.ensure(root)
    assert steps[0][1:3] == ["-m", "venv"]
    if steps[1][1:] == ["-m", "ensurepip"]:  # the Python below this one has no pip
        del steps[1]
    assert steps[1][1:4] == ["-m", "pip", "install"]
    assert steps[2][-2:] == ["--requirement", str(root / "requirements.txt")]
    assert steps[3][-3:] == ["--no-deps", "--editable", str(root)]
    assert len(steps) == 4
    steps.clear()
    setup.ensure(root)
    assert steps == [], "a complete environment is left alone"


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_changed_requirement_completes_the_environment(root, steps, name):
    setup.ensure(root)
    steps.clear()
    (root / name).write_text("changed\n")
    setup.ensure(root)
    assert len(steps) == 2, "uv is there: only its two calls are made again"


@pytest.mark.parametrize("broken_at", [0, 1, 2, 3])
def test_an_interrupted_set_up_is_resumed(root, steps, monkeypatch, broken_at):
    """Cut at any step: no stamp is left, and the next call goes on from there."""
    whole, count = setup.run, 0

    def cut(command, variables=None):
        nonlocal count
        count += 1
        if count > broken_at:
            raise KeyboardInterrupt
        whole(command, variables)

    monkeypatch.setattr(setup, "run", cut)
    with pytest.raises(KeyboardInterrupt):
        setup.ensure(root)
    assert not setup.stamp_is_current(root)
    monkeypatch.setattr(setup, "run", whole)
    setup.ensure(root)
    assert setup.stamp_is_current(root)
    assert sum("venv" in step for step in steps) == 1, "a usable environment is kept"


def test_a_broken_environment_is_made_anew(root, steps):
    python = setup.binary("python", root)
    python.parent.mkdir(parents=True)
    link(python, root / "nowhere")
    setup.ensure(root)
    assert "venv" in steps[0]


# --- refused before anything is downloaded --------------------------------------------
def test_no_room_on_the_disk(root, steps, monkeypatch):
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda p: Usage(9e9, 8e9, 1e9))
    with pytest.raises(HouseError, match=r"1\.0 GB free, the set-up needs 4 GB; make"):
        setup.ensure(root)
    assert steps == []


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_an_unsupported_python_says_what_to_do(root, steps, monkeypatch, version):
    monkeypatch.setattr(setup.sys, "version_info", (*version, 0, "final", 0))
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)
    with pytest.raises(HouseError) as caught:
        setup.ensure(root)
    message = str(caught.value)
    assert f"Python {version[0]}.{version[1]}" in message
    assert "install Python 3.13 and run `make book PYTHON=python3.13`" in message
    assert "\n" not in message
    assert steps == []


def test_a_borrowed_python_must_be_supported(monkeypatch):
    monkeypatch.setenv("TUTOR_ENVIRONMENT", "current")
    monkeypatch.setattr(setup.sys, "version_info", (3, 10, 0, "final", 0))
    assert not setup.inside()
    with pytest.raises(HouseError, match=r"is running, 3\.10; the course needs 3\.11"):
        setup.reenter(["test"])


@pytest.mark.parametrize("version", [(3, 6), (3, 7)])
def test_a_python_too_old_for_the_syntax_gets_one_line(version):
    """``tutor/__init__.py`` is read first, and holds nothing such a Python lacks."""
    source = (setup.ROOT / "tutor" / "__init__.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=version)
    assert "from __future__ import annotations" not in source
    old = SimpleNamespace(version_info=(*version, 0), exit=sys.exit)
    check = next(node for node in tree.body if isinstance(node, ast.If))
    with pytest.raises(SystemExit, match=f"this is Python 3.{version[1]}, .* PYTHON="):
        exec(compile(ast.Module([check], []), "init", "exec"), {"sys": old})


def test_an_unsupported_python_finds_a_supported_one(root, monkeypatch):
    """One on the path is taken before uv is asked; one that does not run is not."""
    monkeypatch.setattr(setup.sys, "version_info", (3, 14, 0, "final", 0))
    monkeypatch.setattr(setup.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(
        setup, "version_of", lambda p: (3, 12) if p.endswith("3.12") else None
    )
    assert setup.base_command(root / "x")[0] == "/bin/python3.12"


def test_an_unsupported_python_asks_uv(root, monkeypatch):
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 0, "final", 0))
    monkeypatch.setattr(
        setup.shutil, "which", lambda name: "/bin/uv" if name == "uv" else None
    )
    command = setup.base_command(root / "x")
    assert command[:2] == ["/bin/uv", "venv"]
    assert command[command.index("--python") + 1] == "3.13"


def test_outside_a_checkout(tmp_path):
    with pytest.raises(HouseError, match="needs a checkout"):
        setup.ensure(tmp_path)


# --- handed on ------------------------------------------------------------------------
@pytest.fixture
def clean(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "SSL_CERT")):
            monkeypatch.delenv(name)
    return monkeypatch


def test_pip_settings_reach_uv(clean):
    clean.setenv("PIP_FIND_LINKS", "/a /b")
    clean.setenv("PIP_INDEX_URL", "https://index.example/simple")
    variables = setup.uv_variables()
    assert variables["UV_FIND_LINKS"] == "/a,/b"
    assert variables["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    clean.setenv("UV_FIND_LINKS", "/c")
    assert setup.uv_variables()["UV_FIND_LINKS"] == "/c", "uv's own setting wins"


def test_the_torch_build_follows_the_driver(clean, root):
    """``auto`` unless a folder of wheels or the reader has decided."""
    assert "--torch-backend=auto" in setup.install_commands(root)[0]
    clean.setenv("UV_TORCH_BACKEND", "cpu")
    assert "--torch-backend=auto" not in setup.install_commands(root)[0]
    clean.delenv("UV_TORCH_BACKEND")
    clean.setenv("PIP_FIND_LINKS", "/wheels")
    assert "--torch-backend=auto" not in setup.install_commands(root)[0]


def test_constraints_are_used_where_there_are_any(root):
    assert "--constraint" not in setup.install_commands(root)[0]
    (root / "constraints.txt").write_text("numpy==2.0\n")
    assert "--constraint" in setup.install_commands(root)[0]


@pytest.fixture
def frozen(root, steps, monkeypatch):
    """Return a function that makes the frozen list fail with an error."""
    (root / "constraints.txt").write_text("numpy==2.0\n")
    whole = setup.run

    def fail_with(error):
        def run(command, variables=None):
            whole(command, variables)
            if "--constraint" in command:
                raise error

        monkeypatch.setattr(setup, "run", run)

    return fail_with


def test_a_frozen_list_that_does_not_fit_is_left_out(root, steps, frozen, capsys):
    """As on Python 3.11.2, which some of the frozen versions no longer support."""
    frozen(setup.NoSolutionError("no solution"))
    setup.ensure(root)
    uv = steps[-3:]
    assert ["--constraint" in command for command in uv] == [True, False, False]
    assert "--requirement" in uv[1]
    assert "--editable" in uv[2]
    said = "installed without constraints.txt, which does not fit this machine"
    assert capsys.readouterr().out.count(said) == 1
    assert setup.stamp_lines(root) == [setup.fingerprint(root), said]
    assert setup.stamp_is_current(root)


def test_another_failure_stays_a_failure(root, steps, frozen):
    """A cut line or a full disk is no reason to install other versions."""
    frozen(HouseError("the disk is full"))
    with pytest.raises(HouseError, match="the disk is full"):
        setup.ensure(root)
    assert sum("pip" in step and "--requirement" in step for step in steps) == 1
    assert not setup.stamp_is_current(root)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("  × No solution found when resolving dependencies:", setup.NoSolutionError),
        ("error: Failed to fetch: connection refused", HouseError),
        ("error: No space left on device (os error 28)", HouseError),
    ],
)
def test_uvs_own_words_tell_failures_apart(words, kind, capfd):
    code = f"import sys; sys.stderr.buffer.write({words.encode()!r}); sys.exit(1)"
    with pytest.raises(HouseError, match=r"exit 1.*run the command again") as caught:
        setup.run([sys.executable, "-c", code])
    assert type(caught.value) is kind


def test_uv_still_says_it_in_these_words(tmp_path):
    """Asked for two versions at once, without a network."""
    uv = pytest.importorskip("uv", reason="no uv here").find_uv_bin()
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("a-package==1\na-package==2\n")
    command = [uv, "pip", "compile", "--quiet", "--no-index", str(wanted)]
    with pytest.raises(setup.NoSolutionError):
        setup.run(command)


def test_one_environment_for_outputs_and_tests(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    variables = setup.environment()
    assert "MPLBACKEND" not in variables
    assert {k: variables[k] for k in setup.FIXED} == setup.FIXED
    assert variables["PYTHONHASHSEED"] == "0"


def test_a_failed_step_is_named():
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    with pytest.raises(HouseError, match=r"exit 3\); what is done stays"):
        setup.run(command)
    with pytest.raises(HouseError, match="cannot start"):
        setup.run(["no-such-program-anywhere"])


def test_version_of_what_does_not_run(tmp_path):
    assert setup.version_of(sys.executable) == sys.version_info[:2]
    assert setup.version_of(tmp_path / "python") is None
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    assert setup.version_of(broken) is None


def test_the_error_reaches_the_reader_as_one_line(tmp_path):
    """In a copy of the package alone: exit status 2, no traceback."""
    for name in ("__init__.py", "__main__.py", "house/__init__.py", "house/setup.py"):
        target = tmp_path / "tutor" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((setup.ROOT / "tutor" / name).read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "tutor", "setup"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("tutor setup: this command needs a checkout")
    assert done.stderr.count("\n") == 1


def test_pins_name_no_machine():
    """The frozen list holds plain versions: no build tags, no addresses."""
    if not (setup.ROOT / "constraints.txt").exists():
        pytest.skip("no constraints.txt: the newest versions are being tried")
    rows = (setup.ROOT / "constraints.txt").read_text().splitlines()
    pinned = dict(r.split("==") for r in rows if "==" in r)
    assert len(pinned) > 100
    assert not [r for r in rows if "+" in r or "://" in r or "@" in r]
    required = Path(setup.ROOT / "requirements.txt").read_text().splitlines()
    exact = dict(r.split("==") for r in required if "==" in r and not r.startswith("#"))
    names = {k.lower().replace("_", "-"): v for k, v in pinned.items()}
    for name, version in exact.items():
        assert names[name.lower().replace("_", "-")] == version.strip()


@pytest.mark.parametrize(
    ("driver", "variables", "expected"),
    [
        (None, {}, setup.FRESH_GB),
        ("/usr/bin/nvidia-smi", {}, setup.CUDA_GB),
        ("/usr/bin/nvidia-smi", {"UV_TORCH_BACKEND": "cpu"}, setup.FRESH_GB),
        ("/usr/bin/nvidia-smi", {"PIP_FIND_LINKS": "/wheels"}, setup.FRESH_GB),
    ],
)
def test_torch_for_cuda_needs_more_room(monkeypatch, driver, variables, expected):
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS", "UV_TORCH_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(setup.shutil, "which", lambda name: driver)
    assert setup.room() == expected
