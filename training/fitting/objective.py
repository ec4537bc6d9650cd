"""What a step minimises: the loss of labels, of teachers, and of vectors that move."""

from functools import partial

import torch
from torch import Tensor, nn

from training.config import FitConfig
from training.fitting import virtual_adversarial
from training.fitting.adversarial import leave_gradients
from training.fitting.batches import untold_join
from training.fitting.dropout import dropped_weights
from training.fitting.encoded import EncodedSplit
from training.fitting.loss import cross_entropies, soft_cross_entropies
from training.fitting.parallel import current
from training.fitting.precision import autocast


class Objective:
    """The loss of ``classifier`` on batches of ``train``, and its gradients.

    ``temperature`` is that of the soft labels, where there are any. ``knows_neutral``
    says that the network has learned what is neutral before. Words' vectors are moved
    while ``disturbing`` is set.
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
        self.disturbing = True
        # Where nobody could say neutral, a masked logit would learn nothing at all.
        # What was learned of it before stays learned only where it is masked.
        self.mask = knows_neutral or train.knows_neutral
        self.device = next(classifier.parameters()).device
        self._ranks = current()

    def concerns(self, positions: list[int]) -> bool:
        """Say whether a batch has anything to teach.

        Of texts with neither a label nor a soft one nothing is learned before vectors
        begin to be moved.
        """
        return self.disturbing or bool(self.train.told[positions].any())

    def backward(
        self, positions: list[int], *, epoch: int = 0, batch: int = 0
    ) -> float:
        """Leave the gradients of a batch with the network; return the batch's loss.

        All that chance decides follows from the seed, the ``epoch`` and the number of
        the ``batch`` in it.
        """
        self._ranks.seed_step(self.seed, epoch, batch)
        loss = torch.zeros((), device=self.device)
        own = self._ranks.share(positions)
        if own:
            with dropped_weights(self.classifier, self.config.weight_dropout):
                loss = self._learn_what_is_said(own, self._weight_of(positions, epoch))
                if self.disturbing and self.config.virtual_adversarial:
                    seed = hash((self.seed, epoch, batch))
                    loss = loss + self._learn_to_withstand(own, positions, seed)
        self._ranks.sum_gradients(self.classifier)
        return self._ranks.sum(loss)

    def _learn_what_is_said(self, own: list[int], whole: float) -> Tensor:
        """Leave the gradients of labels and teachers; return this process's loss."""
        told = [at for at in own if self.train.told[at]]
        if not told:
            return torch.zeros((), device=self.device)
        read = partial(self.loss, told, whole)
        epsilon = self.config.adversarial if self.disturbing else 0.0
        return leave_gradients(read, self.classifier, epsilon)

    def _weight_of(self, positions: list[int], epoch: int) -> float:
        """Return the weight by which the label loss of a batch is divided.

        It is the batch's own, except beside texts that nothing is said of: how many of
        them chance brings into a batch must not decide how much its labels count.
        """
        if untold_join(self.train, self.config, epoch):
            return len(positions) * self.train.mean_weight
        return self.train.weight_of(positions)

    def _learn_to_withstand(
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
        """Return the summed weighted loss of texts, against labels and teachers.

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
