"""BERT from scratch: pieces of words, hidden places, a tied head, and probes of it.

Forms: ``wordpiece`` and ``merges`` (the vocabulary, pure Python), ``masking`` (what is
hidden, as index arrays), ``reference`` (NumPy head, loss and all gradients), ``torch``
(:class:`~tutor.context.bert.torch.MaskedLM`, for CPU and CUDA). ``pretrain`` trains,
``checkpoint`` and ``pretrained`` keep what was trained, ``export`` hands it to
transformers, ``probing`` asks what its states know. The encoder is that of
:mod:`tutor.context.attention`. Chapter: ``context/bert``.
"""

from __future__ import annotations

from tutor.context.bert.checkpoint import CheckpointError
from tutor.context.bert.export import bert_for_masked_lm, bert_weights
from tutor.context.bert.glosses import Glosses, glosses
from tutor.context.bert.masking import Masked, MaskingConfig, mask_tokens, next_tokens
from tutor.context.bert.merges import Merge, learn_vocabulary, merges
from tutor.context.bert.presets import PRESETS, RIVALS, encoded
from tutor.context.bert.pretrain import PretrainConfig, Pretraining, pretrain
from tutor.context.bert.pretrained import Trained, trained, vocabulary
from tutor.context.bert.probing import (
    Probe,
    Selectivity,
    control_labels,
    fit_probe,
    predict,
    selectivity,
)
from tutor.context.bert.reference import (
    Head,
    HeadGradients,
    ModelGradients,
    cross_entropy,
    cross_entropy_gradients,
    head_states,
    initial_head,
    mlm_gradients,
    mlm_loss,
    mlm_scores,
    model_gradients,
)
from tutor.context.bert.start import initial_parameters
from tutor.context.bert.wordpiece import (
    SPECIALS,
    WordPiece,
    count_words,
    longest_match,
    split_words,
)
from tutor.lazy import members

__all__ = [
    "PRESETS",
    "RIVALS",
    "SPECIALS",
    "CheckpointError",
    "Glosses",
    "Head",
    "HeadGradients",
    "Masked",
    "MaskedLM",
    "MaskingConfig",
    "Merge",
    "ModelGradients",
    "PretrainConfig",
    "Pretraining",
    "Probe",
    "Selectivity",
    "Trained",
    "WordPiece",
    "bert_for_masked_lm",
    "bert_weights",
    "control_labels",
    "count_words",
    "cross_entropy",
    "cross_entropy_gradients",
    "encoded",
    "fit_probe",
    "glosses",
    "head_states",
    "initial_head",
    "initial_parameters",
    "learn_vocabulary",
    "longest_match",
    "mask_tokens",
    "merges",
    "mlm_gradients",
    "mlm_loss",
    "mlm_scores",
    "model_gradients",
    "next_tokens",
    "predict",
    "pretrain",
    "selectivity",
    "split_words",
    "trained",
    "vocabulary",
]

__getattr__ = members(__name__, ["MaskedLM"], "torch", __all__)
