"""The built website: complete, self-contained, light, and every link arrives."""

import json
import os

import pytest

from tutor.house import address, audit, site
from tutor.house.setup import HouseError

DOCUMENTS = site.documents()
CHAPTERS = [d for d in DOCUMENTS if (site.ROOT / "book" / f"{d}.ipynb").is_file()]


# --- the site as built ----------------------------------------------------------------
def test_every_page_of_the_contents_exists(html):
    assert site.missing(html) == []


def test_no_page_asks_another_host(html):
    assert audit.other_hosts(html) == []


def test_every_explained_address_is_still_there(html):
    """An exception nobody needs any more would cover something new."""
    named = audit.quoted_hosts(html)
    for script, url, reason in audit.EXPLAINED:
        assert reason
        assert any(n.startswith(script) and u.startswith(url) for n, u in named), url


def test_links_and_anchors_arrive(html):
    assert audit.broken_links(html) == []


def test_pages_are_light(html):
    assert audit.heavy_pages(html) == []


def test_every_picture_has_an_alt_text(html):
    assert audit.pictures_without_alt(html) == []


def test_the_sitemap_lists_every_page(html):
    base = address.current().site
    assert audit.sitemap_errors(html, base, DOCUMENTS) == []
    assert f"Sitemap: {base}sitemap.xml" in (html / "robots.txt").read_text()


def test_maths_comes_along_with_its_licence(html):
    folder = html / "_static" / "mathjax"
    assert (folder / "tex-svg.js").stat().st_size > 1_000_000
    assert "Apache License" in (folder / "LICENSE.txt").read_text()
    page = (html / "appendix" / "notation.html").read_text()
    assert "_static/mathjax/tex-svg.js" in page
    assert list(html.rglob("*.map")) == []


def test_the_lost_page_leads_home(html):
    page = (html / "404.html").read_text()
    home = audit.urlparse(address.current().site).path or "/"
    assert f'href="{home}"' in page
    assert "{{" not in page


def test_search_knows_the_pages(html):
    index = (html / "searchindex.js").read_text()
    names = json.loads(index[index.index("{") : index.rindex("}") + 1])["docnames"]
    assert set(DOCUMENTS) <= set(names)


def test_pages_have_their_buttons(html):
    """Repository, edit and issue on each page, Colab on each chapter."""
    where = address.current().repository
    for name in DOCUMENTS:
        page = (html / f"{name}.html").read_text()
        text = f"source/{name}.md" if name in CHAPTERS else f"{name}.md"
        assert f"{where}/edit/main/book/{text}" in page
        assert f"/edit/main/book/{name}.ipynb" not in page
        assert f"{where}/issues/new" in page
        assert "theme-switch" in page
        colab = f"colab.research.google.com/github{address.current().path}/blob/main"
        assert (f"{colab}/book/{name}.ipynb" in page) == (name in CHAPTERS)


def test_the_contents_list_every_executed_chapter():
    """A notebook nobody can reach is no chapter; a listed page is there."""
    written = {
        p.relative_to(site.ROOT / "book").with_suffix("").as_posix()
        for p in (site.ROOT / "book").glob("*/*.ipynb")
    }
    assert written == set(CHAPTERS)
    assert len(set(DOCUMENTS)) == len(DOCUMENTS)


# --- the checks can fail --------------------------------------------------------------
def spoilt(tmp_path, body: str) -> list[str]:
    """Return all findings on a site of one page."""
    (tmp_path / "index.html").write_text(f"<html><body>{body}</body></html>")
    (tmp_path / "b.html").write_text('<p id="here">b</p>')
    checks = (
        audit.other_hosts,
        audit.broken_links,
        audit.pictures_without_alt,
        audit.heavy_pages,
    )
    return [line for check in checks for line in check(tmp_path)]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "fetches"),
        ('<script src="//cdn.example/x.js"></script>', "fetches"),
        ('<link rel="stylesheet" href="https://fonts.example/a.css">', "fetches"),
        ('<link rel="preconnect" href="https://fonts.example">', "fetches"),
        ('<img alt="" src="https://img.example/a.png">', "fetches"),
        ('<img alt="" srcset="b.html 1x, https://img.example/a.png 2x">', "fetches"),
        ('<iframe src="https://video.example/1"></iframe>', "fetches"),
        ("<style>@import 'https://a.example/x.css';</style>", "fetches"),
        ("<style>p{background:url(//a.example/x.png)}</style>", "fetches"),
        ('<p style="background:url(https://a.example/x.png)">', "fetches"),
        ("<script>fetch('https://a.example/x.json')</script>", "fetches"),
        ('<script>import("https://a.example/x.js")</script>', "fetches"),
        (
            '<script type="module">import x from "https://a.example/x"</script>',
            "fetches",
        ),
        ("<script>s.src = 'https://a.example/x.js'</script>", "fetches"),
        ('<script>new WebSocket("wss://a.example")</script>', "fetches"),
        ('<a href="gone.html">x</a>', "no such file"),
        ('<a href="b.html#nowhere">x</a>', "no such anchor"),
        ('<a href="#nowhere">x</a>', "no such anchor"),
        ('<img src="b.html">', "index.html: b.html"),
        (f"<p>{'x' * 1_000_001}</p>", "the limit is 1 MB"),
    ],
)
def test_a_planted_fault_is_found(tmp_path, body, word):
    found = spoilt(tmp_path, body)
    assert any(word in line for line in found), found


@pytest.mark.parametrize(
    ("name", "code", "known"),
    [
        ("x.js", "const u='https://cdn.example/a.js';load(u)", False),
        ("x.js", 'load("//cdn.example/a.js")', False),
        ("deep/x.js", "open(`wss://a.example`)", False),
        ("x.js", "load('https://cdn.jsdelivr.net/npm/sre-mathmaps-ie@1')", False),
        ("mathjax/x.js", "load('https://cdn.jsdelivr.net/npm/other@1')", False),
        ("mathjax/x.js", "u='https://cdn.jsdelivr.net/npm/sre-mathmaps-ie@1'", True),
        ("x.js", "create('http://www.w3.org/2000/svg')", True),
        ("x.js", "/* MIT, https://licence.example */ a = 'b' // c.example", True),
    ],
)
def test_shared_scripts_are_read_too(tmp_path, name, code, known):
    (tmp_path / "index.html").write_text("<html></html>")
    script = tmp_path / "_static" / name
    script.parent.mkdir(parents=True)
    script.write_text(code)
    found = audit.other_hosts(tmp_path)
    assert (found == []) == known, found
    assert known or f"_static/{name}: names " in found[0]


def test_a_clean_page_passes(tmp_path):
    body = (
        '<p id="top"><a href="https://example.org">out</a> <a href="b.html#here">b</a>'
        '<a href="#top">top</a><img src="b.html" alt="x">'
        "<script>const home = 'https://example.org'; f.src = 'data:,';</script></p>"
    )
    assert spoilt(tmp_path, body) == []


def test_a_sitemap_that_differs_is_found(tmp_path):
    site.write_sitemap(tmp_path, ["a", "b"], "https://x.example/")
    assert audit.sitemap_errors(tmp_path, "https://x.example/", ["a", "b"]) == []
    assert audit.sitemap_errors(tmp_path, "https://x.example/", ["a", "c"]) == [
        "not in the sitemap: https://x.example/c.html",
        "in the sitemap only: https://x.example/b.html",
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("book/intro.md", "book/words/a.ipynb", "tutor/x/y.py", "_toc.yml"),
        *("data/results/bench.json", "data/sources.toml", "tutor/house/404.html"),
    ],
)
def test_a_site_older_than_its_sources_is_not_current(tmp_path, name):
    source = tmp_path / name
    source.parent.mkdir(parents=True, exist_ok=True)
    source.touch()
    html = tmp_path / "html"
    html.mkdir()
    assert not site.is_current(html, tmp_path)
    (html / ".nojekyll").touch()
    os.utime(source, (1, 1))
    assert site.is_current(html, tmp_path)
    later = (html / ".nojekyll").stat().st_mtime + 5
    os.utime(source, (later, later))
    assert not site.is_current(html, tmp_path)


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Pretend a build that leaves every page of a small book."""
    monkeypatch.setattr(site, "documents", lambda toc=None: ["intro", "words/a"])
    monkeypatch.setattr(site, "build", lambda: None)
    monkeypatch.setattr(site, "finish", lambda: None)
    monkeypatch.setattr(site.missing, "__defaults__", (tmp_path,))
    (tmp_path / "words").mkdir()
    for name in ("intro", "words/a", "index", "404"):
        (tmp_path / f"{name}.html").touch()
    return tmp_path


def test_a_whole_build_says_how_many_pages_and_how_long(built, capsys):
    assert site.missing(built) == []
    assert site.main() == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Built 2 pages")
    assert last.startswith("make book: 0.0 min of 3 min")


@pytest.mark.parametrize("name", ["words/a", "404"])
def test_a_build_without_one_of_its_pages_fails(built, name):
    (built / f"{name}.html").unlink()
    assert site.missing(built) == [name]
    with pytest.raises(HouseError, match=f"yet missing: {name}"):
        site.main()


def test_documents_are_read_in_order():
    toc = {
        "root": "intro",
        "parts": [
            {"chapters": [{"file": "a/x.ipynb"}, {"file": "a/y"}]},
            {"chapters": [{"file": "api", "sections": [{"file": "api_words.md"}]}]},
        ],
    }
    assert site.documents(toc) == ["intro", "a/x", "a/y", "api", "api_words"]
