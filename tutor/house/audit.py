"""Read the built website as a browser would, and say what a reader would trip over.

Each check takes the folder of the built pages and returns one sentence a finding; an
empty list is what the tests ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

MAX_PAGE_BYTES = 1_000_000
# What a browser fetches by itself; links that a reader follows are not among them.
FETCHED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "input": ("src",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
}
FETCHED_LINKS = {
    *("stylesheet", "preload", "prefetch", "icon", "manifest", "preconnect"),
    *("modulepreload", "dns-prefetch", "apple-touch-icon"),
}
_HOST = r"(?:(?:https?|wss?):)?//[^\"'`\s)]+"
_IN_SCRIPT = re.compile(
    r"(?:\bfetch\s*\(|\bimport\s*\(?|\bfrom|\bimportScripts\s*\(|\.src\s*=(?!=)"
    r"|\bnew\s+(?:Worker|WebSocket|EventSource)\s*\(|\bsendBeacon\s*\()"
    rf"\s*[\"'`]({_HOST})"
)
_IN_STYLE = re.compile(rf"(?:url\(\s*[\"']?|@import\s+[\"'])({_HOST})", re.IGNORECASE)
# Addresses that stand in a shared script as text and are not asked for: the script (its
# path in _static begins so), the address (begins so), the reason.
_MATHS = "mathjax/"
EXPLAINED = (
    ("", "http://www.w3.org/", "the name of an XML language"),
    (_MATHS, "https://www.mathjax.org", "a link a reader may follow, under About"),
    (
        _MATHS,
        "https://cdn.jsdelivr.net/npm/wicked-good-xpath@",
        "asked for by Internet Explorer only, which has no XPath",
    ),
    (
        _MATHS,
        "https://cdn.jsdelivr.net/npm/sre-mathmaps-ie@",
        "asked for by Internet Explorer only",
    ),
    (
        _MATHS,
        "https://cdn.jsdelivr.net/npm/speech-rule-engine@",
        "the default of a part that the renderer gives a folder of its own; the tests"
        " in a browser would see the request",
    ),
)
_QUOTED = re.compile(
    r"[\"'`]((?:(?:https?|wss?):)?//[\w-]+(?:\.[\w-]+)+[^\"'`\s)]*)", re.ASCII
)


class Page(HTMLParser):
    """What a page asks for, what it points to and what it offers as a target."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.targets: set[str] = set()
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.without_alt: list[str] = []
        self._open = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag fetches, links to and names."""
        given = {name: value or "" for name, value in attrs}
        self._open = tag
        self.targets |= {given[k] for k in ("id", "name") if given.get(k)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "link" and FETCHED_LINKS & set(given.get("rel", "").split()):
            self.fetched.append(given.get("href", ""))
        for name in FETCHED.get(tag, ()):
            if given.get(name):
                wanted = given[name].split(",") if name == "srcset" else [given[name]]
                self.fetched += [w.split()[0] for w in wanted if w.strip()]
        if tag == "img" and "alt" not in given:
            self.without_alt.append(given.get("src", "")[:60])
        if given.get("style"):
            self.styles.append(given["style"])

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or a style."""
        self._open = ""

    def handle_data(self, data: str) -> None:
        """Keep the text of scripts and styles."""
        if self._open == "script":
            self.scripts.append(data)
        elif self._open == "style":
            self.styles.append(data)


@lru_cache(maxsize=2)
def _read(html: Path, stamp: int) -> tuple[Page, ...]:
    skipped = ("_static", "_sources")
    paths = [
        p for p in html.rglob("*.html") if p.relative_to(html).parts[0] not in skipped
    ]
    return tuple(Page(path) for path in sorted(paths))


def pages(html: Path) -> tuple[Page, ...]:
    """Return all pages of a built site, read once."""
    return _read(html, max(p.stat().st_mtime_ns for p in html.rglob("*.html")))


# --- other hosts ----------------------------------------------------------------------
def other_hosts(html: Path) -> list[str]:
    """Return every request a page or a shared style would make to another host."""
    found = []
    for page in pages(html):
        name = page.path.relative_to(html)
        found += [f"{name}: fetches {url}" for url in _requests(page)]
    for style in html.rglob("*.css"):
        text = style.read_text(encoding="utf-8", errors="replace")
        name = style.relative_to(html)
        found += [f"{name}: fetches {url}" for url in _IN_STYLE.findall(text)]
    return found + [
        f"_static/{name}: names {url}"
        for name, url in quoted_hosts(html)
        if not any(name.startswith(s) and url.startswith(u) for s, u, _ in EXPLAINED)
    ]


def quoted_hosts(html: Path) -> list[tuple[str, str]]:
    """Return every address in a string of a shared script, with the script's name.

    What packed code does with a string cannot be seen, so each is looked at; those
    that are not asked for stand in ``EXPLAINED``. Comments are not strings.
    """
    folder = html / "_static"
    found = []
    for script in sorted(folder.rglob("*.js")):
        text = script.read_text(encoding="utf-8", errors="replace")
        name = script.relative_to(folder).as_posix()
        found += [(name, url) for url in dict.fromkeys(_QUOTED.findall(text))]
    return found


def _requests(page: Page) -> Iterator[str]:
    yield from (url for url in page.fetched if urlparse(url).netloc)
    for script in page.scripts:
        yield from _IN_SCRIPT.findall(script)
    for style in page.styles:
        yield from _IN_STYLE.findall(style)


# --- links inside the site ------------------------------------------------------------
def broken_links(html: Path) -> list[str]:
    """Return the links to pages, files and anchors of the site that do not exist."""
    known = {page.path.resolve(): page.targets for page in pages(html)}
    found = []
    for page in pages(html):
        for link in [*page.links, *page.fetched]:
            problem = _broken(link, page, known, html)
            if problem:
                found.append(f"{page.path.relative_to(html)}: {link}: {problem}")
    return found


def _broken(link: str, page: Page, known: dict[Path, set[str]], html: Path) -> str:
    url = urlparse(link)
    if url.scheme or url.netloc or page.path.name == "404.html":
        return ""
    target = page.path
    if url.path:
        target = page.path.parent / unquote(url.path)
        target = target / "index.html" if target.is_dir() else target
    if not target.exists():
        return "no such file"
    anchor = unquote(url.fragment)
    targets = known.get(target.resolve())
    if anchor and targets is not None and anchor not in targets:
        return "no such anchor"
    return ""


# --- weight, pictures, sitemap --------------------------------------------------------
def heavy_pages(html: Path, limit: int = MAX_PAGE_BYTES) -> list[str]:
    """Return the pages that weigh more than ``limit`` bytes with their own pictures."""
    found = []
    for page in pages(html):
        own = page.path.stat().st_size
        for url in {urlparse(u).path for u in page.fetched if "_images" in u}:
            picture = page.path.parent / unquote(url)
            own += picture.stat().st_size if picture.exists() else 0
        name = page.path.relative_to(html)
        if own > limit and name.parts[0] != "_modules":
            found.append(f"{name}: {own / 1e6:.2f} MB, the limit is {limit / 1e6:g} MB")
    return found


def pictures_without_alt(html: Path) -> list[str]:
    """Return the pictures that have no alt text."""
    return [
        f"{page.path.relative_to(html)}: {source}"
        for page in pages(html)
        for source in page.without_alt
    ]


def sitemap_errors(html: Path, base: str, documents: list[str]) -> list[str]:
    """Return how the sitemap differs from the table of contents."""
    text = (html / "sitemap.xml").read_text(encoding="utf-8")
    listed = re.findall(r"<loc>([^<]+)</loc>", text)
    wanted = [f"{base}{name}.html" for name in documents]
    found = [f"not in the sitemap: {url}" for url in wanted if url not in listed]
    return found + [
        f"in the sitemap only: {url}" for url in listed if url not in wanted
    ]
