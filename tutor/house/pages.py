"""Sphinx extension: pages made from other files at build time, so that none can drift.

The bibliography is written from ``references.bib`` (each entry has its key as address,
so that a notebook links to it with plain Markdown), the API pages from the package's
modules, the claims page from the notebooks.
"""

from __future__ import annotations

import pkgutil
import posixpath
import re
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BIBLIOGRAPHY = ROOT / "book" / "appendix" / "references.bib"
_NOT_API = {"house", "benchmarks", "exercises", "studies", "data", "__main__"}
PARTED = {
    "words_more": tuple(
        f"tutor.words.{room}"
        for room in ("bias", "knowledge", "ladder", "numbers", "senses", "terms")
    )
}
"""Pages that take some rooms of a part whose own page would be too heavy."""


# --- bibliography ---------------------------------------------------------------------
def entries(path: Path = BIBLIOGRAPHY) -> dict[str, dict[str, str]]:
    """Read a BibTeX file into plain fields; authors become one line."""
    from pybtex.database import parse_file

    found = {}
    for key, entry in parse_file(str(path), bib_format="bibtex").entries.items():
        fields = {k.lower(): _plain(v) for k, v in entry.fields.items()}
        people = [_person(p) for p in entry.persons.get("author", [])]
        found[key] = {**fields, "author": _joined(people)}
    return found


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("{", "").replace("}", "")).strip()


def _person(person: Any) -> str:
    last = _plain(" ".join([*person.prelast_names, *person.last_names]))
    first = [_plain(n) for n in [*person.first_names, *person.middle_names]]
    initials = " ".join(
        "-".join(f"{part[0]}." for part in name.split("-") if part) for name in first
    )
    return f"{last}, {initials}" if initials else last


def _joined(people: list[str]) -> str:
    if len(people) < 2:
        return "".join(people)
    if people[-1] == "others":
        return ", ".join(people[:-1]) + " et al."
    return ", ".join(people[:-1]) + " and " + people[-1]


def reference(fields: dict[str, str]) -> str:
    """Return one entry as Markdown: authors (year). Title. Where. Address."""
    where = fields.get("journal") or fields.get("booktitle") or fields.get("publisher")
    place = f" *{where}*" if where else ""
    for field, before in (("volume", " "), ("number", "("), ("pages", ", ")):
        if where and fields.get(field):
            after = ")" if field == "number" else ""
            place += before + fields[field].replace("--", "–") + after
    address = fields.get("url", "")
    if fields.get("doi"):
        address = f"https://doi.org/{fields['doi']}"
    elif fields.get("eprint"):
        address = f"https://arxiv.org/abs/{fields['eprint']}"
    stop = "." if place else ""
    link = f" <{address}>" if address else ""
    title = fields["title"].rstrip(".")
    return f"{fields['author']} ({fields['year']}). {title}.{place}{stop}{link}"


def bibliography() -> str:
    """Return the whole list, each entry behind the address ``#key``."""
    rows = sorted(entries().items(), key=lambda kv: (kv[1]["author"], kv[1]["year"]))
    return "\n\n".join(f"({key})=\n{reference(fields)}" for key, fields in rows)


# --- API ------------------------------------------------------------------------------
def modules() -> list[str]:
    """Return the names of the package's public modules, in reading order."""
    import tutor

    names = ["tutor"]
    for found in pkgutil.walk_packages(tutor.__path__, "tutor."):
        parts = found.name.split(".")
        hidden = any(p.startswith("_") or p in _NOT_API for p in parts)
        if not hidden and parts[-1] not in ("fast", "triton"):
            names.append(found.name)
    return names


def modules_of(docname: str) -> list[str]:
    """Return the modules of one API page: a part's, or all parts without a page."""
    page = docname.rpartition("api")[2].strip("_")
    names = modules()
    moved = {n: p for p, rooms in PARTED.items() for n in names if _in(n, rooms)}
    if page in PARTED:
        return [name for name, its in moved.items() if its == page]
    pages = {path.stem[4:] for path in BIBLIOGRAPHY.parent.glob("api_*.md")}
    rooms = {name: [*name.split("."), ""][1] for name in names}
    if page:
        found = [name for name, room in rooms.items() if room == page]
        return [name for name in found if name not in moved]
    return [name for name, room in rooms.items() if room not in pages]


def _in(name: str, rooms: Sequence[str]) -> bool:
    """Say whether a module is one of these rooms or stands in one."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def api(docname: str) -> str:
    """Return the body of an API page: one section a module, from its docstrings."""
    return "\n\n".join(_section(name) for name in modules_of(docname))


def _section(name: str) -> str:
    return (
        f"## `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n"
        "   :members:\n   :ignore-module-all:\n```"
    )


# --- traps ----------------------------------------------------------------------------
def traps() -> str:
    """Return the table of every chapter's trap, linked to the place that shows it."""
    from tutor.house.site import documents

    rows = ["| the trap | shown in |", "|---|---|"]
    for name in documents():
        source = ROOT / "book" / "source" / f"{name}.md"
        if not source.is_file():
            continue
        text = source.read_text(encoding="utf-8")
        for title in re.findall(r"^## (A trap.*)$", text, re.MULTILINE):
            chapter = re.findall(r"^# (.+)$", text, re.MULTILINE)[0]
            shown = title.removeprefix("A trap").lstrip(":, ") or title
            link = f"[{chapter}](../{name}.ipynb#{slug(title)})"
            rows.append(f"| {shown[:1].upper() + shown[1:]} | {link} |")
    return "\n".join(rows)


def slug(title: str) -> str:
    """Return a heading's address as Sphinx and GitHub make it."""
    plain = re.sub(r"[^\w\- ]", "", title.lower().replace("`", ""))
    return plain.strip().replace(" ", "-")


# --- links to chapters still being written --------------------------------------------
def landed(text: str, docname: str) -> str:
    """Turn links to announced chapters that are not in the contents yet into words.

    A link to a name that nobody announced (``tutor.notebook.NEEDS``) stays, and fails
    the build.
    """
    from tutor.house.site import documents
    from tutor.notebook import NEEDS

    there, folder = documents(), posixpath.dirname(docname)

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found[2]))
        waiting = target in NEEDS and target not in there
        return found[1] if waiting else found[0]

    return re.sub(r"\[([^\]\n]+)\]\(([\w./]+)\.ipynb(?:#[^)\s]*)?\)", link, text)


# --- links to equations ---------------------------------------------------------------
def equations(text: str) -> str:
    """Let a link to an equation keep its words, and add the equation's number.

    The site would show ``[the loss](#eq-loss)`` as a bare *(3.2)*; elsewhere the words
    stand and no number is known.
    """
    return re.sub(r"\[([^\]\n]+)\]\(#(eq-[\w-]+)\)", r"\1 {eq}`\2`", text)


# --- Sphinx ---------------------------------------------------------------------------
def generated(docname: str) -> str | None:
    """Return what is added to a page at build time, None for all other pages."""
    if docname == "appendix/bibliography":
        return bibliography()
    if docname == "appendix/failures":
        return traps()
    if docname.startswith("appendix/api"):
        return api(docname)
    if docname == "appendix/claims" and find_spec("tutor.house.ledger"):
        ledger = import_module("tutor.house.ledger")
        return str(ledger.page())
    if docname == "closing/which":
        advice = import_module("tutor.closing.which")
        return str(advice.page(import_module("tutor.house.ledger").records()))
    if docname == "appendix/speed":
        return str(import_module("tutor.house.speed").page())
    return None


def _on_read(app: Any, docname: str, source: list[str]) -> None:
    source[0] = equations(landed(source[0], docname))
    added = generated(docname)
    if added is not None:
        source[0] += "\n\n" + added + "\n"


def edit_the_source(buttons: list[Any], docname: str) -> None:
    """Lead the edit button of a chapter to its text: the notebook is made from it."""
    if not (ROOT / "book" / "source" / f"{docname}.md").is_file():
        return
    for button in buttons:
        edit_the_source(button.get("buttons", []), docname)
        if button.get("label") == "source-edit-button":
            made, text = f"/book/{docname}.ipynb", f"/book/source/{docname}.md"
            button["url"] = button["url"].replace(made, text)


def contents_once(
    toctree: Callable[..., str], pagename: str, made: dict[Any, str]
) -> Callable[..., str]:
    """Return a page's ``toctree``, rendered once for all source pages of one depth.

    Sphinx resolves the whole contents anew for each page, a second each. A page of
    source code is no entry of the contents, so what it shows depends only on how many
    folders lie above it, by which the addresses begin.
    """

    def shared(**options: Any) -> str:
        key = (pagename.count("/"), *sorted(options.items()))
        if key not in made:
            made[key] = toctree(**options)
        return made[key]

    return shared


def _on_page(
    app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    edit_the_source(context.get("header_buttons", []), pagename)


def _before_page(
    made: dict[Any, str],
    app: Any,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: Any,
) -> None:
    if pagename.startswith("_modules/"):
        context["toctree"] = contents_once(context["toctree"], pagename, made)


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to a Sphinx application."""
    # Jupyter Book configures an extension the book leaves out: accept and ignore it.
    app.add_config_value("comments_config", {}, "html")
    app.connect("source-read", _on_read)
    # the theme fills its sidebars at 500 and adds its buttons up to 900
    app.connect("html-page-context", partial(_before_page, {}), priority=100)
    app.connect("html-page-context", _on_page, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
