"""The one download function against a server of our own: cut, wrong, too long."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tutor.datasets import DamagedFileError, DataError
from tutor.datasets.download import bar, download

CONTENT = bytes(range(256)) * 4096
SHA = hashlib.sha256(CONTENT).hexdigest()


class _Server(ThreadingHTTPServer):
    """Serves CONTENT in one of several bad moods; counts what was asked for."""

    mood = "well"
    asked: list


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.asked.append(asked)
        mood = server.mood
        if mood == "gone":
            self.send_error(404)
            return
        begin = int(asked[6:-1]) if asked and mood != "no ranges" else 0
        if begin >= len(CONTENT) and asked:
            self.send_error(416)
            return
        if mood == "other part":
            begin += 1
        body = CONTENT[begin:]
        self.send_response(206 if begin else 200)
        if begin:
            last = len(CONTENT) - 1
            self.send_header("Content-Range", f"bytes {begin}-{last}/{len(CONTENT)}")
        if mood == "lies":
            body = b"x" * len(body)
        if mood == "endless":
            self.end_headers()
            while True:
                self.wfile.write(b"0" * 65536)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if mood == "cut" or (mood == "cut once" and len(server.asked) == 1):
            body = body[:300_000]
        self.wfile.write(body)

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = _Server(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch(server, tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    address = f"http://127.0.0.1:{server.server_address[1]}/file"

    def call(**more):
        wanted = {"sha256": SHA, "max_bytes": len(CONTENT)} | more
        return download(address, tmp_path / "file", **wanted)

    return call


def test_a_file_lands_and_is_not_fetched_twice(server, fetch, tmp_path):
    seen = []
    path = fetch(progress=lambda have, total: seen.append((have, total)))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    fetch()
    assert len(server.asked) == 1
    assert {p.name for p in tmp_path.iterdir()} == {"file", "file.lock"}


def test_a_damaged_file_is_fetched_again(server, fetch, tmp_path):
    (tmp_path / "file").write_bytes(b"damaged")
    assert fetch().read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_cut_line_is_taken_up_where_it_broke(server, fetch):
    server.mood = "cut once"
    assert fetch().read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-"]


def test_a_line_that_stays_cut_keeps_what_came(server, fetch, tmp_path):
    server.mood = "cut"
    with pytest.raises(DataError, match=r"cut; 600000 bytes are kept"):
        fetch(attempts=2)
    assert not (tmp_path / "file").exists()
    server.mood = "well"
    assert fetch().read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=600000-"


def test_a_server_without_ranges_starts_again(server, fetch, tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    server.mood = "no ranges"
    assert fetch().read_bytes() == CONTENT


def test_another_part_than_asked_for_is_not_joined(server, fetch, tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    server.mood = "other part"
    with pytest.raises(DataError, match="another part"):
        fetch()
    assert not (tmp_path / "file").exists()


def test_a_part_that_is_too_long_is_thrown_away(server, fetch, tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT + b"more")
    assert fetch().read_bytes() == CONTENT


def test_a_wrong_hash_lands_nowhere(server, fetch, tmp_path):
    server.mood = "lies"
    lie = hashlib.sha256(b"x" * len(CONTENT)).hexdigest()
    with pytest.raises(DamagedFileError, match=f"{SHA}, found {lie}"):
        fetch()
    assert {p.name for p in tmp_path.iterdir()} == {"file.lock"}


def test_a_part_of_another_file_is_found_out(fetch, tmp_path):
    """A kept part that belongs to other bytes ends as a wrong hash, then heals."""
    (tmp_path / "file.part").write_bytes(b"other bytes")
    with pytest.raises(DamagedFileError):
        fetch()
    assert fetch().read_bytes() == CONTENT


def test_too_long_is_refused_before_writing(fetch, tmp_path):
    with pytest.raises(DataError, match="more than the 1000 allowed"):
        fetch(max_bytes=1000)
    assert {p.name for p in tmp_path.iterdir()} == {"file.lock"}


def test_an_endless_answer_is_cut_off(server, fetch, tmp_path):
    server.mood = "endless"
    with pytest.raises(DataError, match="more than the"):
        fetch()
    assert {p.name for p in tmp_path.iterdir()} == {"file.lock"}


def test_a_missing_file_is_asked_for_once(server, fetch):
    server.mood = "gone"
    with pytest.raises(DataError, match="404"):
        fetch()
    assert len(server.asked) == 1


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/y", "/etc/passwd"])
def test_other_addresses_are_refused(tmp_path, address):
    with pytest.raises(DataError, match="not an http"):
        download(address, tmp_path / "x", sha256=SHA, max_bytes=9)


def test_the_bar_is_silent_away_from_a_terminal(capsys):
    draw = bar("file")
    draw(1, 2)
    draw(2, 2)
    assert capsys.readouterr() == ("", "")


def test_the_bar_draws_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    bar("file")(2_000_000, 2_000_000)
    assert "file [" + "#" * 30 + "] 2.0 MB of 2.0 MB\n" in capsys.readouterr().err
