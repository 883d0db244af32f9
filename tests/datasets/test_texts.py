"""The course's texts: counted, mixed, licensed, and the same every time."""

import re
import socket
import subprocess
import sys

import numpy as np
import pytest

from tutor.datasets import MissingCarrierError, data_root, models, texts
from tutor.datasets import attribution as page_of
from tutor.datasets.readers import COURSE_EN
from tutor.datasets.sources import catalogue, source
from tutor.embedding import Embedding

COURSE = "01cf0dcfa274b47f748637b6a3e348109b554a4c192ad0e0c67459a0e4bdd414"


def test_course_en_is_the_corpus_of_the_datasheet():
    """Counts as in data/datasheets/course-en.md; another number is another corpus."""
    corpus = texts.course_en()
    assert (len(corpus), len(corpus.tokens), len(corpus.vocabulary)) == (
        *(133014, 5150741),
        43126,
    )
    assert corpus.sha256 == COURSE
    sheet = (data_root() / "datasheets" / "course-en.md").read_text()
    for number in (133014, 5150741, 43126, 5367273, 184259):
        assert f"{number:,}" in sheet
    assert corpus.vocabulary.words[:4] == ("the", "of", "a", "to")
    assert corpus.vocabulary.counts[-1] == 5
    assert corpus.licence
    assert corpus.citation


def test_min_count_one_is_the_whole_text():
    corpus = texts.course_en(min_count=1)
    assert (len(corpus.tokens), len(corpus.vocabulary)) == (5367273, 184259)


def test_parts_add_up_to_the_whole():
    """Same documents, same words, whatever the order."""
    parts = [texts.course_part(name, min_count=1) for name in COURSE_EN]
    whole = texts.course_en(min_count=1)
    assert sum(len(p) for p in parts) == len(whole)
    assert sum(len(p.tokens) for p in parts) == len(whole.tokens)
    words = set().union(*(p.vocabulary.words for p in parts))
    assert words == set(whole.vocabulary.words)
    sheet = (data_root() / "datasheets" / "course-en.md").read_text()
    for part in parts:
        numbers = (len(part), len(part.tokens), len(part.vocabulary))
        row = " | ".join([part.name, *(f"{n:,}" for n in numbers)])
        assert f"| {row} |" in sheet


def test_sources_are_mixed():
    """Any tenth of the corpus has about a tenth of each part's telling word."""
    corpus = texts.course_en()
    tenths = np.array_split(corpus.tokens, 10)
    for word in ("ontology", "tablespoon", "obs", "born"):
        row = corpus.vocabulary.index(word)
        shares = np.array([np.mean(t == row) for t in tenths])
        assert shares.max() < 2 * shares.mean()
        assert shares.min() > shares.mean() / 2


def test_unknown_part_lists_the_parts():
    with pytest.raises(ValueError, match="gcide"):
        texts.course_part("bible")


def test_wikipedia_leads_have_topics():
    leads = texts.wikipedia_leads()
    assert len(leads) == source("wikipedia-leads-en").rows == 10033
    topics = {lead.topic for lead in leads}
    assert len(topics - {"Uncategorized"}) == 11
    assert all(lead.title and lead.text for lead in leads)
    first = next(lead for lead in leads if lead.title == "Emperor Gaozu of Han")
    assert first.topic == "People"
    assert first.text.startswith("Emperor Gaozu of Han, personal name Liu Bang")


@pytest.mark.parametrize("language", ["fr", "es"])
def test_other_languages(language):
    leads = texts.wikipedia_leads(language)
    assert len(leads) == source(f"wikipedia-leads-{language}").rows


def test_another_language_lists_those_there_are():
    with pytest.raises(ValueError, match="en, fr, es"):
        texts.wikipedia_leads("bn")


def test_hpo_definitions():
    corpus = texts.hpo_definitions(min_count=1)
    assert len(corpus) == 16454
    assert len(corpus.tokens) == 345510
    assert "phenotype" in corpus.vocabulary
    assert not any('"' in w or "\\" in w for w in corpus.vocabulary)


def test_glove_is_the_published_table():
    """First row and value of the published 50-d file: ``the 0.418 0.24968 …``."""
    glove = models.glove(50)
    assert isinstance(glove, Embedding)
    assert glove.vectors.shape == (400000, 50)
    assert glove.keys[:3] == ("the", ",", ".")
    np.testing.assert_allclose(glove["the"][:3], [0.418, 0.24968, -0.41242], rtol=1e-5)
    assert glove.analogy("man", "king", "woman")[0].key == "queen"
    with pytest.raises(ValueError, match="50 dimensions only"):
        models.glove(300)


def test_a_missing_carrier_stops_the_corpus(own_cache):
    """An empty cache: the error names the command, and nothing is left behind."""
    with pytest.raises(MissingCarrierError, match="python -m tutor data"):
        texts.course_en()
    assert not [p for p in (own_cache / "corpora").iterdir() if p.is_dir()]


def test_the_default_path_needs_no_network(monkeypatch):
    """Every loader with every socket refused."""

    def refuse(*args, **kwargs):
        raise AssertionError("the default path opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    texts.course_en()
    texts.hpo_definitions()
    texts.wikipedia_leads()
    models.glove(50)


def test_importing_the_data_room_imports_nothing_heavy():
    """Not even gensim, whose files are read without importing it."""
    code = (
        "import sys; from tutor.datasets import texts, lexicons, models, carriers\n"
        "lexicons.similarity('wordsim353')\n"
        "heavy = 'torch numba gensim pandas pyarrow matplotlib scipy sklearn'.split()\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_attribution_page_is_up_to_date():
    """The page is made from sources.toml: ``python -m tutor attribution``."""
    page = data_root().parent / page_of.PAGE
    assert page.read_text(encoding="utf-8") == page_of.render()
    for name, record in catalogue().sources.items():
        assert f"`{name}`" in page_of.render()
        assert record.citation in page_of.render()


def test_small_sets_do_not_weigh_nothing_on_the_page():
    """Every size that is known has a digit other than 0."""
    sizes = re.findall(r"\| ([\d.]+) [kM]B \|", page_of.render())
    known = [s for s in catalogue().sources.values() if s.verified]
    assert len(sizes) == len(known)
    assert all(float(size) > 0 for size in sizes)
    assert "| 1.2 kB |" in page_of.render()
