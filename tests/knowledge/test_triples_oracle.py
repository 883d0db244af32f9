"""Triples against PyKEEN: the same numbers give the same scores, ranks and metrics.

PyKEEN 1.11 writes RotatE with the norm over the complex vector and TransE with a norm
to choose; both are set as ours. Vectors are random, in float64, and copied over.
"""

from functools import cache

import numpy as np
import pytest

from tutor.datasets.triples import triples
from tutor.knowledge import triples as kg
from tutor.knowledge.triples import losses, reference, train

pytestmark = [pytest.mark.oracle, pytest.mark.slow]
pytest.importorskip("pykeen", reason="pykeen is not installed")

MODELS = ("transe", "distmult", "complex", "rotate")
DIM = 6


@cache
def theirs():
    """Return PyKEEN's Nations."""
    from pykeen.datasets import Nations

    return Nations()


def interleaved(x):
    """Write (n, 2 dim) real parts first as PyKEEN's (n, 2 dim) in turns."""
    return np.stack(np.split(x, 2, axis=1), axis=-1).reshape(len(x), -1)


def both(name, seed=0):
    """Return our random (E, R) and a PyKEEN model that holds the same numbers."""
    import pykeen.models
    import torch

    made, change = {
        "transe": (pykeen.models.TransE, {"scoring_fct_norm": 2}),
        "distmult": (pykeen.models.DistMult, {}),
        "complex": (pykeen.models.ComplEx, {}),
        "rotate": (pykeen.models.RotatE, {}),
    }[name]
    rng = np.random.default_rng(seed)
    kind = reference.scorer(name)
    E = rng.normal(size=(14, kind.entity_parts * DIM))
    R = rng.normal(size=(55, kind.relation_parts * DIM))
    model = made(
        triples_factory=theirs().training, embedding_dim=DIM, random_seed=0, **change
    ).double()
    there_E = interleaved(E) if kind.entity_parts == 2 else E
    there_R = R
    if kind.phases:
        there_R = interleaved(np.concatenate([np.cos(R), np.sin(R)], axis=1))
    elif kind.relation_parts == 2:
        there_R = interleaved(R)
    for held, values in (
        (model.entity_representations[0], there_E),
        (model.relation_representations[0], there_R),
    ):
        held._embeddings.weight.data = torch.tensor(values)
    return E, R, model.eval()


def test_data_sets_are_the_same():
    ours = triples("nations")
    assert list(theirs().training.entity_to_id) == list(ours.entities)
    assert list(theirs().training.relation_to_id) == list(ours.relations)
    for split, factory in (
        ("train", theirs().training),
        ("valid", theirs().validation),
        ("test", theirs().testing),
    ):
        there = set(map(tuple, factory.mapped_triples.tolist()))
        assert there == set(map(tuple, ours.split(split).tolist()))


@pytest.mark.parametrize("name", MODELS)
def test_scores_of_all_answers_equal_pykeens(name):
    import torch

    E, R, model = both(name)
    test = triples("nations").test[:20]
    asked = train.questions(test, 55, reciprocal=False)
    ours = kg.ranking.score_all(E, R, asked, name)
    rows = torch.tensor(test)
    with torch.no_grad():
        tails, heads = model.predict_t(rows[:, :2]), model.predict_h(rows[:, 1:])
    np.testing.assert_allclose(ours, np.concatenate([tails, heads]), atol=1e-6)
    with pytest.raises(AssertionError):  # alive: one per cent is seen
        np.testing.assert_allclose(1.01 * ours[:20], tails, atol=1e-6)
    paper = reference.scorer(name).score(E[test[:, 0]], R[test[:, 1]], E[test[:, 2]])
    with torch.no_grad():
        one = model.predict_hrt(rows)[:, 0]
    np.testing.assert_allclose(paper, one, atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_filtered_metrics_equal_pykeens_evaluator(name):
    from pykeen.evaluation import RankBasedEvaluator

    E, R, model = both(name, seed=1)
    data = triples("nations")
    asked = train.questions(data.test, 55, reciprocal=False)
    scores = kg.ranking.score_all(E, R, asked, name)
    known = kg.ranking.known_answers(data.facts, data.test, 14, 55)
    target = np.concatenate([data.test[:, 2], data.test[:, 0]])
    ours = kg.rank_scores(scores, target, known=known)
    result = RankBasedEvaluator().evaluate(
        model,
        theirs().testing.mapped_triples,
        additional_filter_triples=[
            theirs().training.mapped_triples,
            theirs().validation.mapped_triples,
        ],
        use_tqdm=False,
    )
    for policy in kg.ranking.POLICIES:
        for there, here in (
            ("inverse_harmonic_mean_rank", ours.mrr(policy)),
            ("hits_at_1", ours.hits(1, policy)),
            ("hits_at_3", ours.hits(3, policy)),
        ):
            found = result.get_metric(f"both.{policy}.{there}")
            np.testing.assert_allclose(here, found, atol=1e-6, err_msg=there)
    index = result.get_metric("both.realistic.adjusted_arithmetic_mean_rank_index")
    np.testing.assert_allclose(ours.amri(), index, atol=1e-6)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            1.01 * ours.mrr(),
            result.get_metric("both.realistic.inverse_harmonic_mean_rank"),
            atol=1e-6,
        )


def test_ranks_with_ties_equal_pykeens():
    import torch
    from pykeen.evaluation.ranks import Ranks

    rng = np.random.default_rng(2)
    scores = rng.integers(0, 4, size=(200, 9)).astype(float)
    target = rng.integers(0, 9, 200)
    known = rng.random((200, 9)) < 0.3
    known[np.arange(200), target] = False
    ours = kg.rank_scores(scores, target, known=known)
    masked = torch.tensor(np.where(known, -np.inf, scores))
    own = torch.tensor(scores[np.arange(200), target])[:, None]
    there = Ranks.from_scores(own, masked)
    for policy, ranks in there.items():
        np.testing.assert_array_equal(ours.of(policy), ranks.numpy())
    np.testing.assert_array_equal(ours.candidates, there.number_of_options.numpy())


def test_sampled_losses_equal_pykeens():
    import torch
    from pykeen.losses import MarginRankingLoss, NSSALoss

    rng = np.random.default_rng(3)
    pos, neg = rng.normal(size=8), rng.normal(size=(8, 5))
    p, n = torch.tensor(pos)[:, None], torch.tensor(neg)
    w = losses.adversarial_weights(neg, 0.7)
    nssa = NSSALoss(margin=3.0, adversarial_temperature=0.7)
    np.testing.assert_allclose(
        losses.nssa_loss(pos, neg, 3.0, w),
        nssa.process_slcwa_scores(p, n).item(),
        atol=1e-6,
    )
    hinge = MarginRankingLoss(margin=0.5)
    np.testing.assert_allclose(
        losses.margin_loss(pos, neg, 0.5),
        hinge.process_slcwa_scores(p, n).item(),
        atol=1e-6,
    )


def test_bernoulli_shares_equal_pykeens():
    from pykeen.sampling import BernoulliNegativeSampler

    data = triples("nations")
    there = BernoulliNegativeSampler(mapped_triples=theirs().training.mapped_triples)
    ours = kg.sampling.head_shares(data.train, 55, "bernoulli")
    np.testing.assert_allclose(ours, there.corrupt_head_probability, atol=1e-6)
    assert ours.std() > 0.05
