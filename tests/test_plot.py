"""Figures: the words come from the data, the bytes are stable, the colours are safe."""

from types import SimpleNamespace as Effect

import numpy as np
import pytest

from tutor import plot
from tutor.plot import style, words

RNG = np.random.default_rng(0)
VECTORS = {key: RNG.normal(size=20) for key in "abcdefghij"}
FIGURES = {
    "lines": lambda: plot.lines(
        [1, 2, 4, 8],
        {"one": [0.31, 0.47, 0.58, 0.62], "two": RNG.normal(0.4, 0.01, (5, 4))},
        title="Does more text help?",
        x_label="tokens (millions)",
        y_label="Spearman",
        log_x=True,
        reference={"chance": 0.3},
    ),
    "forest": lambda: plot.forest(
        {"a": Effect(estimate=0.05, low=0.01, high=0.08)},
        title="Which choice matters?",
        label="difference",
        margin=0.02,
    ),
    "bars": lambda: plot.bars(
        {"a": 0.4, "b": Effect(estimate=0.5, low=0.4, high=0.6)},
        title="How many?",
        label="share",
    ),
    "scatter": lambda: plot.scatter(
        np.arange(5.0),
        2 * np.arange(5.0),
        title="Is it a line?",
        x_label="x",
        y_label="y",
        names={3: "cat"},
    ),
    "matrix": lambda: plot.matrix(
        [[1.0, -0.5], [0.0, 0.25]],
        ["r", "s"],
        ["u", "v"],
        title="What is close?",
        label="cosine",
    ),
    "gallery": lambda: plot.gallery(
        RNG.integers(0, 255, size=(2, 8, 8, 3), dtype=np.uint8),
        ["red apple", "a name that is far too long for its place"],
        title="What is it?",
        credit="Drawings: somebody, CC BY.",
        marked=[True, False],
    ),
    "map": lambda: plot.embedding_map(
        VECTORS,
        {"one": list("abcde"), "two": list("fghij")},
        title="Do groups separate?",
    ),
}
SAID = {
    "lines": "one rises from 0.31 to 0.62 between 1 and 8",
    "forest": "a 0.05 (0.01 to 0.08); a strip marks the margin of 0.02",
    "bars": "a 0.4; b 0.5 (0.4 to 0.6)",
    "scatter": "5 points, fitted line of slope 2, correlation 1; named are cat",
    "matrix": "2 by 2 cells of cosine: highest 1 at r, u; lowest -0.5 at r, v",
    "gallery": "red apple (framed); a name that is far too long for its place. Draw",
    "map": "of the variance and keep",
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_shows_itself_with_its_words(name):
    figure = FIGURES[name]()
    assert SAID[name] in figure.alt
    assert figure.alt.startswith(figure.title)
    data, metadata = figure._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == f"<Figure: {figure.title}>"  # compared by nbval
    assert metadata["tutor"]["alt"] == figure.alt


@pytest.mark.parametrize("name", FIGURES)
def test_bytes_are_stable_and_carry_no_version(name):
    figure = FIGURES[name]()
    picture = figure.png()
    assert picture == figure.png()
    assert b"Software" not in picture
    assert b"tEXt" not in picture
    assert len(picture) < 100_000


def test_ground_is_transparent():
    import io

    from matplotlib.image import imread

    pixels = imread(io.BytesIO(FIGURES["lines"]().png()))
    assert pixels.shape[2] == 4
    assert pixels[0, 0, 3] == 0
    assert (pixels[..., 3] == 0).mean() > 0.5


def test_matplotlib_state_is_untouched():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    FIGURES["matrix"]().png()
    assert dict(mpl.rcParams) == before


def test_an_empty_cell_of_a_matrix_stays_empty():
    figure = plot.matrix(
        [[np.nan, 0.5], [0.2, np.nan]], ["a", "b"], ["a", "b"], title="t", label="l"
    )
    (axes, _) = figure.fig.axes
    assert [text.get_text() for text in axes.texts] == ["0.50", "0.20"]
    assert "highest 0.5 at a, b; lowest 0.2 at b, a" in figure.alt


def luminance(color: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    low = channels <= 0.04045
    linear = np.where(low, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["#ffffff", "#14181e", "#1e1e1e"])
@pytest.mark.parametrize("color", [*style.PALETTE, style.INK])
def test_contrast_on_light_and_dark(color, ground):
    """WCAG 1.4.11: graphics need 3 to 1; pages, Jupyter and Colab in both modes."""
    assert contrast(color, ground) >= 3


# Machado, Oliveira and Fernandes (2009), severity 1: deuteranopia, protanopia.
BLINDNESS = {
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
}


@pytest.mark.parametrize("kind", BLINDNESS)
def test_first_colours_stay_apart_for_the_colour_blind(kind):
    """The first three colours differ; the others differ in marker and stroke."""
    matrix = np.array(BLINDNESS[kind])
    seen = []
    for color in style.PALETTE[:3]:
        rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        seen.append(np.clip(matrix @ rgb, 0, 1))
    gaps = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(gaps) > 0.2
    assert len(set(style.MARKERS)) == len(style.PALETTE) == len(set(style.STROKES))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (0.6134, "0.61"),
        (-0.052, "-0.052"),
        (1.0, "1"),
        (99.6, "100"),
        (12345, "12,000"),
        (0.000012, "1.2e-05"),
        (float("nan"), "undefined"),
    ],
)
def test_say(value, said):
    assert words.say(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (128, "128"), (1024, "1,024"), (0, "0"), (-3, "-3"), (99_999, "99,999"),
        (5_146_789, "5,150,000"), (0.0625, "0.0625"), (1 / 3, "0.333"),
        (12_345.6, "12,346"), (1e-5, "1e-05"), (float("nan"), "undefined"),
    ],
)  # fmt: skip
def test_a_place_on_an_axis_is_what_the_tick_says(value, said):
    """Two digits would call 128 numbers 130."""
    assert words.place(value) == said


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([1, 1, 1, 1], "stays at 1"),
        ([4, 3, 2, 1], "falls from 4 to 1"),
        ([0.31, 0.5, 0.61, 0.62], "flat from 3 on"),
        ([0, 5, 2, 1], "highest 5 at 2"),
        ([5, 0, 4, 6], "lowest 0 at 2"),
    ],
)
def test_course(y, said):
    assert said in words.course([1, 2, 3, 4], np.asarray(y, dtype=float))


def test_main_plane_and_neighbours():
    """Points in a plane lose nothing: all the variance, all the neighbours."""
    flat = RNG.normal(size=(20, 2))
    rotated = flat @ np.linalg.qr(RNG.normal(size=(6, 6)))[0][:2]
    drawn, share = plot.main_plane(rotated)
    assert share == pytest.approx(1)
    assert plot.neighbours_kept(rotated, drawn, k=5) == 1
    assert plot.neighbours_kept(rotated, RNG.normal(size=(20, 2)), k=5) < 0.8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plot.bars({"a": 1}, title=" ", label="x"), "question"),
        (
            lambda: plot.lines([1], {"a": [1, 2]}, title="t", x_label="", y_label=""),
            "series 'a' has 2 points, x has 1",
        ),
        (
            lambda: plot.scatter([1], [1, 2], title="t", x_label="", y_label=""),
            "shape",
        ),
        (lambda: plot.matrix([[1]], ["a", "b"], ["c"], title="t", label=""), "names"),
        (lambda: plot.embedding_map(VECTORS, ["a"], title="t"), "4 to 200"),
        (
            lambda: plot.gallery(np.zeros((2, 4, 4, 3)), ["a"], title="t", credit="c"),
            "and 1 labels",
        ),
        (
            lambda: plot.gallery(np.zeros((1, 4, 4, 3)), ["a"], title="t", credit=" "),
            "need a credit",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_zero_vector_stays_in_the_middle_of_a_map():
    """It has no direction; dividing by its length would spoil every point."""
    figure = plot.embedding_map(
        {**VECTORS, "zero": np.zeros(20)}, [*"abcd", "zero"], title="Where?"
    )
    assert "nan" not in figure.alt
    assert "hold" in figure.alt


def test_a_map_of_a_single_point_is_refused():
    same = dict.fromkeys("abcd", np.ones(3))
    with pytest.raises(ValueError, match="all vectors are equal"):
        plot.embedding_map(same, list("abcd"), title="Where?")
