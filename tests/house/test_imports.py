"""The import rules of the package, read from its syntax trees; sizes and signatures."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tutor.house.setup import ROOT

PACKAGE = ROOT / "tutor"
PARTS = (
    *("words", "documents", "context", "multimodal"),
    *("graphs", "knowledge", "systems", "closing"),
)
# (importing room, imported room): why a later part may lean on an earlier one.
ACROSS_PARTS: dict[tuple[str, str], str] = {
    ("graphs.walks", "words.word2vec"): "DeepWalk is word2vec on walks",
    ("graphs.studies", "words.word2vec"): "the settings of that word2vec",
    ("documents.paragraphs", "words.word2vec"): "the same decisions: one sigmoid",
    ("documents.paragraphs", "words.fast"): "the kernels' sigmoid",
    ("documents.autoencoder", "words.word2vec"): "the same sigmoid",
    ("documents.exercises", "words.word2vec"): "the same sigmoid",
    ("documents.studies", "words.evaluation"): "the two labelled collections",
    ("documents.studies", "words.word2vec"): "SIF takes means of word vectors",
    ("context.studies", "documents.bags"): "SIF and LSA as baselines of encoders",
    ("context.studies", "words.ladder"): "an encoder as one more rung of the ladder",
    ("systems.multiplexing", "knowledge.triples"): "the same Adam",
    ("closing.one_world", "context.studies"): "MiniLM, SIF and LSA as there",
    ("closing.one_world", "context.bert"): "the book's own BERT is one of the spaces",
    ("closing.one_world", "multimodal.frozen"): "ImageNet features are a space",
    ("closing.one_world", "multimodal.clip"): "the book's own CLIP is a space",
    ("closing.studies", "context.studies"): "MiniLM reads glosses of other senses",
    ("closing.studies", "words.counts"): "the families are trained on one world",
    ("closing.studies", "words.subwords"): "the families are trained on one world",
    ("closing.studies", "words.glove"): "the families are trained on one world",
    ("closing.studies", "words.word2vec"): "the families are trained on one world",
    ("closing.studies", "graphs.walks"): "the families are trained on one world",
    ("closing.studies", "graphs.graph"): "the graph that DeepWalk walks",
    ("closing.studies", "knowledge.triples"): "the families are trained on one world",
    ("closing.studies", "knowledge.flows"): "the families are trained on one world",
    ("closing.studies", "documents.paragraphs"): "the families are trained there",
    ("closing.studies", "graphs.reconstruction"): "the families are trained there",
}
HEAVY = ("torch", "numba", "transformers", "gensim", "matplotlib", "sklearn", "pandas")
AT_THE_TOP = {"fast.py": {"numba"}, "torch.py": {"torch"}, "triton.py": {"torch"}}
# Modules that use the house, and why; all others know nothing of it.
HOUSE = {"tutor.datasets.carriers": "uv's settings are prepared in one place"}
MAX_MODULE, MAX_FUNCTION, MAX_KERNEL, MAX_PARAMETERS = 300, 40, 80, 8
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path, root: Path = ROOT) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST, module: str, *, top_only: bool = False) -> set[str]:
    """Return the absolute names a module imports; at its top level only, if asked."""
    found: set[str] = set()
    for node in _statements(tree) if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".")[: -node.level]
                base = ".".join([*package, base]).rstrip(".")
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def _statements(tree):
    """Walk what runs at import: not functions, not blocks for type checkers."""
    for node in tree.body if hasattr(tree, "body") else []:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from (n for part in node.orelse for n in ast.walk(part))
            continue
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            yield from _statements(node)


def room(module: str) -> str:
    """Return the room of a module: ``words`` of ``tutor.words.word2vec.fast``."""
    return [*module.split("."), "", ""][1]


def violations(module: str, source: str) -> list[str]:
    """Return every import of a module that the rules forbid."""
    tree, here = ast.parse(source), room(module)
    found = []
    for target in imported(tree, module):
        there = room(target) if target.split(".")[0] == "tutor" else ""
        if there not in PARTS or there == here:
            continue
        if here in PARTS:
            pair = (".".join(module.split(".")[1:3]), ".".join(target.split(".")[1:3]))
            backwards = PARTS.index(there) < PARTS.index(here)
            if not backwards or pair not in ACROSS_PARTS:
                found.append(f"{module} imports {target}")
        elif here not in ("house", "benchmarks"):
            found.append(f"{module} (shared by all parts) imports {target}")
    last = module.split(".")[-1] + ".py"
    for target in imported(tree, module, top_only=True):
        library = target.split(".")[0]
        if library in HEAVY and library not in AT_THE_TOP.get(last, ()):
            found.append(f"{module} imports {library} at its top")
    if here not in ("house", "__main__", "benchmarks") and module not in HOUSE:
        house = [t for t in imported(tree, module) if room(t) == "house"]
        found += [f"{module} imports {t}" for t in house if t.startswith("tutor.")]
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_follow_the_reading_order(path):
    assert violations(name_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source", "word"),
    [
        (
            "tutor.words.word2vec",
            "from tutor.graphs import walks",
            "imports tutor.graphs",
        ),
        ("tutor.graphs.walks", "import tutor.words.glove", "imports tutor.words"),
        ("tutor.geometry", "def f():\n    import tutor.words.glove", "shared by all"),
        ("tutor.geometry", "import torch", "at its top"),
        ("tutor.words.x.reference", "from numba import njit", "at its top"),
        (
            "tutor.words.x.fast",
            "try:\n    import torch\nfinally:\n    pass",
            "at its top",
        ),
        ("tutor.words.glove.fast", "from ...knowledge import transe", "knowledge"),
        ("tutor.plot", "from tutor.house import site", "imports tutor.house"),
    ],
)
def test_a_planted_import_is_found(module, source, word):
    found = violations(module, source)
    assert found
    assert word in " ".join(found)


def test_no_module_waits_for_itself():
    """No cycle among what runs at import (imports inside functions are free)."""
    names = {name_of(path): path for path in MODULES}
    wants = {}
    for name, path in names.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        targets = imported(tree, name, top_only=True) & set(names)
        # `from tutor.a import b` wants b; the folder a is there before either.
        wants[name] = {t for t in targets if not name.startswith(f"{t}.")} - {name}
    assert cycle(wants) == []
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]


def cycle(wants: dict[str, set[str]]) -> list[str]:
    """Return one cycle of a graph of names, or nothing."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(wants[name]):
            if found := visit(target, [*path, name]):
                return found
        done.add(name)
        return []

    for name in sorted(wants):
        if found := visit(name, []):
            return found
    return []


# --- without the heavy libraries ------------------------------------------------------
BLOCKER = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(f"{{name}} is blocked")

sys.meta_path.insert(0, Blocked())
"""
IMPORT_ALL = """
import importlib, pkgutil
import tutor
count = 0
for found in pkgutil.walk_packages(tutor.__path__, "tutor."):
    parts = found.name.split(".")
    if parts[-1] in ("fast", "torch", "triton", "report") or "benchmarks" in parts:
        continue
    importlib.import_module(found.name)
    count += 1
print(count)
"""
FIT_ALL = """
from tutor.datasets import Corpus
from tutor.words import counts, glove, word2vec

corpus = Corpus.from_documents([["a", "b", "a", "c"], ["d", "e", "b", "f"]] * 5)
for module, config in (
    (counts, counts.CountsConfig(dim=2)),
    (word2vec, word2vec.Word2VecConfig(dim=2, epochs=1)),
    (glove, glove.GloVeConfig(dim=2, epochs=1)),
):
    found = module.fit(corpus, config, backend="numpy").embedding
    assert found.vectors.shape == (6, 2), found
    assert found.meta["algorithm"] == module.__name__.split(".")[-1]
    print(found.meta["algorithm"])
    try:
        module.fit(corpus, config, backend="numba")
    except ImportError:
        continue
    raise SystemExit("numba was not blocked")
"""


def without_heavy(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process where no heavy library can be imported."""
    script = BLOCKER.format(blocked=set(HEAVY)) + script
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_everything_imports_without_the_heavy_libraries():
    """A reader without torch, numba, gensim, transformers still gets part one."""
    done = without_heavy(IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40


def test_word_vectors_are_learned_without_the_heavy_libraries():
    """Part one not only imports: all three algorithms fit with NumPy alone."""
    done = without_heavy(FIT_ALL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["counts", "word2vec", "glove"]


def test_the_command_line_needs_the_standard_library_only():
    """``-S``: no site-packages at all, as before the set-up."""
    script = (
        "import tutor.__main__ as m, sys; m.parser(); assert 'numpy' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# --- sizes ----------------------------------------------------------------------------
def oversized(path: Path, source: str) -> list[str]:
    """Return what is longer, or takes more parameters, than a reader can hold."""
    found = []
    lines = source.count("\n")
    if lines > MAX_MODULE:
        found.append(f"{path.name}: {lines} lines, at most {MAX_MODULE}")
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        kernel = node.name.endswith("_jit") or "jit" in _decorators(node)
        most = MAX_KERNEL if kernel else MAX_FUNCTION
        long = _code_lines(node, source)
        if long > most:
            found.append(f"{path.name}:{node.name}: {long} lines, at most {most}")
        given = node.args
        count = len([*given.posonlyargs, *given.args, *given.kwonlyargs])
        if not node.name.startswith("_") and not kernel and count > MAX_PARAMETERS:
            found.append(f"{path.name}:{node.name}: {count} parameters")
    return found


def _decorators(node) -> str:
    return " ".join(ast.unparse(d) for d in node.decorator_list)


def _code_lines(node, source: str) -> int:
    """Count the lines of a function without docstring, blank lines and comments."""
    start = node.body[0].lineno if ast.get_docstring(node) is None else None
    begin = start or node.body[0].end_lineno + 1
    lines = source.splitlines()
    head = node.body[0].lineno - node.lineno
    code = [line.strip() for line in lines[begin - 1 : node.end_lineno]]
    return head + sum(bool(line) and not line.startswith("#") for line in code)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_sizes(path):
    assert oversized(path, path.read_text(encoding="utf-8")) == []


def test_sizes_can_fail():
    assert oversized(Path("m.py"), "x = 1\n" * 301)
    assert oversized(Path("m.py"), "def f():\n" + "    x = 1\n" * 40)
    assert oversized(Path("m.py"), "def f(a, b, c, d, e, f, g, h, i): pass\n")
    assert not oversized(Path("m.py"), "def _x_jit():\n" + "    x = 1\n" * 79)
