"""The attribution page: what the course reads, on whose terms, whom to cite.

Made from ``data/sources.toml`` and nothing else; a test compares page and file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tutor.datasets.sources import Carrier, Source, catalogue

PAGE = Path("book") / "appendix" / "attribution.md"

_HEAD = """\
# Data and attribution

<!-- Made by `python -m tutor attribution` from data/sources.toml; do not edit. -->

The course commits no third-party data. It reads the sets below from packages whose
files are compared with a SHA-256 before use; `python -m tutor data` fetches them. The
licence given is that of the *data*, which is often another than the package's. Where a
chapter shows a piece of a set, it says whose it is.
"""


def render() -> str:
    """Return the page as Markdown: one table of sets, one of carriers, the rest."""
    book = catalogue()
    parts = [_HEAD, "## Data sets\n", _table(tuple(book.sources.values()))]
    parts += ["## Whom to cite\n"]
    parts += [f"- **{s.title}.** {s.citation}" for s in book.sources.values()]
    parts += ["", "## Terms that bind you\n", *_terms(book.sources.values())]
    parts += ["", "## Packages that carry the files\n"]
    parts += [_carriers(tuple(book.carriers.values()))]
    return "\n".join(parts).rstrip() + "\n"


def write(root: Path) -> Path:
    """Write the page below the root of a checkout; return its path."""
    path = root / PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(), encoding="utf-8")
    return path


def _table(sources: tuple[Source, ...]) -> str:
    lines = ["| data set | rows | size | licence of the data | carried by |"]
    lines += ["|---|---|---|---|---|"]
    for s in sources:
        size = _size(s.bytes) if s.verified else "not verified here"
        by = "`TUTOR_DATA`" if s.carrier == "own" else f"`{s.carrier}`"
        lines.append(
            f"| {s.title} (`{s.name}`) | {s.rows:,} {s.unit} | {size} | {s.licence} "
            f"| {by} |"
        )
    return "\n".join(lines) + "\n"


def _size(count: int) -> str:
    """Write a number of bytes so that a small set does not read as nothing."""
    if count < 100_000:
        return f"{max(count / 1e3, 0.1):.1f} kB"
    return f"{count / 1e6:.1f} MB"


def _terms(sources: Iterable[Source]) -> list[str]:
    """Every source, with how its terms are known: an honest ledger of doubt."""
    return [
        f"- `{s.name}`: {s.licence}. How we know: {s.terms_checked}. Origin: {s.home}."
        for s in sources
    ]


def _carriers(carriers: tuple[Carrier, ...]) -> str:
    lines = ["| package | version | how it is used | licence | SHA-256 |"]
    lines += ["|---|---|---|---|---|"]
    use = {
        "wheel": "unpacked, never installed",
        "archive": "listed members taken out, nothing built or run",
        "library": "installed, test data read in place",
    }
    for c in carriers:
        digest = f"`{c.sha256[:16]}…`" if c.sha256 else "each file"
        lines.append(
            f"| {c.name} | {c.version} | {use[c.kind]} | {c.licence} | {digest} |"
        )
    return "\n".join(lines) + "\n"
