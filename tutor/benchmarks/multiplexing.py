"""Benchmarks of chapter ``systems/multiplexing``: our trainer and torch on MovieLens.

Both sides train the shared table with two look-ups from the same initial numbers, on
the same batches, and are judged by the same AUC. The rival is what one would write in
torch: ``EmbeddingBag`` over precomputed addresses, two linear layers, Adam.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` trains one epoch instead of six."""
    from dataclasses import replace

    from tutor.systems.studies import multiplexing as study

    split = study.movielens()
    config = replace(study.TWICE, budget=0.05, epochs=1 if quick else 6)
    return [
        Row(
            name="shared table, two look-ups, MovieLens",
            ours=_ours(split, config),
            rival=_torch(split, config),
            rival_name="torch EmbeddingBag, Linear, Adam",
            threads=1,
            unit="ratings",
            work=float(len(split.train[1]) * config.epochs),
            quality=lambda scores: _quality(scores, split),
            notes=(
                f"{config.epochs} epochs of {len(split.train[1]):,} ratings, batch "
                f"{config.batch_size}, one thread; a seed a turn; the scores of the "
                "test rows are part of the work. Not equal: ours hashes the keys of "
                "every batch and scores the validation rows after each epoch"
            ),
        )
    ]


def _ours(split: Any, config: Any) -> Callable[[], Any]:
    """Return the work of a turn: one training, its seed counted up."""
    from tutor.systems.multiplexing import train

    seeds = iter(range(1, 100))

    def work() -> Any:
        return train.train(split, config, seed=next(seeds)).scores(split.test[0])

    return work


def _torch(split: Any, config: Any) -> Callable[[], Any]:
    """Return the same work in torch."""
    import torch

    from tutor.systems.multiplexing import train

    seeds = iter(range(1, 100))

    def work() -> Any:
        torch.set_num_threads(1)
        seed = next(seeds)
        model = train.start(split, config, seed=seed)
        table: Any = model.table
        bag = torch.nn.EmbeddingBag.from_pretrained(
            torch.tensor(table.weights), freeze=False, mode="sum"
        )
        first = torch.nn.Linear(table.width, config.hidden)
        last = torch.nn.Linear(config.hidden, 1)
        with torch.no_grad():
            first.weight.copy_(torch.tensor(model.network.W1.T))
            last.weight.copy_(torch.tensor(model.network.w2[None]))
            first.bias.zero_()
            last.bias.zero_()
        net = torch.nn.Sequential(first, torch.nn.ReLU(), last)
        step = torch.optim.Adam(
            [*bag.parameters(), *net.parameters()], lr=config.learning_rate
        )
        rows = torch.tensor(table.rows(split.train[0]))
        y = torch.tensor(split.train[1]).float()
        loss = torch.nn.BCEWithLogitsLoss()
        for epoch in range(config.epochs):
            for chosen in train.batches(len(y), config, seed=seed, epoch=epoch):
                index = torch.tensor(chosen)
                step.zero_grad()
                x = bag(rows[index].reshape(-1, 1)).reshape(len(index), -1)
                loss(net(x)[:, 0], y[index]).backward()
                step.step()
        with torch.no_grad():
            asked = torch.tensor(table.rows(split.test[0]))
            x = bag(asked.reshape(-1, 1)).reshape(len(asked), -1)
            return net(x)[:, 0].numpy()

    return work


def _quality(scores: Any, split: Any) -> Mapping[str, float]:
    """Return the test AUC of one result, by our function for both sides."""
    from tutor.evaluate.auc import auc

    return {"AUC": auc(scores, split.test[1])}
