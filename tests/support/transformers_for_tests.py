"""A transformer of a few thousand weights, written as the library itself writes one."""

from pathlib import Path

PIECES = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] the a film food was is not good bad great awful "
    "love hate it and but , . ! ##s ##ly"
).split()


def write_transformer(
    folder: Path, *, labels: dict[int, str] | None = None, half: bool = False
) -> Path:
    """Write a BERT with random weights; with ``labels`` it is a sequence classifier.

    ``half`` stores the weights in half precision, as many are published.
    """
    import tokenizers
    import torch
    import transformers
    from tokenizers import models, normalizers, pre_tokenizers, processors

    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=len(PIECES),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=512,
        **({"id2label": labels, "num_labels": len(labels)} if labels else {}),
    )
    kind = transformers.BertForSequenceClassification if labels else None
    network = (kind or transformers.BertModel)(config)
    for weight in network.parameters():
        # Larger than at random, so that texts differ.
        weight.data.mul_(5)
    folder.mkdir(parents=True)
    (network.half() if half else network).save_pretrained(folder)
    ids = {piece: row for row, piece in enumerate(PIECES)}
    tokenizer = tokenizers.Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = [("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=marks
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
