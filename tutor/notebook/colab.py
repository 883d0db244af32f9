"""The set-up cell, and what a chapter needs where nothing is there yet: Colab."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

COLAB_ROOT = "/content/course"
NEEDS = {
    "words/counts": ("course-en", "wordsim353", "men", "mturk771"),
    "words/word2vec": ("course-en", "wordsim353", "simlex999", "men"),
    "words/glove": ("course-en", "wordsim353", "men", "glove-6b-50d"),
    "words/subwords": (
        "course-en",
        "rareword",
        "bengali-names",
        "bengali-strings",
        "lid-176",
    ),
    "words/evaluation": (
        "course-en",
        "hpo",
        "glove-6b-50d",
        "wordsim353",
        "simlex999",
        "men",
        "rareword",
        "mturk771",
        "rg65",
        "google-analogies",
    ),
    "words/senses": ("course-en", "wordnet"),
    "words/bias": (
        "wikipedia-leads-en",
        "glove-6b-50d",
        "men",
        "wordsim353",
        "simlex999",
        "google-analogies",
        "wordnet",
        "occupations-1971",
        "debiasing-lists",
    ),
    "words/terms": (
        "hpo",
        "icd-10-cm",
        "wikipedia-leads-en",
        "wordnet",
        "ukrainian-strings",
    ),
    "words/knowledge": (
        "wordnet",
        "hpo",
        "icd-10-cm",
        "simlex999",
        "men",
        "wordsim353",
    ),
    "words/numbers": (
        "glove-6b-50d",
        "vader-lexicon",
        "movielens-small",
        "wordnet",
        "men",
        "simlex999",
    ),
    "words/ladder": (
        "wikipedia-leads-en",
        "men",
        "wordsim353",
        "simlex999",
        "rareword",
        "google-analogies",
        "wordnet",
        "glove-6b-50d",
    ),
    "documents/paragraphs": ("hpo", "world"),
    "context/attention": ("minilm-l6-v2", "world"),
    "context/bert": ("minilm-l6-v2", "world"),
    "context/matryoshka": (
        "minilm-l6-v2",
        "world",
        "hpo",
        "icd-10-cm",
        "review-snippets",
        "python-functions",
        "lee-documents",
    ),
    "multimodal/clip": ("world",),
    "multimodal/text_only": ("world",),
    "graphs/walks": ("world",),
    "graphs/reconstruction": ("wikipedia-leads-en", "wordnet", "men"),
    "knowledge/triples": ("nations", "kinships", "umls"),
    "knowledge/flows": ("kinships", "umls"),
    "systems/multiplexing": ("movielens-small", "nycflights13"),
    "closing/one_world": ("world", "course-en", "minilm-l6-v2", "efficientnet-lite0"),
}
"""The data sets of each chapter: what Colab fetches for it, and nothing else."""

LIBRARIES = {"knowledge/triples": ("pykeen",), "graphs/reconstruction": ("networkx",)}
"""Libraries that only one chapter shows and Colab does not have."""

_SETUP_CELL = """\
import sys

if "google.colab" in sys.modules:  # only there: fetch the course, once
    import pathlib
    import subprocess

    course = pathlib.Path("{root}")
    address = "{address}"
    if not course.exists():
        command = ["git", "clone", "--quiet", "--depth", "1", address, str(course)]
        subprocess.run(command, check=True)
    sys.path.insert(0, str(course))

import tutor

tutor.setup("{chapter}")
"""


def setup_cell(chapter: str, address: str) -> str:
    """Return the set-up cell of a chapter: the same everywhere but for two names.

    Parameters
    ----------
    chapter : str
        ``words/word2vec``.
    address : str
        Public address of the repository, as ``repository.url`` in ``_config.yml``.
    """
    cell = _SETUP_CELL.format(root=COLAB_ROOT, address=address, chapter=chapter)
    return cell.rstrip("\n")


def prepare(chapter: str) -> None:
    """Install what Colab lacks and fetch the chapter's data packages, naming sizes."""
    for module in ("gensim", "uv", *LIBRARIES.get(chapter, ())):
        if importlib.util.find_spec(module) is None:
            _say(f"installing {module} …")
            command = [sys.executable, "-m", "pip", "install", "--quiet", module]
            subprocess.run(command, check=True)
    from tutor.datasets import carriers
    from tutor.datasets.sources import catalogue

    for name in carriers_of(chapter):
        if carriers.state(name).condition != "intact":
            size = catalogue().carriers[name].bytes / 1e6
            _say(f"fetching {name} ({size:.1f} MB) …")
            carriers.fetch(name)


def carriers_of(chapter: str) -> tuple[str, ...]:
    """Name the data packages a chapter needs, without the libraries among them."""
    from tutor.claims.studies import expand
    from tutor.datasets.sources import catalogue

    if chapter not in NEEDS:
        raise ValueError(f"{chapter!r} is not listed in tutor.notebook.NEEDS; add it")
    known = catalogue()
    sources = [source for name in NEEDS[chapter] for source in expand(name)]
    names = dict.fromkeys(known.sources[source].carrier for source in sources)
    return tuple(n for n in names if known.carriers[n].kind != "library")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
