"""The training objective: labels, soft labels and adversarial perturbations."""

from functools import partial

import torch
from torch import Tensor, nn

from training.fitting import virtual_adversarial
from training.fitting.adversarial import leave_gradients
from training.fitting.batches import perturbs
from training.fitting.config import FitConfig
from training.fitting.dropout import dropped_weights
from training.fitting.encoded import EncodedSplit
from training.fitting.loss import cross_entropies, soft_cross_entropies
from training.fitting.parallel import current
from training.fitting.precision import autocast


class Objective:
    """The loss of ``classifier`` on batches of ``train``, and its gradients.

    ``temperature`` is that of the soft labels. ``knows_neutral``: the network was
    trained on neutral before.
    """

    def __init__(
        self,
        classifier: nn.Module,
        train: EncodedSplit,
        config: FitConfig,
        *,
        seed: int,
        temperature: float = 1.0,
        knows_neutral: bool = False,
    ) -> None:
        self.classifier = classifier
        self.train = train
        self.config = config
        self.seed = seed
        self.temperature = temperature
        # Where neither labels nor teachers know neutral, its masked logit would stay
        # untrained; if it was trained before, the mask keeps it from being unlearned.
        self.mask = knows_neutral or train.knows_neutral
        self.device = next(classifier.parameters()).device
        self._ranks = current()

    def backward(
        self, positions: list[int], *, epoch: int = 0, batch: int = 0
    ) -> float:
        """Compute the gradients of a batch, in place; return the batch's loss.

        All random numbers follow from the seed, the ``epoch`` and the number of the
        ``batch`` in it.
        """
        self._ranks.seed_step(self.seed, epoch, batch)
        loss = torch.zeros((), device=self.device)
        own = self._ranks.share(positions)
        perturbed = perturbs(self.config, epoch)
        if own:
            with dropped_weights(self.classifier, self.config.weight_dropout):
                weight = self._weight_of(positions, perturbed=perturbed)
                epsilon = self.config.adversarial if perturbed else 0.0
                loss = self._add_supervised(own, weight, epsilon)
                if perturbed and self.config.virtual_adversarial:
                    seed = hash((self.seed, epoch, batch))
                    loss = loss + self._add_virtual_adversarial(own, positions, seed)
        self._ranks.sum_gradients(self.classifier)
        return self._ranks.sum(loss)

    def _add_supervised(self, own: list[int], whole: float, epsilon: float) -> Tensor:
        """Compute the gradients of (soft) labels; return this process's loss."""
        with_target = [at for at in own if self.train.has_target[at]]
        if not with_target:
            return torch.zeros((), device=self.device)
        read = partial(self.loss, with_target, whole)
        return leave_gradients(read, self.classifier, epsilon)

    def _weight_of(self, positions: list[int], *, perturbed: bool) -> float:
        """Return the weight by which the label loss of a batch is divided.

        It is the batch's own, so that all steps are of a size, whichever labels are in
        the batch. A rare label then counts for less than its weight in small batches;
        dividing by the split's mean weight keeps it, but is no better on validation
        (docs/experiments.md, runs 43 to 45 and 68). Where texts without a target join,
        it is the average: otherwise their random number would scale the label loss.
        """
        if perturbed and not self.train.has_target.all():
            return len(positions) * self.train.mean_weight
        return self.train.weight_of(positions)

    def _add_virtual_adversarial(
        self, own: list[int], positions: list[int], seed: int
    ) -> Tensor:
        """Add the gradients of virtual adversarial training; return its own loss."""
        return virtual_adversarial.add_gradients(
            partial(self.read, own),
            self.classifier,
            self.config.virtual_adversarial,
            virtual_adversarial.WholeBatch(
                texts=len(positions),
                longest=int(self.train.lengths[positions].max()),
                seed=seed,
            ),
        )

    def read(self, positions: list[int]) -> Tensor:
        """Return the logits of train texts, shape ``(texts, labels)``."""
        batch = self.train.batch(positions).to(self.device)
        with autocast(self.device, self.config.precision):
            logits: Tensor = self.classifier(batch)
        return logits.float()

    def loss(self, positions: list[int], whole: float) -> Tensor:
        """Return the weighted loss of texts against labels and soft labels, summed.

        It is divided by ``whole``, a weight of the batch that the texts belong to.
        """
        train, device = self.train, self.device
        logits = self.read(positions)
        weights = train.weights[positions].to(device)
        losses = weights * cross_entropies(
            logits,
            train.targets[positions].to(device),
            train.two_class[positions].to(device),
            self.config.label_smoothing,
            mask=self.mask,
        )
        soft_weights = train.soft_weights[positions].to(device)
        losses = losses + soft_weights * soft_cross_entropies(
            logits, train.soft[positions].to(device), self.temperature
        )
        return losses.sum() / whole
