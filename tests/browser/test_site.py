"""The built site in a real browser: what it asks for, what it says, who can use it."""

import functools
import re
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

HTML = Path(__file__).parents[2] / "_build" / "html"
BUILT = (HTML / "intro.html").is_file()
MADE_BY_TOOLS = ("genindex.html", "py-modindex.html", "search.html")

# What the tools around our text do wrong: rule and selector, both matched from their
# beginning. Nothing of ours may stand here.
ALLOWED = (
    # the theme's search button says "Search" and is called "Search" plus its keys
    ("label-content-name-mismatch", r"\.search-button"),
    # myst-nb's fold says "Show code cell source" and is called otherwise by the theme
    ("label-content-name-mismatch", r".*summary"),
    # the theme's logo stands outside every landmark
    ("region", r"\.only-(light|dark)$"),
)
# Console messages that are the theme's own: its first visit finds no stored choice.
HARMLESS = re.compile("Got invalid theme mode: . Resetting to auto")


def own_pages():
    """Return the pages whose text is ours, by their address inside the site."""
    if not BUILT:
        return []
    found = (p.relative_to(HTML).as_posix() for p in sorted(HTML.rglob("*.html")))
    return [
        p
        for p in found
        if p not in MADE_BY_TOOLS and p != "index.html" and not p.startswith("_")
    ]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def site():
    """Serve the built site on this machine and return its address."""
    if not BUILT:
        pytest.skip("the site is not built; run `make book` first")
    handler = functools.partial(Quiet, directory=str(HTML))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def visit(browser, address, **window):
    """Open a page and wait until its maths is set."""
    browser.open(address, **window)
    browser.driver.set_script_timeout(60)
    browser.driver.execute_async_script(
        "const done = arguments[0];"
        "const wait = () => window.MathJax?.startup?.promise;"
        "const load = () => Promise.resolve(wait()).then(() => done(true));"
        "if (document.readyState === 'complete') load();"
        "else window.addEventListener('load', load);"
    )


def is_allowed(violation):
    """Return whether a finding is on the list of what the tools do wrong."""
    rule, selector = violation.split(": ", 1)
    return any(rule == r and re.match(s, selector) for r, s in ALLOWED)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", own_pages() or ["intro.html"])
def test_page(site, browser, page, scheme):
    """No other host, no error, maths set, and no violation, folds opened too."""
    visit(browser, site + page, scheme=scheme)
    away = [url for url in browser.requests() if not url.startswith(site)]
    assert away == [], "asks for another host"
    errors = [e for e in browser.errors() if not HARMLESS.search(e)]
    assert errors == [], "writes errors to the console"
    dark = browser.run(
        "const [r, g, b] = getComputedStyle(document.body).backgroundColor"
        ".match(/[\\d.]+/g).map(Number); return r + g + b < 384"
    )
    if page != "404.html":  # which leaves its colours to the browser
        assert dark == (scheme == "dark"), "does not follow the system's colours"
    written, drawn = browser.run(
        "return ['.math', 'mjx-container']"
        ".map(s => document.querySelectorAll('main ' + s).length)"
    )
    assert drawn >= written, "maths stays unset"
    assert browser.run("return document.querySelectorAll('mjx-merror').length") == 0
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    violations = [v for v in browser.violations() if not is_allowed(v)]
    assert violations == [], "axe-core objects"


@pytest.mark.parametrize("page", own_pages() or ["intro.html"])
def test_page_is_not_wider_than_a_telephone(site, browser, page):
    """Wide tables and formulas scroll inside themselves, never the page."""
    visit(browser, site + page, width=400)
    wide = browser.run(
        "const w = document.documentElement.clientWidth; return [...document"
        ".querySelectorAll('main article *')].filter(e => {"
        "  if (e.getBoundingClientRect().right <= w + 1) return false;"
        "  for (let p = e.parentElement; p; p = p.parentElement)"
        "    if (getComputedStyle(p).overflowX !== 'visible') return false;"
        "  return true; })"
        ".map(e => e.localName + '.' + e.className).slice(0, 5)"
    )
    assert wide == []


def with_explorers():
    """Return the pages that show an explorer."""
    return [
        page
        for page in own_pages()
        if 'class="tutor-explorer"' in (HTML / page).read_text(encoding="utf-8")
    ]


def test_some_page_shows_an_explorer():
    if not BUILT:
        pytest.skip("the site is not built; run `make book` first")
    assert with_explorers()


@pytest.mark.parametrize("page", with_explorers())
def test_explorers_of_a_page_start_and_answer(site, browser, page):
    """On the site as it is published: started, drawn, and a key shows neighbours."""
    visit(browser, site + page)
    found = browser.driver.find_elements("css selector", ".tutor-explorer")
    assert found
    for root in found:
        assert root.get_attribute("data-ready") == "yes"
        row = root.find_element("css selector", ".ex-rows th").get_attribute(
            "textContent"
        )
        field = root.find_element("css selector", ".ex-find")
        field.clear()
        field.send_keys(row, "\ue007")  # Enter
        chosen = root.find_element("css selector", ".ex-chosen")
        assert chosen.get_attribute("textContent") == row
    assert [e for e in browser.errors() if not HARMLESS.search(e)] == []


def test_search_finds_a_chapter_without_another_host(site, browser):
    visit(browser, site + "search.html?q=embedding")
    results = "return document.querySelectorAll('#search-results li').length"
    for _ in range(50):
        if browser.run(results):
            break
        browser.driver.execute_async_script("setTimeout(arguments[0], 100)")
    assert browser.run(results) > 0
    assert [url for url in browser.requests() if not url.startswith(site)] == []


def test_list_of_allowed_findings_is_about_tools_only():
    assert is_allowed("label-content-name-mismatch: .search-button")
    assert not is_allowed("color-contrast: .search-button")
    assert not is_allowed("label: .tutor-explorer input")
