"""The network's weights as a file holds them, and the network that has them."""

import torch

from sentiment.config import ModelConfig, WeightFormat
from sentiment.errors import ArtifactError
from sentiment.network.classifier import RNNClassifier
from sentiment.text.vocabulary import Vocabulary


def round_weights(classifier: RNNClassifier, weights: WeightFormat) -> None:
    """Give ``classifier`` the weights that it would have after being saved.

    Evaluation and calibration afterwards then see the weights that will be served.

    Raises:
        ArtifactError: A weight is not finite, or too large for ``weights``.
    """
    tensors = stored_tensors(classifier, weights)
    _check_finite(tensors)
    classifier.load_state_dict(tensors)


def stored_tensors(
    classifier: RNNClassifier, weights: WeightFormat
) -> dict[str, torch.Tensor]:
    """Return the weights as a file holds them, by their names."""
    kind = {
        "float32": torch.float32,
        "float16": torch.float16,
        "bfloat16": torch.bfloat16,
    }[weights]
    return {
        name: value.detach().cpu().to(kind).contiguous()
        for name, value in classifier.state_dict().items()
    }


def network_of(
    config: ModelConfig, vocabulary: Vocabulary, tensors: dict[str, torch.Tensor]
) -> RNNClassifier:
    """Return the network with these weights, converted to float32.

    Raises:
        ArtifactError: One of them is not finite.
    """
    # The random initial weights are replaced below. Building on the meta device instead
    # would save 30 ms but import a second's worth of torch. fork_rng keeps the caller's
    # random state.
    with torch.random.fork_rng(devices=[]):
        classifier = RNNClassifier(config, len(vocabulary))
    # Copied, so that they are aligned in memory as in every other process: where a row
    # begins decides in which order it is summed.
    weights = {
        name: tensor.to(torch.float32, copy=True) for name, tensor in tensors.items()
    }
    _check_finite(weights)
    classifier.load_state_dict(weights, assign=True)
    classifier.requires_grad_(requires_grad=False)
    return classifier.eval()


def _check_finite(tensors: dict[str, torch.Tensor]) -> None:
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ArtifactError(f"the weights {name} hold a number that is not finite")
