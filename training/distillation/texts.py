"""The texts beside the train split that teachers label: unlabelled ones, sentences."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from training.data.cleaning import normalised
from training.data.splitting import Splits, position
from training.data.unlabelled import read_unlabelled
from training.recipes.config import TrainingConfig

# Shorter ones carry too little sentiment, longer ones are no sentences.
_SENTENCE_CHARACTERS = range(12, 400)


def labelled_texts(config: TrainingConfig, splits: Splits) -> list[str]:
    """Return the texts of the train split, except those that are made from templates.

    Their labels are certain, and a teacher may fail on just those constructions.
    """
    made = {one.name for one in config.sources if one.kind == "templates"}
    return [one.text for one in splits.train if one.source not in made]


def unlabelled_texts(
    config: TrainingConfig, splits: Splits, data_root: Path
) -> dict[str, str]:
    """Return the recipe's ``[[unlabelled]]`` texts, then single sentences.

    Each maps to the text that it was cut from, a whole one to itself. The sentences are
    cut from the train split and the unlabelled texts, as many as ``[distillation]
    sentences``, chosen by their hashes. Texts equal to one of the recipe's splits are
    left out, so that no test text is learned from.

    Raises:
        DataError: A file is missing or lacks the column.
    """
    known = splits.identities()
    texts = read_unlabelled(config.unlabelled, data_root=data_root, but=known)
    whole = {text: text for text in texts}
    wanted = config.distillation.sentences
    if not wanted:
        return whole
    known.update(normalised(text) for text in whole)
    learned = dict.fromkeys(labelled_texts(config, splits))
    return {**whole, **_sentences(learned, whole, known, wanted)}


def _sentences(
    learned: Collection[str], others: Iterable[str], known: set[str], wanted: int
) -> dict[str, str]:
    """Return ``wanted`` sentences that are not ``known``, each with its text.

    Of several texts that have the sentence it is the first ``learned`` one, since
    teachers that were fitted to that must not label the sentence.
    """
    # Cutting is slow, so only as many texts as needed are cut, in the order of their
    # hashes: until there are twice as many sentences as wanted, to spread the choice.
    pool: dict[str, tuple[str, str]] = {}
    for text in sorted([*learned, *others], key=position):
        for sentence in _cut(text):
            identity = normalised(sentence)
            if identity in known:
                continue
            _, whole = pool.get(identity, ("", None))
            if whole is None or (text in learned and whole not in learned):
                pool[identity] = (sentence, text)
        if len(pool) >= 2 * wanted:
            break
    chosen = sorted(pool.values(), key=lambda cut: position(cut[0]))
    return dict(chosen[:wanted])


def _cut(text: str) -> Iterator[str]:
    """Yield the sentences of a text that has several."""
    # Not before a recipe asks for sentences: with scikit-learn installed, as it is for
    # training, NLTK imports that, SciPy and pandas, two seconds of every start.
    from sentiment.text.sentences import sentence_spans

    spans = list(sentence_spans(text))
    for start, end in spans if len(spans) > 1 else ():
        if end - start in _SENTENCE_CHARACTERS:
            yield text[start:end]
