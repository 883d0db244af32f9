"""The study of chapter ``words/senses``: its pairs, sources, scores and report."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.evaluate.clustering import adjusted_rand_index
from tutor.words import senses
from tutor.words.senses import SensesConfig
from tutor.words.studies import senses as study
from tutor.words.studies import senses_stored, senses_words
from tutor.words.word2vec import Word2VecConfig

CONFIG = SensesConfig(
    engine=Word2VecConfig(dim=10, epochs=8, sample=0, window=3), senses=2
)


@pytest.fixture(scope="module")
def bench():
    """Two pseudo-words whose parts have company of their own; *m* is met everywhere.

    Documents of each topic come from source 0 or 1 in turn.
    """
    rng = np.random.default_rng(0)
    documents = []
    for i in range(160):
        topic = "ab"[i % 2]
        words = [f"{topic}{j}" for j in rng.integers(0, 6, 14)]
        words[3], words[8], words[11] = f"p{topic}", f"q{topic}", "m"
        documents.append(words)
    corpus = Corpus.from_documents(documents, name="planted")
    merged = senses.merge(corpus, [("pa", "pb"), ("qa", "qb")])
    return study.Bench(merged, ("m",), np.arange(160) // 2 % 2)


@pytest.fixture(scope="module")
def runs(bench):
    return study.fits(bench, CONFIG, seeds=(1, 2))


def test_scores_are_the_index_of_truth_and_induced_senses(bench, runs):
    table = study.scores(bench, runs)
    assert table.shape == (2, 3)
    assert study.pseudo(bench, table).shape == (2, 2)
    assert study.pseudo(bench, table).min() > 0.9  # the topics are far apart
    assert abs(study.single(bench, table)).max() < 0.1  # *m* was split by a coin
    found = senses.disambiguate(runs[0], bench.merged.corpus)
    here = found.block == 1
    truth = bench.merged.truth[found.position[here]]
    assert table[0, 0] == adjusted_rand_index(truth, found.sense[here])


def test_strata_and_sources(bench, runs):
    place = study.places(bench, runs[0])
    source = study.source_of(bench, place)
    document = place.position // 14
    np.testing.assert_array_equal(source, document // 2 % 2)
    alone = study.agreement(place.block, study.truth(bench, place), source)
    assert abs(alone[:2]).max() < 0.05  # each source has both topics
    within = study.scores(bench, runs, within_sources=True)
    assert study.pseudo(bench, within).min() > 0.9
    # sources that are the topics but for one document in ten: little is left within
    topic = np.arange(160) % 2
    near = replace(bench, sources=np.where(np.arange(160) % 11 == 0, 1 - topic, topic))
    groups = study.agreement(
        place.block, study.truth(bench, place), study.source_of(near, place)
    )
    assert groups[:2].min() > 0.5
    only = study.agreement(
        place.block,
        study.truth(bench, place),
        study.source_of(near, place),
        strata=study.source_of(near, place),
    )
    assert abs(only[:2]).max() < 1e-12
    # a source that decides the part leaves nothing to judge: 1 by convention, so the
    # chapter leaves such pseudo-words out
    same = replace(bench, sources=topic)
    within = study.pseudo(same, study.scores(same, runs, within_sources=True))
    np.testing.assert_array_equal(within, 1)


def test_kmeans_of_context_means_finds_the_topics(bench):
    plain = study.fits(bench, study.plain_run(CONFIG), seeds=(1,))
    assert plain[0].config.senses == 1
    found = study.scores(bench, plain, study.by_kmeans(2))
    assert study.pseudo(bench, found).min() > 0.9


def test_a_report_keeps_rows_by_seed_and_means(bench, runs):
    report = senses_stored.Report(bench)
    report.add("model", runs)
    report.add("source", runs[:1], lambda b, r: study.source_of(b, study.places(b, r)))
    kept = report.payload
    assert kept["words"] == ["pa/pb", "qa/qb"]
    assert np.shape(kept["table"]["model"]) == (2, 2)
    np.testing.assert_allclose(
        kept["table"]["model"],
        study.pseudo(bench, study.scores(bench, runs)),
        atol=1e-4,
    )
    assert list(kept["kept"]) == ["model"]
    assert 1 <= kept["kept"]["model"] <= 2
    assert np.shape(kept["random split"]["model"]) == (2,)
    difference = senses_stored.effect(kept, "model", "source")
    assert difference.estimate > 0.9
    assert senses_stored.effect(kept, "model", key="within sources").estimate > 0.9


def test_neighbours_name_each_kept_sense(bench, runs):
    shown = study.neighbours(runs[0], "pa/pb", k=3)
    assert list(shown) == ["pa/pb#1", "pa/pb#2"]
    assert all(len(entry["near"]) == 3 for entry in shown.values())
    assert shown["pa/pb#1"]["prior"] >= shown["pa/pb#2"]["prior"]


# --- the real corpus -----------------------------------------------------------------
@pytest.fixture(scope="module")
def whole():
    from tutor.datasets import texts

    return texts.course_en()


def test_pairs_follow_the_stated_rule(whole):
    from tutor.datasets.wordnet import wordnet

    net, counts = (
        wordnet(),
        dict(
            zip(whole.vocabulary.words, whole.vocabulary.counts.tolist(), strict=True)
        ),
    )
    found = senses_words.pairs(whole)
    flat = [word for pair in found for word in pair]
    assert len(set(flat)) == len(flat) > 100
    for word in flat:
        assert [s.pos for s in net.lookup(word)] == ["n"]
        assert 150 <= counts[word] <= 2000
        assert not word.endswith(("s", "ing"))
    for left, right in found:
        assert senses_words.unrelated(left, right)
        assert counts[left] >= counts[right]
    assert not senses_words.unrelated("hydrogen", "oxygen")


def test_validation_and_test_share_no_word(whole):
    chosen, test = senses_words.split(senses_words.pairs(whole))
    assert len(chosen) == senses_words.VALIDATION
    assert len(test) > 40
    assert not {w for p in chosen for w in p} & {w for p in test for w in p}


def test_sources_are_those_of_the_documents(whole):
    """Tokens of each source add up to those of the source read alone."""
    from tutor.datasets import readers, texts

    corpus = texts.course_en(min_count=1)
    sources = study.document_sources(len(corpus))
    sizes = np.diff(corpus.offsets)
    for number, name in enumerate(readers.COURSE_EN):
        part = texts.course_part(name, min_count=1)
        assert sizes[sources == number].sum() == len(part.tokens)
        assert (sources == number).sum() == len(part)


def test_models_and_controls_change_what_they_name():
    base = SensesConfig()
    models, changes = senses_stored.models(), senses_stored.changes()
    assert models["two phases"] == base
    assert models["one phase"] == replace(base, shared_epochs=0, disambiguator_rate=2.0)
    assert models["temperature 1"] == replace(base, temperature=1.0)
    assert models["hard (MSSG)"].assignment == "hard"
    passes = {c.engine.epochs for c in (*models.values(), *changes.values())}
    assert passes == {base.engine.epochs}
    assert [c.senses for c in changes.values()] == [3, 3, 2, 5, 3]
