"""How vectors are judged: `similarity`, `retrieval`, `ranking`, `statistics`, `tasks`.

Everything here is NumPy alone, but for two kinds of `tasks`, which take scikit-learn's
logistic regression and k-means; scores are "higher is better". ``run(encode, tasks)``
is that of `tasks`, fetched when it is asked for. Chapters: ``words/evaluation``, for
`tasks` ``context/matryoshka``.

An interval of ``statistics.paired_bootstrap`` is taken over the resamples in which the
statistic exists; those in which it does not (a rank correlation of equal values) are
left out. Of n different items that is the share n^(1 - n): a ninth with three items,
one in 625 with five.
"""

from tutor.lazy import members

__all__ = ["run"]

__getattr__ = members(__name__, ("run",), "tasks", __all__)
