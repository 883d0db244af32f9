"""The Explorer in a real browser: mouse, keyboard, search, analogy, themes, safety."""

import numpy as np
import pytest

from tutor.embedding import Embedding
from tutor.explorer import Explorer

pytestmark = pytest.mark.browser

HOSTILE = [
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "quote\" and 'apostrophe'",
    "&amp; <!-- comment",
    "new\nline",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "abc\u202etxt.exe",
    "\U0001f469\u200d\U0001f52c",
    "line\u2028separator",
    "${document.title='owned'}",
]


QUESTION = ["w000", "w006", "w001", *(f"w{i:03d}" for i in range(60))]


def words(n=300, dim=20, seed=0):
    """Return n made-up words around six centres."""
    rng = np.random.default_rng(seed)
    centres = 2 * rng.normal(size=(6, dim))
    vectors = centres[np.arange(n) % 6] + rng.normal(size=(n, dim))
    return Embedding([f"w{i:03d}" for i in range(n)], vectors)


def square():
    """Five points whose places are known: a cross with its middle."""
    keys = ["middle", "east", "north", "west", "south"]
    places = [[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]
    vectors = np.eye(5) + 0.1
    return Explorer(Embedding(keys, vectors), reduce=places, neighbours=3)


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that opens a page with these explorers, nothing else."""

    def open_page(*explorers, theme="", **window):
        shown = "".join(explorer._repr_html_() for explorer in explorers)
        attribute = f' data-theme="{theme}"' if theme else ""
        page = tmp_path / "page.html"
        page.write_text(
            f'<!doctype html><html lang="en"{attribute}><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>t</title></head><body><main><h1>Maps</h1>{shown}</main></body>"
            "</html>",
            encoding="utf-8",
        )
        browser.open(page.as_uri(), **window)
        return browser

    return open_page


def text(browser, selector, nth=0):
    """Return the text that a reader gets, without the marks that isolate names."""
    script = "return document.querySelectorAll(arguments[0])[arguments[1]].textContent"
    found = browser.run(script, selector, nth)
    return found.replace("\u2068", "").replace("\u2069", "")


def press(browser, *keys, on=".ex-map"):
    """Press keys as a reader would, with the focus on an element."""
    element = browser.driver.find_element("css selector", on)
    for key in keys:
        element.send_keys(key)


def keys():
    return pytest.importorskip("selenium.webdriver.common.keys").Keys


# --- mouse ---------------------------------------------------------------------------
def move_to(browser, name, *, click=False):
    """Point the mouse at the place where the first map draws a name."""
    spot = browser.run(
        "const map = document.querySelector('.tutor-explorer').explorer;"
        "map.canvas.scrollIntoView();"
        "const box = map.canvas.getBoundingClientRect();"
        "const [x, y] = map.place(map.names.indexOf(arguments[0]));"
        "return [box.left + x, box.top + y]",
        name,
    )
    mouse = {"x": spot[0], "y": spot[1], "type": "mouseMoved"}
    browser.driver.execute_cdp_cmd("Input.dispatchMouseEvent", mouse)
    for kind in ("mousePressed", "mouseReleased") if click else ():
        press_it = mouse | {"type": kind, "button": "left", "clickCount": 1}
        browser.driver.execute_cdp_cmd("Input.dispatchMouseEvent", press_it)


def test_hover_names_the_point_and_click_lists_its_neighbours(show):
    explorer = Explorer(words(40))
    browser = show(explorer)
    for name in ("w007", "w023"):
        move_to(browser, name)
        assert (
            browser.run("return document.querySelector('.ex-map').dataset.at") == name
        )
    move_to(browser, "w007", click=True)
    order, scores = explorer.nearest
    listed = browser.run(
        "return [...document.querySelectorAll('.ex-near li')].map(i => i.textContent)"
    )
    expected = [
        f"w{row:03d} {score:.2f}"
        for row, score in zip(order[7], scores[7], strict=True)
    ]
    assert listed == expected
    assert text(browser, ".ex-chosen") == "w007"
    browser.driver.find_element("css selector", ".ex-near button").click()
    assert text(browser, ".ex-chosen") == f"w{order[7, 0]:03d}"


def test_drag_moves_and_control_wheel_zooms_but_plain_wheel_does_not(show):
    browser = show(square())
    view = "const v = document.querySelector('.tutor-explorer').explorer.view;"
    view += "return [v.x, v.y, v.zoom]"
    before = browser.run(view)
    wheel = {"type": "mouseWheel", "x": 200, "y": 400, "deltaX": 0, "deltaY": -100}
    browser.driver.execute_cdp_cmd("Input.dispatchMouseEvent", wheel)
    assert browser.run(view) == before
    browser.driver.execute_cdp_cmd("Input.dispatchMouseEvent", wheel | {"modifiers": 2})
    assert browser.run(view)[2] > 1
    drag = browser.run(view)
    mouse = {"x": 300, "y": 400, "button": "left", "buttons": 1, "clickCount": 1}
    for kind, x in (("mousePressed", 300), ("mouseMoved", 340), ("mouseReleased", 340)):
        browser.driver.execute_cdp_cmd(
            "Input.dispatchMouseEvent", mouse | {"type": kind, "x": x}
        )
    assert browser.run(view)[0] < drag[0]
    assert text(browser, ".ex-chosen") == "the point you choose"


# --- keyboard ------------------------------------------------------------------------
def test_arrow_keys_walk_enter_chooses_escape_resets(show):
    browser, key = show(square()), keys()
    press(browser, key.ARROW_RIGHT)
    assert text(browser, ".ex-say") == "middle"
    press(browser, key.ARROW_RIGHT)
    assert text(browser, ".ex-say") == "east"
    press(browser, key.ARROW_RIGHT)
    assert text(browser, ".ex-say") == "No point further that way."
    press(browser, key.ARROW_LEFT, key.ARROW_UP)
    assert text(browser, ".ex-say") == "north"
    press(browser, key.ENTER)
    assert text(browser, ".ex-chosen") == "north"
    assert text(browser, ".ex-say").startswith("north chosen. Nearest: middle, east")
    zoom = "return document.querySelector('.tutor-explorer').explorer.view.zoom"
    press(browser, "+")
    assert browser.run(zoom) == 1.5
    press(browser, "-")
    assert browser.run(zoom) == 1
    press(browser, "+", key.ESCAPE)
    assert browser.run(zoom) == 1
    assert text(browser, ".ex-chosen") == "the point you choose"


def test_every_control_is_reached_with_tab_in_reading_order(show):
    browser, key = show(square()), keys()
    reached = []
    for _ in range(12):
        browser.driver.switch_to.active_element.send_keys(key.TAB)
        reached.append(
            browser.run(
                "const e = document.activeElement; return e.className || e.name || "
                "e.localName"
            )
        )
    expected = "ex-find ex-in ex-out ex-reset ex-map a b c inputs summary"
    assert reached[:10] == expected.split()


# --- search --------------------------------------------------------------------------
def test_search_counts_and_enter_chooses(show):
    browser, key = show(Explorer(words(300))), keys()
    press(browser, "W01", on=".ex-find")
    assert text(browser, ".ex-count") == "10 of 300 found"
    press(browser, "7", key.ENTER, on=".ex-find")
    assert text(browser, ".ex-count") == "1 of 300 found"
    assert text(browser, ".ex-chosen") == "w017"
    press(browser, "zz", on=".ex-find")
    assert text(browser, ".ex-count") == "0 of 300 found"
    press(browser, key.ESCAPE, on=".ex-find")
    assert text(browser, ".ex-count") == ""


def test_table_follows_the_search_and_grows(show):
    browser = show(Explorer(words(120)))
    count = "return document.querySelectorAll('.ex-rows tr').length"
    assert browser.run(count) == 25
    browser.driver.find_element("css selector", "summary").click()
    browser.driver.find_element("css selector", ".ex-more").click()
    assert browser.run(count) == 100
    assert text(browser, ".ex-part") == "100 of 120 rows shown."
    press(browser, "w00", on=".ex-find")
    assert browser.run(count) == 10
    assert text(browser, ".ex-part") == "10 of 10 matching rows shown."


def test_table_of_the_page_equals_the_table_of_the_html(show):
    """The static rows come from Python, the live ones from the packed data."""
    browser = show(Explorer(words(25), groups=[f"g{i % 3}" for i in range(25)]))
    rows = "return [...document.querySelectorAll('.ex-rows tr')].map(r => r.innerHTML)"
    static = browser.run(rows)
    browser.run("document.querySelector('.ex-rows').replaceChildren()")
    browser.driver.find_element("css selector", "summary").click()
    browser.run("document.querySelector('.tutor-explorer').explorer.fillTable()")
    assert browser.run(rows) == static


# --- analogy -------------------------------------------------------------------------
def test_analogy_box_answers_as_embedding_analogy(show):
    embedding = words(60, 20)
    browser = show(Explorer(embedding, analogy=QUESTION))
    asked = [("w000", "w006", "w001"), ("w010", "w014", "w041")]
    for a, b, c in asked:
        for name, word in zip("abc", (a, b, c), strict=True):
            field = browser.driver.find_element("name", name)
            field.clear()
            field.send_keys(word.upper())
        answers = text(browser, ".ex-answer").split(", ")
        expected = embedding.analogy(a, b, c, k=3)
        assert expected[0].score - expected[1].score > 0.02  # else 8 bits may differ
        assert answers[0].split()[0] == expected[0].key
        for answer, truth in zip(answers, expected, strict=True):
            assert float(answer.split()[1]) == pytest.approx(truth.score, abs=0.02)
    arrows = "return document.querySelector('.tutor-explorer').explorer.arrows"
    answer = int(expected[0].key[1:])
    assert browser.run(arrows) == [[10, 14], [41, answer]]


def test_analogy_may_answer_with_its_inputs_when_allowed(show):
    """Nearest to b - a + c is nearly always b or c: the box can show that trap."""
    browser = show(Explorer(words(60), analogy=QUESTION))
    assert not {"w000", "w006", "w001"} & set(text(browser, ".ex-answer").split())
    browser.driver.find_element("name", "inputs").click()
    assert {"w006", "w001"} & set(text(browser, ".ex-answer").split())


def test_analogy_names_the_word_it_does_not_know(show):
    browser = show(Explorer(words(60)))
    press(browser, "nobody", on="[name=a]")
    assert text(browser, ".ex-answer") == "? (nobody is not in this box)"
    assert browser.run("return document.querySelector('.ex-analogy').checkValidity()")


# --- several, hostile, small ---------------------------------------------------------
def test_several_explorers_on_a_page_do_not_disturb_each_other(show):
    browser, key = show(square(), Explorer(words(50)), square()), keys()
    press(browser, key.ARROW_UP, key.ENTER)
    chosen = [text(browser, ".ex-chosen", i) for i in range(3)]
    assert chosen == ["middle", "the point you choose", "the point you choose"]
    lists = browser.run(
        "return [...document.querySelectorAll('datalist')].map(d => d.id)"
    )
    assert len(set(lists)) == 3
    assert browser.errors() == []


def test_hostile_names_stay_text_and_can_be_found(show):
    vectors = np.random.default_rng(0).normal(size=(len(HOSTILE), 4))
    browser = show(
        Explorer(
            Embedding(HOSTILE, vectors),
            title=HOSTILE[0],
            groups=[HOSTILE[i % 2] for i in range(len(HOSTILE))],
        )
    )
    assert browser.driver.title == "t"
    assert browser.run("return document.querySelectorAll('main img').length") == 0
    press(browser, "</script>", on=".ex-find")
    assert text(browser, ".ex-count") == "1 of 10 found"
    press(browser, keys().ENTER, on=".ex-find")
    assert text(browser, ".ex-chosen") == HOSTILE[0]
    browser.driver.find_element("css selector", "summary").click()
    assert browser.driver.title == "t"
    assert browser.run("return document.querySelectorAll('main img').length") == 0
    assert browser.errors() == []
    assert browser.requests() == []


@pytest.mark.parametrize("n", [1, 2])
def test_smallest_maps_start(show, n):
    browser = show(Explorer(words(n, 3)))
    press(browser, keys().ARROW_UP, keys().ENTER)
    assert text(browser, ".ex-chosen") == "w000"
    assert browser.errors() == []


def test_output_inserted_later_starts_too(show):
    """As a notebook does it: the HTML is set, then its scripts are made anew."""
    browser = show()
    browser.run(
        "const host = document.createElement('div'); host.innerHTML = arguments[0];"
        "document.body.append(host);"
        "for (const old of host.querySelectorAll('script')) {"
        "  const fresh = document.createElement('script');"
        "  for (const a of old.attributes) fresh.setAttribute(a.name, a.value);"
        "  fresh.textContent = old.textContent; old.replaceWith(fresh); }",
        square()._repr_html_(),
    )
    press(browser, keys().ARROW_UP, keys().ENTER)
    assert text(browser, ".ex-chosen") == "middle"


# --- looks ---------------------------------------------------------------------------
def corner(browser):
    """Return the colour of the map's first pixel."""
    return browser.run(
        "const c = document.querySelector('.ex-map');"
        "return [...c.getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3)"
    )


def test_map_follows_the_system_and_the_switch_of_the_page(show):
    dark, light = [20, 24, 30], [255, 255, 255]
    assert corner(show(square(), scheme="dark")) == dark
    assert corner(show(square(), scheme="light")) == light
    browser = show(square(), scheme="dark", theme="light")
    assert corner(browser) == light
    browser.run("document.documentElement.dataset.theme = 'dark'")
    browser.run("return new Promise(requestAnimationFrame).then(() => true)")
    assert corner(browser) == dark


@pytest.mark.parametrize(
    "switch",
    [
        "document.body.dataset.jpThemeLight = 'false'",  # Jupyter
        "document.documentElement.setAttribute('theme', 'dark')",  # Colab
        "document.body.className = 'vscode-dark'",
    ],
)
def test_map_follows_the_notebook_it_stands_in(show, switch):
    browser = show(square())
    browser.run(switch)
    browser.run("return new Promise(requestAnimationFrame).then(() => true)")
    assert corner(browser) == [20, 24, 30]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_explorer_has_no_accessibility_violation(show, scheme, width):
    groups = [f"group {i % 8}" for i in range(60)]
    browser = show(
        Explorer(words(60), groups=groups, analogy=QUESTION),
        scheme=scheme,
        width=width,
    )
    press(browser, keys().ARROW_UP, keys().ENTER)
    browser.driver.find_element("css selector", "summary").click()
    assert browser.violations() == []
    wide = browser.run("return document.documentElement.scrollWidth")
    assert wide <= width


def test_accessibility_check_can_fail(show):
    browser = show(square())
    browser.run(
        "document.querySelector('.ex-find').closest('label').replaceWith("
        "document.querySelector('.ex-find'))"
    )
    assert any(v.startswith("label: ") for v in browser.violations())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dots_of_every_group_stand_out_from_the_paper(show, scheme):
    """WCAG 1.4.11 asks for a contrast of 3 to 1 for graphics."""
    browser = show(square(), scheme=scheme)
    colours = browser.run(
        "const c = document.querySelector('.tutor-explorer').explorer.colour;"
        "return [c.paper, c.ink, c.mark, c.line, ...c.dots]"
    )
    paper = luminance(colours[0])
    for colour in colours[1:]:
        low, high = sorted((paper, luminance(colour)))
        assert (high + 0.05) / (low + 0.05) >= 3, colour


def luminance(colour):
    """Return WCAG's relative luminance of a #rrggbb colour."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_nothing_moves_by_itself(show):
    """Reduced motion holds for everybody: no animation, no transition, no timer."""
    browser = show(square(), motion=False)
    assert browser.run("return document.getAnimations().length") == 0
    press(browser, keys().ARROW_UP, keys().ENTER)
    assert browser.run("return document.getAnimations().length") == 0


def test_without_javascript_the_table_is_open_and_the_map_is_away(show, browser):
    switch = "Emulation.setScriptExecutionDisabled"
    browser.driver.execute_cdp_cmd(switch, {"value": True})
    try:
        show(Explorer(words(60)))
        table = browser.driver.find_element("css selector", ".ex-rows")
        assert table.is_displayed()
        assert len(table.find_elements("css selector", "tr")) == 25
        assert not browser.driver.find_element("css selector", ".ex-map").is_displayed()
        notice = browser.driver.find_element("css selector", "noscript")
        assert "needs JavaScript" in notice.text
    finally:
        browser.driver.execute_cdp_cmd(switch, {"value": False})


STRANGER = "data:text/html,<title>t</title><img src='http://other.invalid/x.png'>"


def test_requests_and_errors_are_seen_when_there_are_some(browser):
    """The instrument works: a page that asks for another host is caught."""
    browser.open(STRANGER)
    assert browser.requests() == ["http://other.invalid/x.png"]
    waiting = pytest.importorskip("selenium.webdriver.support.wait")
    errors = waiting.WebDriverWait(browser.driver, 10).until(lambda _: browser.errors())
    assert "http://other.invalid/x.png" in errors[0]


def test_a_page_does_not_answer_for_the_page_before(show, browser):
    """Neither a request nor an error of one page is laid to the next one."""
    for _ in range(5):
        browser.open(STRANGER)
        show(square())
        assert browser.errors() == []
        assert browser.requests() == []


# --- several spaces ------------------------------------------------------------------
def several():
    """Two spaces of the same words, with other neighbours in each."""
    from tutor.explorer import Spaces

    return Spaces({"first": words(seed=0), "second": words(seed=1)})


def test_another_space_keeps_the_chosen_word_and_shows_its_neighbours(show):
    browser = show(several())
    find = browser.driver.find_element("css selector", ".ex-find")
    find.send_keys("w007", keys().ENTER)
    assert text(browser, ".ex-chosen") == "w007"
    before = text(browser, ".ex-near")
    press(browser, "s", on=".ex-space")  # the first letter chooses, as in any list
    assert browser.run("return document.querySelector('.ex-space').value") == "second"
    assert text(browser, ".ex-chosen") == "w007"
    assert text(browser, ".ex-near") != before
    near = words(seed=1).nearest("w007", 1)[0].key
    assert text(browser, ".ex-near li button") == near
    assert "second: 300 keys" in text(browser, ".ex-note")
    assert browser.errors() == []
    assert browser.requests() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_several_spaces_are_accessible(show, scheme, width):
    browser = show(several(), scheme=scheme, width=width)
    press(browser, "s", on=".ex-space")
    press(browser, keys().ARROW_UP, keys().ENTER)
    browser.driver.find_element("css selector", ".ex-spaces-table summary").click()
    assert browser.violations() == []
    assert browser.run("return document.documentElement.scrollWidth") <= width


# --- lines ---------------------------------------------------------------------------
def chain():
    """Return a network whose lines are known: a - b - c, and d alone."""
    from tutor.explorer import Network

    vectors = [[1, 0.0, 0], [1, 0.6, 0], [0.3, 1, 0], [0, 0, 1]]
    edges = [("a", "b"), ("b", "c")]
    return Network(Embedding(["a", "b", "c", "d"], vectors), edges)


def test_lines_lead_from_key_to_key(show):
    browser = show(chain())
    assert "2 lines" in text(browser, ".ex-lines")
    find = browser.driver.find_element("css selector", ".ex-find")
    find.send_keys("a", keys().ENTER)
    assert text(browser, ".ex-near li button") == "b"
    assert "1 within 1 step." in text(browser, ".ex-say")
    press(browser, "2", on=".ex-steps")
    assert "2 within 2 steps." in text(browser, ".ex-say")
    browser.run("document.querySelector('.ex-near button').click()")
    assert text(browser, ".ex-chosen") == "b"
    assert browser.run("return document.querySelectorAll('.ex-near li').length") == 2
    assert browser.errors() == []
    assert browser.requests() == []


def test_the_slider_leaves_weak_lines_out(show):
    browser = show(chain())
    find = browser.driver.find_element("css selector", ".ex-find")
    find.send_keys("b", keys().ENTER)
    press(browser, keys().END, on=".ex-threshold")
    assert "1 lines" in text(browser, ".ex-lines")
    assert browser.run("return document.querySelectorAll('.ex-near li').length") == 1
    slider = "document.querySelector('.ex-threshold')"
    assert browser.run(f"return {slider}.ariaValueText") == text(browser, ".ex-lines")
    find.clear()
    find.send_keys("d", keys().ENTER)
    assert "no other point; 0 within 1 step." in text(browser, ".ex-say")


def test_lines_are_drawn_and_those_of_the_chosen_key_stand_out(show):
    """Between two points lies the colour of a line, another when one is chosen."""
    browser = show(chain())
    middle = """
      const e = document.querySelector('.tutor-explorer').explorer;
      const [p, q] = [e.place(0), e.place(1)], r = window.devicePixelRatio || 1;
      const at = [0, 1].map((k) => Math.round(r * (p[k] + q[k]) / 2));
      return Array.from(e.pen.getImageData(at[0] - 2, at[1] - 2, 5, 5).data);
    """
    before = np.array(browser.run(middle)).reshape(-1, 4)
    assert len(np.unique(before, axis=0)) > 1  # paper and line
    browser.run("document.querySelector('.tutor-explorer').explorer.choose(0)")
    after = np.array(browser.run(middle)).reshape(-1, 4)
    assert np.abs(after.astype(int) - before).max() > 50


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_a_network_is_accessible(show, scheme, width):
    browser = show(chain(), scheme=scheme, width=width)
    press(browser, keys().ARROW_UP, keys().ENTER)
    browser.driver.find_element("css selector", ".ex-table summary").click()
    assert browser.violations() == []
    assert browser.run("return document.documentElement.scrollWidth") <= width
