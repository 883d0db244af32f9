"""The study of chapter words/ladder: no test document in the text, planted orders."""

import json

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.words import ladder
from tutor.words.ladder import Column, Ladder, Mark, Rung
from tutor.words.ladder.rungs import ppmi
from tutor.words.studies import ladder as study

CONFIG = ladder.LadderConfig()


@pytest.fixture(scope="module")
def ground():
    """Return the ground with a tenth of the text."""
    return ladder.leads(CONFIG, tokens=60_000)


def test_no_test_document_is_read(ground):
    """Neither by number nor by text: no document of the test stands in the others."""
    texts = ground.texts
    parts = [set(part.tolist()) for part in (ground.pool, ground.dev, ground.test)]
    np.testing.assert_equal([len(p) for p in parts], [1000, 500, 1500])
    np.testing.assert_equal(len(set.union(*parts)), 3000)
    held = {texts.documents[i] for i in parts[2]}
    rest = {d for i, d in enumerate(texts.documents) if i not in parts[2]}
    np.testing.assert_equal(len(held & rest), 0)
    whole = ladder.leads(ladder.LadderConfig(sample=0, min_count=1)).corpus
    np.testing.assert_equal(len(whole), 10_033 - 1500)
    read = {tuple(whole.words(i)) for i in range(len(whole))}
    np.testing.assert_equal(len(held & read), 0)


def test_a_part_of_the_text_is_read_and_the_tests_fit_it(ground):
    found = ladder.trials(ground)
    np.testing.assert_equal(found.words, ground.corpus.vocabulary.words)
    np.testing.assert_array_less(len(ground.corpus), 1200)
    documents = found.documents
    np.testing.assert_allclose(documents.weights.sum(axis=1).max(), 1)
    gold = ground.texts.labels[ground.test]
    np.testing.assert_array_equal(documents.labels[documents.test], gold)
    np.testing.assert_array_equal(found["topics"].gold, gold)
    again = ladder.leads(CONFIG, tokens=60_000)
    np.testing.assert_array_equal(again.corpus.tokens, ground.corpus.tokens)
    assert "analogies of form" in repr(found)


def test_the_wide_rung_differs_in_its_window_alone():
    text = Corpus.from_documents([[f"w{i}" for i in range(12)]] * 2 + [["w0", "w3"]])
    config = ladder.LadderConfig(min_count=1)
    wide = study.wide_ppmi(text, config, 0).matrix
    np.testing.assert_array_less(ppmi(text, config, 0).matrix.nnz, wide.nnz)
    same = ladder.LadderConfig(min_count=1, window=50)
    np.testing.assert_array_equal(wide.toarray(), ppmi(text, same, 0).matrix.toarray())


def planted():
    """Every rung of the study, strengths falling from the first step to the last."""
    rng = np.random.default_rng(0)
    columns = {
        name: Column(name, kind, rng.integers(0, 3, 200).astype(float), ())
        for name, kind in (
            *(
                (n, "spearman")
                for n in ("men", "wordsim353", "simlex999", "unknown words")
            ),
            *((n, "mean") for n in ("analogies of form", "analogies of meaning")),
            ("topics", "macro-F1"),
        )
    }
    rungs = (*ladder.RUNGS, study.WIDE)
    marks = {}
    for place, rung in enumerate(rungs):
        runs = []
        for _ in range(3):
            noise = rng.normal(size=200) * 0.5 * 1.6**place
            values = {n: c.gold + noise for n, c in columns.items()}
            hit = rng.random(200) < 0.95 - place / 20
            values["topics"] = np.where(hit, columns["topics"].gold, 3.0)
            runs.append(Mark(values, 100, 0, 0.5, 1.5))
        marks[rung.name] = tuple(runs)
    return Ladder(rungs, columns, marks)


@pytest.fixture(scope="module")
def report():
    return study.report(planted())


def test_the_report_is_plain_json_and_complete(report):
    back = json.loads(json.dumps(report, allow_nan=False))
    np.testing.assert_equal(len(back["rungs"]), 15)
    np.testing.assert_equal(len(back["effects"]), len(study.COMPARED) + 1)
    np.testing.assert_equal(back["rungs"]["SGNS"]["seconds"], 1.5)


def test_a_planted_fall_is_reported(report):
    """Every later rung is worse, so tau is negative and no pair is decided upwards."""
    np.testing.assert_array_less(report["rising"]["men"]["high"], 0)
    np.testing.assert_equal(report["chosen by wordsim353"], "one-hot")
    found = report["pairs of steps"]["men"]
    np.testing.assert_equal((found["all"], found["later is better"]), (27, 0))
    np.testing.assert_array_less(5, found["later is worse"])
    np.testing.assert_array_less(abs(report["apart"]["estimate"]), 0.3)


def test_an_undefined_score_is_none_and_never_the_best():
    held = planted()
    flat = [
        Mark({**m.values, "wordsim353": np.zeros(200)}, 1, 0, 0.0, 1.0)
        for m in held.marks["one-hot"]
    ]
    held = Ladder(held.rungs, held.columns, {**held.marks, "one-hot": tuple(flat)})
    names = [rung.name for rung in held.steps()]
    np.testing.assert_equal(study.best_by(held, names, "wordsim353"), "TF-IDF rows")
    one = study._one(held, next(r for r in held.rungs if r.name == "one-hot"))
    np.testing.assert_equal(one["scores"]["wordsim353"], [None] * 3)


def test_the_chapter_adds_a_rung_as_a_later_part_would(ground):
    """A higher step joins the order; nothing else of the ladder moves."""
    trials = ladder.trials(ground).only("men")
    rungs = ladder.named("one-hot", "TF-IDF rows", "PPMI rows")
    low = ladder.climb(rungs, ground.corpus, trials, CONFIG, seeds=(1, 2))
    late = Rung("late", study.wide_ppmi, step=9, seeded=False)
    high = low | ladder.climb([late], ground.corpus, trials, CONFIG, seeds=(1, 2))
    assert [r.name for r in high.steps()][-1] == "late"
    np.testing.assert_array_equal(
        high.scores("PPMI rows", "men"), low.scores("PPMI rows", "men")
    )
