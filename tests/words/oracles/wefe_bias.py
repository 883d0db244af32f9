"""Makes ``wefe_bias.json``: what the library WEFE answers on twenty made-up vectors.

WEFE 1.0.1 asks for older versions of NumPy and SciPy than the course, so it is run in
an environment of its own and its answers are kept::

    python -m venv /tmp/wefe && /tmp/wefe/bin/pip install wefe==1.0.1
    /tmp/wefe/bin/python tests/words/oracles/wefe_bias.py
"""

import json
import platform
from pathlib import Path

import numpy as np

PEOPLE = ["she", "he", "her", "his", "woman", "man", "queen", "king", "aunt", "uncle"]
THINGS = [
    "tree",
    "stone",
    "river",
    "cloud",
    "table",
    "chair",
    "bread",
    "glass",
    "paper",
    "metal",
]
WORDS = PEOPLE + THINGS
PAIRS = [["she", "he"], ["her", "his"], ["woman", "man"]]
EQUAL = [["she", "he"], ["queen", "king"]]
KEPT = ["she", "he", "queen", "king", "aunt", "uncle"]
TARGETS = [["tree", "stone", "river", "cloud"], ["table", "chair", "bread", "glass"]]
ATTRIBUTES = [["she", "her", "woman"], ["he", "his", "man"]]


def vectors() -> list[list[float]]:
    """Return twenty rows of six numbers, rounded so that they are stored exactly."""
    drawn = np.random.default_rng(20).normal(size=(len(WORDS), 6))
    drawn[:10:2, 0] += 2  # the first word of each pair lies to one side
    rounded: list[list[float]] = drawn.astype(np.float32).round(3).tolist()
    return [[round(x, 3) for x in row] for row in rounded]


def main() -> None:
    """Ask the library and write its answers beside this file."""
    import gensim
    import sklearn
    import wefe
    from gensim.models import KeyedVectors
    from wefe.debias.hard_debias import HardDebias
    from wefe.metrics import WEAT
    from wefe.query import Query
    from wefe.word_embedding_model import WordEmbeddingModel

    rows = vectors()
    keyed = KeyedVectors(6)
    keyed.add_vectors(WORDS, np.array(rows, dtype=np.float32))
    model = WordEmbeddingModel(keyed, "made up")
    query = Query(TARGETS, ATTRIBUTES, ["X", "Y"], ["A", "B"])
    weat = WEAT().run_query(query, model, return_effect_size=False)
    debias = HardDebias(pca_args={"n_components": 3})
    debias.fit(model, definitional_pairs=PAIRS, equalize_pairs=EQUAL)
    made = debias.transform(model, ignore=KEPT, copy=True)
    answers = {
        "made_by": "tests/words/oracles/wefe_bias.py, see its head",
        "versions": {
            "wefe": wefe.__version__,
            "numpy": np.__version__,
            "gensim": gensim.__version__,
            "scikit-learn": sklearn.__version__,
            "python": platform.python_version(),
        },
        "words": WORDS,
        "vectors": rows,
        "pairs": PAIRS,
        "equal": EQUAL,
        "kept": KEPT,
        "targets": TARGETS,
        "attributes": ATTRIBUTES,
        "weat": float(weat["weat"]),
        "effect_size": float(weat["effect_size"]),
        "shares": debias.pca_.explained_variance_ratio_.astype(float).tolist(),
        "debiased": [made[word].astype(float).tolist() for word in WORDS],
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
