"""The packaged encoder, and WordNet's examples with their marked words."""

import subprocess
import sys

import numpy as np
import pytest

from tutor.datasets import MissingCarrierError, encoders, examples, lexicons


def test_minilm_is_the_published_folder():
    found = encoders.minilm()
    assert found.config["num_hidden_layers"] == 6
    assert found.licence == "Apache-2.0"
    assert "Reimers" in found.citation
    assert repr(found).startswith("PackagedEncoder(name='all-MiniLM-L6-v2'")
    assert sum(part.size for part in found.weights.values()) == 22_713_216
    table = found.weights["embeddings.word_embeddings.weight"]
    assert (table.shape, table.dtype) == ((30522, 384), np.float32)
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = 1.0


def test_its_tokenizer_neither_pads_nor_cuts():
    """Ids of [CLS] and [SEP] as in BERT's vocabulary: 101 and 102."""
    tokenizer = encoders.minilm().tokenizer
    short, long = tokenizer.encode("The bank"), tokenizer.encode("bank " * 300)
    assert short.tokens == ["[CLS]", "the", "bank", "[SEP]"]
    assert (short.ids[0], short.ids[-1]) == (101, 102)
    assert len(long.ids) == 302


def test_a_missing_carrier_names_the_remedy(own_cache):
    encoders.minilm.cache_clear()
    with pytest.raises(MissingCarrierError, match="python -m tutor data"):
        encoders.minilm()
    assert not own_cache.exists()


def test_importing_loads_nothing_heavy():
    code = (
        "import sys; from tutor.datasets import encoders, examples\n"
        "print([m for m in ('torch', 'tokenizers', 'safetensors') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- examples ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lemma", "pos", "some", "none"),
    [
        ("bank", "n", {"bank", "banks"}, {"banked", "banking"}),
        ("box", "n", {"boxes"}, {"boxs"}),
        ("city", "n", {"cities"}, {"citys"}),
        ("day", "n", {"days"}, {"daies"}),
        ("make", "v", {"makes", "making"}, {"makeing"}),
        ("try", "v", {"tries", "tried", "trying"}, {"tryed"}),
        ("stop", "v", {"stopped", "stopping"}, set()),
        ("cold", "a", {"cold"}, {"colds", "colded"}),
    ],
)
def test_forms_are_regular_inflections(lemma, pos, some, none):
    found = examples.forms(lemma, pos)
    assert some | {lemma} <= found
    assert not none & found


def test_every_example_marks_a_form_of_its_lemma():
    found = examples.wordnet_examples()
    assert len(found) > 35_000
    net = lexicons.wordnet()
    for example in found[::97]:
        synset = net[example.synset]
        assert example.word.lower() in examples.forms(example.lemma, synset.pos)
        assert example.text in synset.gloss
        assert example.lemma in [x.lower() for x in synset.lemmas]


def test_definition_ends_where_examples_begin():
    net = lexicons.wordnet()
    (bank,) = (s for s in net.lookup("bank", "n") if "sloping land" in s.gloss)
    found = examples.definition(bank)
    assert found == "sloping land (especially the slope beside a body of water)"
    texts = [e.text for e in examples.examples_of(bank)]
    assert "they pulled the canoe up on the bank" in texts
