"""The kinds of teachers: fine-tuned, from elsewhere, a published model, soft labels."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError

from sentiment.artifacts.store import MANIFEST
from sentiment.disk import sha256_of
from sentiment.errors import ConfigError
from sentiment.labels import LABELS, NEUTRAL
from sentiment.network.batching import Batch, head_and_tail
from sentiment.wording import nearest
from training.distillation import bag_of_words, fine_tuning
from training.distillation.config import TeacherUse
from training.distillation.soft_labels import CARD as SOFT_LABELS
from training.distillation.soft_labels import SoftLabels, key_of
from training.distillation.transformer import (
    WordPieces,
    batches_of,
    import_transformers,
    most_tokens,
    token_mask,
)
from training.fitting.precision import has_bfloat16

Probabilities = npt.NDArray[np.float64]
CPU = torch.device("cpu")

_log = logging.getLogger(__name__)


class Teacher(Protocol):
    """Gives the probabilities of texts, shape ``(n, 3)``; NaN where it has none."""

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Return a row of probabilities for each text."""


@dataclass(frozen=True)
class Ensemble:
    """Several teachers, each with its weight and the lengths of text it takes."""

    teachers: Sequence[tuple[TeacherUse, Teacher]]

    def probabilities(
        self, texts: Sequence[str], wholes: Sequence[str] = ()
    ) -> Probabilities:
        """Return the weighted mean of the teachers of each text; NaN if it has none.

        ``wholes`` are the keys of the texts that ``texts`` were cut from; without them,
        ``texts`` are whole. A teacher fitted to a whole text must not repeat its label
        for a part of it.
        """
        words = np.array([len(text.split()) for text in texts])
        answers = []
        for use, teacher in self.teachers:
            given = np.full((len(texts), len(LABELS)), np.nan)
            asked = np.flatnonzero(use.covers(words)).tolist()
            some = [texts[at] for at in asked]
            if wholes and isinstance(teacher, bag_of_words.BagOfWords):
                given[asked] = teacher.probabilities(some, [wholes[at] for at in asked])
            else:
                given[asked] = teacher.probabilities(some)
            answers.append((use, given))
        knowing = [one for one in answers if one[0].knows_neutral]
        if knowing:
            neutral = _mean(knowing)[:, NEUTRAL]
            for use, given in answers:
                if not use.knows_neutral:
                    _leave_neutral(given, neutral)
        return _mean(answers)


def _mean(answers: Sequence[tuple[TeacherUse, Probabilities]]) -> Probabilities:
    """Return the weighted mean of the answers that are not NaN; NaN if all are."""
    total = np.zeros_like(answers[0][1])
    weights = np.zeros(len(total))
    for use, given in answers:
        known = ~np.isnan(given).any(axis=1)
        total[known] += use.weight * given[known]
        weights[known] += use.weight
    with np.errstate(invalid="ignore"):
        mean: Probabilities = total / weights[:, None]
    return mean


def _leave_neutral(given: Probabilities, neutral: Probabilities) -> None:
    """Set neutral to the other teachers' probability, if any; scale the rest."""
    known = ~np.isnan(neutral)
    given[known, NEUTRAL] = 0
    # An answer of neutral alone becomes NaN, 0 times infinity, and is left out.
    with np.errstate(divide="ignore", invalid="ignore"):
        given[known] *= ((1 - neutral) / given.sum(axis=1))[known, None]
    given[known, NEUTRAL] = neutral[known]


def load_ensemble(
    uses: Iterable[TeacherUse], root: Path, device: torch.device = CPU
) -> Ensemble:
    """Load every teacher; their relative paths begin in ``root``.

    Networks are loaded on ``device``.

    Raises:
        ConfigError: A folder holds no teacher, or its labels are not mapped to ours.
        MissingExtraError: A transformer needs the extra ``teacher``.
        ArtifactError: A model of ours cannot be used.
    """
    return Ensemble([(use, load_teacher(use, root / use.path, device)) for use in uses])


def load_teacher(use: TeacherUse, folder: Path, device: torch.device = CPU) -> Teacher:
    """Load one teacher, of whichever kind lies in ``folder``.

    Raises:
        ConfigError: No teacher lies there, its labels are not mapped to ours, or
            `labels` maps what it does not have.
        MissingExtraError: A transformer needs the extra ``teacher``.
        ArtifactError: A model of ours cannot be used.
    """
    for file, load in _KINDS.items():
        if (folder / file).is_file():
            if use.labels and file != _ELSEWHERE:
                raise ConfigError(
                    f"[[teachers]] {use.path} gives our labels already: leave `labels` "
                    "out, which is for teachers from elsewhere"
                )
            return load(use, folder, device)
    raise ConfigError(_no_teacher(folder))


def identity_of(folder: Path) -> str:
    """Return a fingerprint of everything that the teacher's answers depend on."""
    for file in _KINDS:
        if (folder / file).is_file():
            held = (*folder.glob("*.safetensors"), *folder.glob("*.parquet"))
            sums = [sha256_of(one) for one in (folder / file, *sorted(held))]
            return hashlib.sha256(" ".join(sums).encode()).hexdigest()[:16]
    raise ConfigError(_no_teacher(folder))


def _no_teacher(folder: Path) -> str:
    return (
        f"{folder} holds no teacher: it has none of {', '.join(_KINDS)}. Relative "
        "paths begin in the folder of runs, and nothing is downloaded: a possible "
        "solution is the whole path of a classifier's folder, or to run "
        "`sentiment-train teacher RECIPE` first"
    )


class _Transformer:
    """A network over word pieces, in batches of similar length."""

    def __init__(
        self,
        encode: Callable[[str], Sequence[int]],
        logits: Callable[[Batch], torch.Tensor],
        temperature: float,
        device: torch.device,
    ) -> None:
        self._encode = encode
        self._logits = logits
        self._temperature = temperature
        self._device = device

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Return a row of probabilities for each text."""
        found = np.full((len(texts), len(LABELS)), np.nan)
        sequences = [self._encode(text) for text in texts]
        for rows, batch in batches_of(sequences, self._device):
            with torch.inference_mode():
                logits = self._logits(batch.to(self._device)).float()
            found[rows] = (logits / self._temperature).softmax(dim=1).cpu().numpy()
        return found


def _fine_tuned_here(_use: TeacherUse, folder: Path, device: torch.device) -> Teacher:
    """Load a teacher that `sentiment-train teacher` fitted."""
    loaded = fine_tuning.load_fine_tuned(folder)
    return _Transformer(
        loaded.encode, _fast(loaded.network, device), loaded.temperature, device
    )


def _from_elsewhere(use: TeacherUse, folder: Path, device: torch.device) -> Teacher:
    """Load a Hugging Face sequence classifier; its labels are mapped by name."""
    transformers = import_transformers()
    try:
        network = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise ConfigError(
            f"{folder} holds no sequence classifier in safetensors: {error}"
        ) from error
    columns = label_columns(use, network.config.id2label)
    logits = _OurLogits(_fast(network, device), columns)
    pieces = WordPieces(folder)
    most = min(use.max_tokens, most_tokens(network.config))

    def encode(text: str) -> Sequence[int]:
        return head_and_tail(pieces.encode(text), most, fine_tuning.HEAD_SHARE)

    return _Transformer(encode, logits, 1.0, device)


class _OurLogits:
    """The logits of our labels, from a network that has labels of its own."""

    def __init__(self, network: Any, columns: Mapping[str, list[int]]) -> None:
        self._network = network
        self._columns = columns
        self._padding = int(network.config.pad_token_id or 0)

    def __call__(self, batch: Batch) -> torch.Tensor:
        """Return logits, shape ``(batch, labels)``."""
        held = token_mask(batch)
        ids = batch.token_ids.masked_fill(~held, self._padding)
        theirs: torch.Tensor = self._network(
            input_ids=ids, attention_mask=held.long()
        ).logits.float()
        ours = theirs.new_full((len(ids), len(LABELS)), -torch.inf)
        for label, columns in self._columns.items():
            # Several of their labels may map to one of ours, such as 4 and 5 stars.
            ours[:, LABELS.index(label)] = theirs[:, columns].logsumexp(dim=1)
        return ours


def label_columns(use: TeacherUse, id2label: Mapping[int, str]) -> dict[str, list[int]]:
    """Return the columns of a teacher's logits for each of our labels.

    Raises:
        ConfigError: A label of theirs is not mapped, none is mapped to one of ours, or
            a mapped one is not one of theirs.
    """
    for name in use.labels:
        if name not in id2label.values():
            raise ConfigError(
                f"[[teachers]] {use.path}: labels maps {name!r}, and it has no such "
                f"label: {nearest(name, id2label.values())}"
            )
    columns: dict[str, list[int]] = {}
    for column, name in sorted((int(at), name) for at, name in id2label.items()):
        label = use.labels.get(name, name.lower())
        if label not in LABELS:
            raise ConfigError(
                f"[[teachers]] {use.path}: its label {name!r} is not one of ours "
                f"({nearest(label, LABELS)}). Map it, for example with "
                f'labels = {{ {name!r} = "negative" }}'
            )
        columns.setdefault(label, []).append(column)
    missing = {LABELS[0], LABELS[2]} - set(columns)
    if missing:
        raise ConfigError(
            f"[[teachers]] {use.path} gives no {' and no '.join(sorted(missing))}: its "
            f"labels are {', '.join(id2label.values())}. Map one of them with `labels`"
        )
    if LABELS[NEUTRAL] not in columns and use.knows_neutral:
        _log.warning(
            "[[teachers]] %s knows no neutral, and teaches that no text is: a possible "
            "solution is another teacher beside it, and knows_neutral = false here",
            use.path,
        )
    return columns


class _Ours:
    """One of our own artifacts, through the predictor that would serve it."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        from sentiment.artifacts.folder import load_artifact
        from sentiment.prediction.predictor import Predictor

        self._predictor = Predictor(load_artifact(folder), device=device)

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Return a row of probabilities for each text."""
        from training.evaluation.evaluate import predict_probabilities

        return predict_probabilities(self._predictor, texts)


class _Remembered:
    """Soft labels that teachers gave before, for the same texts and no others."""

    def __init__(self, folder: Path) -> None:
        self._said = SoftLabels(folder).read()

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Return a row of probabilities for each text."""
        unknown = (np.nan,) * len(LABELS)
        rows = [self._said.get(key_of(text), unknown) for text in texts]
        return np.array(rows, dtype=np.float64).reshape(-1, len(LABELS))


def _fast(network: Any, device: torch.device) -> Any:
    """Return the network for inference, in the fastest number format of the device."""
    network = network.eval().to(device)
    return network.bfloat16() if has_bfloat16(device) else network


_ELSEWHERE = "config.json"

_KINDS: dict[str, Callable[[TeacherUse, Path, torch.device], Teacher]] = {
    fine_tuning.CARD: _fine_tuned_here,
    bag_of_words.CARD: lambda _use, folder, _device: bag_of_words.load_words(folder),
    SOFT_LABELS: lambda _use, folder, _device: _Remembered(folder),
    MANIFEST: lambda _use, folder, device: _Ours(folder, device),
    _ELSEWHERE: _from_elsewhere,
}
