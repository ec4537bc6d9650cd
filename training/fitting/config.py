"""The table [training] of a recipe: how a network is fitted."""

from dataclasses import dataclass
from typing import Annotated, Literal

from sentiment.config import PrecisionChoice
from sentiment.config_checks import BELOW_ONE, above, at_least, between, check_values

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How the network is fitted."""

    epochs: Annotated[int, at_least(1)] = 5
    """How often the train split is read at most; the best epoch is kept."""

    batch_tokens: Annotated[int, at_least(1)] = 8_192
    """How many tokens a batch holds at most, its padding included."""

    batch_texts: Annotated[int, at_least(1)] = 128
    """How many texts a batch holds at most."""

    learning_rate: Annotated[float, above(0)] = 2e-3
    """The peak rate, from which it falls to zero (one cycle, Smith 2018)."""

    weight_decay: Annotated[float, at_least(0)] = 0.01
    """Decoupled weight decay (AdamW)."""

    warmup_share: Annotated[float, BELOW_ONE] = 0.1
    """The share of the run in which the rate warms up to ``learning_rate``."""

    clip_norm: Annotated[float, at_least(0)] = 1.0
    """Gradients with a larger norm are scaled down to this; 0 turns clipping off."""

    start_share: Annotated[float, BELOW_ONE] = 0.0
    """How much of the weights of ``start_from`` is mixed into the fitted ones.

    Above 0 the model keeps more of what it knew before (Wortsman et al. 2022).
    """

    label_smoothing: Annotated[float, BELOW_ONE] = 0.0
    """The share of each label that is spread over all labels (Szegedy et al. 2016)."""

    weight_dropout: Annotated[float, BELOW_ONE] = 0.0
    """The share of the recurrent weights that is dropped (Merity et al. 2018)."""

    layer_decay: Annotated[float, above(0)] = 1.0
    """Learning rate of each layer as a share of that of the layer above it.

    Below 1, the lower layers of a pretrained network learn more slowly (Howard and
    Ruder 2018).
    """

    gradual_unfreezing: bool = False
    """Whether only the output layer of a pretrained network is trained at first.

    In each epoch after the first, one more layer is unfrozen (Howard and Ruder 2018).
    """

    weight_averaging: Annotated[float, BELOW_ONE] = 0.0
    """The decay of a moving average of the weights; 0 for none.

    The average is validated and kept in their place.
    """

    adversarial: Annotated[float, at_least(0)] = 0.0
    """Strength of adversarial training on word vectors; 0 turns it off.

    Each batch is also learned with the word vectors of each text perturbed in the
    direction in which its loss rises most, by this many times the mean norm of a
    vector (Miyato, Dai and Goodfellow 2017, whose value is 0.3). A step then takes
    about twice as long.
    """

    virtual_adversarial: Annotated[float, at_least(0)] = 0.0
    """Strength of virtual adversarial training on word vectors; 0 turns it off.

    The word vectors are perturbed in the direction that changes the answer most, as far
    as ``adversarial`` would, and the KL divergence between the answers before and after
    is added to the loss (Miyato et al. 2018). No label is needed: the network also
    learns from the recipe's ``[[unlabelled]]`` texts and the ``sentences`` of
    ``[distillation]``. Each text is then read three times more. Both settings may be
    combined.
    """

    adversarial_from: Annotated[float, BELOW_ONE] = 0.0
    """The share of the run before adversarial or virtual_adversarial begins.

    They begin with the epoch in which this share ends. Start above 0 for an untrained
    network: before it has learned anything, it only fits the perturbation.
    """

    max_tokens: Annotated[int, at_least(1)] = 400
    """How many tokens of a text are read in training; [model] says how many in use."""

    patience: Annotated[int, at_least(1)] = 2
    """Training stops after so many epochs without a better one.

    Better is one of a higher macro-F1, or of the same at a lower loss, on validation.
    """

    checkpoint_minutes: Annotated[float, above(0)] = 5.0
    """Minutes between two checkpoints, for ``--resume``."""

    device: Device = "auto"
    """Device to train on; auto takes a GPU if there is one."""

    precision: PrecisionChoice = "float32"
    """Number format used for computing; auto picks the fastest the hardware has."""

    threads: Annotated[int | None, between(1, 1_024)] = None
    """Number of torch threads; by default torch decides."""

    def __post_init__(self) -> None:
        check_values(self, "[training]")
