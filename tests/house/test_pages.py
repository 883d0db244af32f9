"""Pages made at build time: bibliography, API, traps; and what the chapters link to."""

import re

import pytest

from tutor.house import pages
from tutor.house.setup import ROOT

TEXTS = [*(ROOT / "book").glob("*.md"), *(ROOT / "book").glob("*/*.md")]
TEXTS += (ROOT / "book" / "source").glob("*/*.md")
GLOSSARY = (ROOT / "book" / "appendix" / "glossary.md").read_text(encoding="utf-8")


def test_every_entry_has_what_a_reader_needs():
    raw = pages.BIBLIOGRAPHY.read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{([^,]+),", raw, re.MULTILINE)
    found = pages.entries()
    assert len(keys) == len(set(keys)) == len(found)
    assert "\\" not in raw, "plain UTF-8, no LaTeX"
    for key, fields in found.items():
        assert re.fullmatch(r"[a-z]+\d{4}[a-z0-9]+", key), key
        assert fields["author"]
        assert fields["title"]
        assert re.fullmatch(r"(19|20)\d\d", fields["year"])
        assert fields["year"] in key


def test_an_entry_reads_as_a_reference(tmp_path):
    path = tmp_path / "x.bib"
    path.write_text(
        "@article{a2001b, author={van der Berg, Jan-Willem and Ø, B. and others},"
        " title={A {B}}, journal={J}, volume={1}, number={2}, pages={3--4},"
        " year={2001}, doi={10.1/x}}"
    )
    text = pages.reference(pages.entries(path)["a2001b"])
    assert text == (
        "van der Berg, J.-W., Ø, B. et al. (2001). A B. *J* 1(2), 3–4."
        " <https://doi.org/10.1/x>"
    )


def test_every_citation_has_an_entry():
    keys = set(pages.entries())
    for path in TEXTS:
        links = re.findall(r"\]\(#([a-z]+\d{4}[a-z0-9]+)\)", path.read_text("utf-8"))
        assert set(links) <= keys, (path.name, set(links) - keys)


def test_the_glossary_is_addressable_and_in_order():
    terms = re.findall(r"^\((term-[a-z0-9-]+)\)=\n### (.+)$", GLOSSARY, re.MULTILINE)
    assert len(terms) == len(re.findall(r"^### ", GLOSSARY, re.MULTILINE))
    names = [re.sub(r"[^a-z0-9 ]", "", name.lower()) for _, name in terms]
    assert names == sorted(names)
    assert len({address for address, _ in terms}) == len(terms)


def test_every_glossary_link_has_a_term():
    known = set(re.findall(r"^\((term-[a-z0-9-]+)\)=", GLOSSARY, re.MULTILINE))
    for path in TEXTS:
        links = set(re.findall(r"\]\(#(term-[a-z0-9-]+)\)", path.read_text("utf-8")))
        assert links <= known, (path.name, links - known)


def test_every_public_module_is_on_one_api_page():
    names = [p.stem for p in (ROOT / "book" / "appendix").glob("api*.md")]
    shown = [m for name in names for m in pages.modules_of(f"appendix/{name}")]
    assert sorted(shown) == sorted(pages.modules())
    assert "tutor.embedding" in shown
    assert not [m for m in shown if "house" in m or m.endswith((".fast", ".triton"))]


def test_the_lists_of_the_module_pages_are_generated():
    assert "automodule:: tutor.geometry" in pages.generated("appendix/api")
    assert "automodule:: tutor.words" in pages.generated("appendix/api_words")
    assert "(levy2014neural)=" in pages.generated("appendix/bibliography")
    assert "| the trap | shown in |" in pages.generated("appendix/failures")
    assert pages.generated("intro") is None


def test_links_to_chapters_being_written_become_words(monkeypatch):
    """An announced chapter waits; a name nobody announced fails the build."""
    monkeypatch.setattr("tutor.house.site.documents", lambda: ["intro", "words/a"])
    monkeypatch.setattr("tutor.notebook.NEEDS", {"words/a": (), "words/b": ()})
    text = "[A](words/a.ipynb), [B](words/b.ipynb), [C](appendix/c.md)"
    assert pages.landed(text, "intro") == "[A](words/a.ipynb), B, [C](appendix/c.md)"
    near = "[A](a.ipynb#x), [B](b.ipynb#x), [D](d.ipynb)"
    assert pages.landed(near, "words/a") == "[A](a.ipynb#x), B, [D](d.ipynb)"


def test_a_link_to_an_equation_keeps_its_words():
    text = "Read [the loss](#eq-glove-loss) and [this](#term-x); [that](a.md#eq-b)."
    assert pages.equations(text) == (
        "Read the loss {eq}`eq-glove-loss` and [this](#term-x); [that](a.md#eq-b)."
    )


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A trap: cosine and frequency", "a-trap-cosine-and-frequency"),
        ("What `min_count` hides", "what-min_count-hides"),
        ("Is it so?", "is-it-so"),
    ],
)
def test_slug(title, expected):
    assert pages.slug(title) == expected


def test_a_chapters_edit_button_leads_to_its_text():
    """In a group of buttons or alone; other pages and buttons stay as they are."""
    where = "https://github.com/o/r/edit/main/book"

    def buttons(page):
        edit = {"label": "source-edit-button", "url": f"{where}/{page}"}
        return [{"type": "group", "buttons": [edit]}, {"label": "x", "url": page}]

    shown = buttons("words/counts.ipynb")
    pages.edit_the_source(shown, "words/counts")
    assert shown[0]["buttons"][0]["url"] == f"{where}/source/words/counts.md"
    assert shown[1]["url"] == "words/counts.ipynb"
    plain = buttons("intro.md")
    pages.edit_the_source(plain, "intro")
    assert plain == buttons("intro.md")


def test_the_contents_of_source_pages_are_rendered_once_a_depth():
    asked, made = [], {}

    def toctree(page):
        def render(**options):
            asked.append((page, options))
            return f"{'../' * page.count('/')}index.html {options}"

        return pages.contents_once(render, page, made)

    one = toctree("_modules/tutor/claims")(maxdepth=1)
    assert toctree("_modules/tutor/plot")(maxdepth=1) == one
    deeper = toctree("_modules/tutor/words/counts")(maxdepth=1)
    assert deeper.startswith("../../../index.html")
    assert toctree("_modules/tutor/plot")(maxdepth=2) != one
    assert [page for page, _ in asked] == [
        "_modules/tutor/claims",
        "_modules/tutor/words/counts",
        "_modules/tutor/plot",
    ]
