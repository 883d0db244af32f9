"""MiniLM under our names: its hidden states to 1e-5, by NumPy and by torch."""

import numpy as np
import pytest

from tutor.context import attention as A
from tutor.context.attention import packed
from tutor.datasets import encoders

torch = pytest.importorskip("torch", reason="torch is not installed")

TEXTS = (
    "The bank raised its rates.",
    "He sat on the bank of the river and watched the currents, unhurried.",
    "déjà vu",
)


@pytest.fixture(scope="module")
def model():
    torch.set_num_threads(1)
    return A.minilm()


@pytest.fixture(scope="module")
def batch(model):
    return packed.pad([model.tokenizer.encode(text).ids for text in TEXTS])


@pytest.fixture(scope="module")
def theirs(batch):
    """Return the hidden states of transformers' own BertModel of the same folder."""
    transformers = pytest.importorskip("transformers", reason="no oracle here")
    transformers.utils.logging.disable_progress_bar()
    bert = transformers.BertModel.from_pretrained(encoders.minilm().folder).eval()
    ids, lengths = map(torch.as_tensor, batch)
    real = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
    with torch.no_grad():
        out = {
            kind: bert.to(kind)(
                ids, attention_mask=real, output_hidden_states=True
            ).hidden_states
            for kind in (torch.float32, torch.float64)
        }
    return {kind: [h.numpy() for h in states] for kind, states in out.items()}


def real(batch):
    ids, lengths = batch
    return np.arange(ids.shape[1]) < lengths[:, None]


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("mine", "kind", "most"),
    [(np.float32, torch.float32, 1e-5), (np.float64, torch.float64, 1e-11)],
)
def test_numpy_reproduces_every_hidden_state(batch, theirs, mine, kind, most):
    ids, lengths = batch
    found = A.minilm(mine)
    ours = A.hidden_states(found.parameters, ids, found.config, lengths=lengths)
    assert len(ours) == len(theirs[kind]) == 7
    for one, two in zip(ours, theirs[kind], strict=True):
        assert one.dtype == mine
        np.testing.assert_allclose(
            one[real(batch)], two[real(batch)], atol=most, rtol=0
        )
    # alive: one per cent of one bias is seen
    p, where = found.parameters, real(batch)
    blocks = (p.blocks[0]._replace(b_o=1.01 * p.blocks[0].b_o), *p.blocks[1:])
    bent = p._replace(blocks=blocks)
    last = A.hidden_states(bent, ids, found.config, lengths=lengths)[-1]
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            last[where], theirs[kind][-1][where], atol=most, rtol=0
        )


@pytest.mark.oracle
def test_torch_reproduces_every_hidden_state(model, batch, theirs):
    ids, lengths = batch
    encoder = A.Encoder(model.config, model.parameters).eval()
    with torch.no_grad():
        ours = encoder(torch.as_tensor(ids), lengths)
    for one, two in zip(ours, theirs[torch.float32], strict=True):
        np.testing.assert_allclose(
            one.numpy()[real(batch)], two[real(batch)], atol=1e-5, rtol=0
        )


@pytest.mark.oracle
def test_packed_sentence_vectors_equal_sentence_transformers(model):
    st = pytest.importorskip("sentence_transformers", reason="no oracle here")
    wanted = st.SentenceTransformer(str(encoders.minilm().folder), device="cpu").encode(
        list(TEXTS), show_progress_bar=False
    )
    encoder = A.Encoder(model.config, model.parameters)
    ids = [model.tokenizer.encode(text).ids for text in TEXTS]
    means = [h.mean(axis=0) for h in packed.last_states(encoder, ids)]
    found = np.stack([v / np.linalg.norm(v) for v in means])
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_mapping_of_names_is_refused_where_it_does_not_fit():
    packed_model = encoders.minilm()
    with pytest.raises(ValueError, match="hidden_act is 'relu'"):
        A.bert_config({**packed_model.config, "hidden_act": "relu"})
    with pytest.raises(ValueError, match="model_type is 'gpt2'"):
        A.bert_config({**packed_model.config, "model_type": "gpt2"})
    config = A.bert_config({**packed_model.config, "num_hidden_layers": 7})
    with pytest.raises(KeyError, match=r"encoder\.layer\.6\.attention.*7 layers"):
        A.bert_parameters(config, packed_model.weights)


def test_sizes_are_those_of_the_model_card(model):
    """22.7 million with the pooler's 384 x 385, which is left out here."""
    assert A.parameter_count(model.config) == 22_713_216 - 384 * 385
    assert (model.config.layers, model.config.dim, model.config.heads) == (6, 384, 12)
