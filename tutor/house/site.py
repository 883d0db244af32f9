"""Build the website: Jupyter Book with every warning an error, then what it leaves out.

Afterwards the maths renderer is copied from its package, maps of minified files are
removed, the sitemap, robots file and 404 page are written, and every page of the table
of contents is looked for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from tutor.house import budgets
from tutor.house.setup import ROOT, HouseError, binary, borrowed

BUILD = ROOT / "_build"
HTML = BUILD / "html"
HERE = Path(__file__).parent
SOURCES = (
    *("book/**/*", "tutor/**/*.py", "tutor/house/404.html", "_*.yml", "CHANGELOG.md"),
    *("data/sources.toml", "data/results/*.json"),
)
"""What the site is made from, as patterns below the root."""


def read_yaml(name: str, root: Path = ROOT) -> Any:
    """Return the content of one of the two files that describe the book."""
    import yaml  # type: ignore[import-untyped]

    return yaml.safe_load((root / name).read_text(encoding="utf-8"))


def documents(toc: Any = None) -> list[str]:
    """Return the pages of the table of contents in reading order, without suffix."""
    toc = read_yaml("_toc.yml") if toc is None else toc
    found = [toc["root"]] if "root" in toc else []
    if "file" in toc:
        found.append(toc["file"])
    for key in ("parts", "chapters", "sections"):
        for child in toc.get(key, []):
            found += documents(child)
    return [re.sub(r"\.(md|ipynb)$", "", name) for name in found]


def build(builder: str = "html") -> None:
    """Run Jupyter Book from nothing; a warning anywhere fails the build.

    Sphinx repeats no warning of a page it has read before, and keeps links to what is
    gone; a fresh build is short and says the same every time.
    """
    shutil.rmtree(BUILD, ignore_errors=True)
    program = "jupyter-book" if borrowed() else str(binary("jupyter-book"))
    command = [program, "build", "book", "--config", "_config.yml"]
    command += ["--toc", str(ROOT / "_toc.yml"), "--path-output", "."]
    command += ["--builder", builder, "-W", "--keep-going", "-q"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise HouseError("the book did not build; the warnings above say where")


def finish(html: Path = HTML) -> None:
    """Add what Jupyter Book leaves out, and remove what no reader needs."""
    copy_maths(html)
    for unneeded in html.rglob("*.map"):
        unneeded.unlink()
    pages = documents()
    base = str(read_yaml("_config.yml")["html"]["baseurl"])
    write_sitemap(html, pages, base)
    lost = (HERE / "404.html").read_text(encoding="utf-8")
    home = urlparse(base).path or "/"
    (html / "404.html").write_text(lost.replace("{{home}}", home), encoding="utf-8")
    (html / ".nojekyll").touch()


def copy_maths(html: Path) -> None:
    """Copy the maths renderer and its licence out of the package that carries it."""
    found = find_spec("sphinx-mathjax-offline")
    if found is None or found.origin is None:
        raise HouseError(
            "the package sphinx-mathjax-offline is missing; run `make setup`"
        )
    source = Path(found.origin).parent / "static" / "mathjax"
    target = html / "_static" / "mathjax"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "tex-svg.js", target / "tex-svg.js")
    for folder in ("a11y", "input/tex/extensions", "sre"):
        shutil.copytree(source / folder, target / folder, dirs_exist_ok=True)
    shutil.copyfile(HERE / "apache-2.0.txt", target / "LICENSE.txt")


def write_sitemap(html: Path, pages: list[str], base: str) -> None:
    """Write sitemap.xml and the robots file that names it."""
    urls = "".join(f"  <url><loc>{base}{page}.html</loc></url>\n" for page in pages)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    body = f'{head}<urlset xmlns="{space}">\n{urls}</urlset>\n'
    (html / "sitemap.xml").write_text(body, encoding="utf-8")
    robots = f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n"
    (html / "robots.txt").write_text(robots, encoding="utf-8")


def missing(html: Path = HTML) -> list[str]:
    """Return the pages of the table of contents that were not built."""
    pages = [*documents(), "index", "404"]
    return [page for page in pages if not (html / f"{page}.html").is_file()]


def is_finished(html: Path = HTML) -> bool:
    """Return whether a build came to its end (the last file it writes is there)."""
    return (html / ".nojekyll").is_file()


def is_current(html: Path = HTML, root: Path = ROOT) -> bool:
    """Return whether the site is finished and younger than all it is made from."""
    paths = [path for pattern in SOURCES for path in root.glob(pattern)]
    newest = max((p.stat().st_mtime for p in paths if p.is_file()), default=0.0)
    return is_finished(html) and (html / ".nojekyll").stat().st_mtime >= newest


def main() -> int:
    """Build the website and assert that every page of it exists."""
    began = time.monotonic()
    build()
    finish()
    if lost := missing():
        raise HouseError(f"built without an error, yet missing: {', '.join(lost)}")
    print(f"Built {len(documents())} pages: open {HTML / 'index.html'}")
    seconds = time.monotonic() - began
    print(budgets.line("make book", seconds, budgets.BOOK_MINUTES))
    return 0


def serve(port: int = 8000) -> int:
    """Build the website and show it on this machine until Ctrl-C."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    main()
    handler = partial(SimpleHTTPRequestHandler, directory=str(HTML))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"http://127.0.0.1:{port}/ (Ctrl-C stops it)", flush=True)
        server.serve_forever()
    return 0


def clean() -> int:
    """Remove everything that was built."""
    for name in ("_build", ".pytest_cache", "build", "dist"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0
