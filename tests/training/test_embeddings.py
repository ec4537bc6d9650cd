"""First embeddings: from files as people have them, and from a transformer."""

import gzip

import numpy as np
import pytest
import torch

from sentiment.errors import ConfigError, DataError
from sentiment.special_tokens import PAD
from sentiment.text.vocabulary import Vocabulary
from training.embeddings import principal_components, read_vectors, starting_embedding

WORDS = Vocabulary(("<pad>", "<unk>", "good", "great", "awful", "film", "<number>"))


def write(path, lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def start(name, tmp_path, dim=2):
    return starting_embedding(name, WORDS, dim, data_root=tmp_path, seed=3)


@pytest.mark.parametrize("header", [[], ["4 3"]], ids=["glove", "word2vec"])
def test_like_words_of_a_file_start_alike(tmp_path, header):
    lines = ["good 1 0 0.1", "great 0.9 0 0.2", "awful -1 0 0.4", "unheard 5 5 5"]
    write(tmp_path / "vectors.txt", [*header, *lines])
    found = start("vectors.txt", tmp_path)
    assert found.shape == (len(WORDS), 2)
    good, great, awful = found[2], found[3], found[4]
    assert torch.dist(good, great) < torch.dist(good, awful) / 3
    assert (found[PAD] == 0).all()


def test_words_without_a_vector_start_at_random_and_the_same_for_a_seed(tmp_path):
    write(tmp_path / "v.txt", ["good 1 0 0.1", "great 0.9 0 0.2", "awful -1 0 0.4"])
    found = start("v.txt", tmp_path)
    assert (found[5] != 0).all()
    assert torch.equal(found, start("v.txt", tmp_path))


def test_a_line_of_another_width_is_named(tmp_path):
    write(tmp_path / "v.txt", ["good 1 0 0.1", "great 0.9 0"])
    with pytest.raises(DataError, match=r"v\.txt:2 is not a word with 3 numbers"):
        start("v.txt", tmp_path)


@pytest.mark.parametrize("header", [[], ["6 3"]], ids=["glove", "word2vec"])
def test_words_with_spaces_in_them_are_passed_by(tmp_path, header):
    # glove.840B.300d.txt has such lines.
    words = ["good 1 0 0.1", "great 0.9 0 0.2", "awful -1 0 0.4"]
    odd = [". . . 0.1 0.2 0.3", "at name@domain.com 1 2 3", "good good 9 9 9"]
    plain = write(tmp_path / "plain.txt", words)
    whole = write(tmp_path / "whole.txt", [*header, *words[:1], *odd, *words[1:]])
    expected = read_vectors(plain, WORDS)
    assert np.array_equal(read_vectors(whole, WORDS), expected, equal_nan=True)


@pytest.mark.parametrize("line", ["great 0.9", "great", "great 0.9 x 1", "great  1 2"])
def test_a_line_that_holds_too_little_is_named(tmp_path, line):
    # One number was taken for all three.
    write(tmp_path / "v.txt", ["unheard 1 0 0.1", line, "awful 1 2 3"])
    with pytest.raises(DataError, match=r"v\.txt:2 is not a word with 3 numbers"):
        start("v.txt", tmp_path)


def test_the_first_line_says_how_wide_the_vectors_are(tmp_path):
    write(tmp_path / "v.txt", ["unheard 1 0 0.1", "good 1 0", "awful 1 2 3"])
    with pytest.raises(DataError, match=r"v\.txt:2 is not a word with 3 numbers"):
        start("v.txt", tmp_path)


def test_vectors_that_are_too_narrow_are_refused(tmp_path):
    write(tmp_path / "v.txt", ["good 1 0", "great 0.9 0"])
    with pytest.raises(DataError, match="fewer than embedding_dim, 5"):
        start("v.txt", tmp_path, dim=5)


def test_a_file_that_knows_no_word_is_refused(tmp_path):
    write(tmp_path / "v.txt", ["gut 1 0", "schlecht 0.9 0"])
    with pytest.raises(DataError, match="no token of the vocabulary"):
        start("v.txt", tmp_path)


@pytest.mark.parametrize("lines", [["good 1 0"], ["good 1 0", "great 1 0"]])
def test_a_file_that_tells_no_words_apart_is_refused(tmp_path, lines):
    write(tmp_path / "v.txt", lines)
    known = len(lines)
    with pytest.raises(DataError, match=f"vectors for {known} of them, all alike"):
        start("v.txt", tmp_path)


ODD = ["good 1 0 0.1", "great 0.9 0 0.2", "awful -1 0 0.4"]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress("\n".join(ODD).encode()),
        "\n".join(ODD).replace(" ", "\t").encode(),
        "\n".join(f"{line}  " for line in ODD).replace(" ", "  ").encode(),
        "\r\n".join(ODD).encode(),
        "\n".join([*ODD[:1], "\xa0 1 2 3", "", *ODD[1:]]).encode(),
        # fastText cuts some words in the middle of a character.
        "\n".join(ODD[:1]).encode()
        + b"\nfil\xc3 3 3 3\n"
        + "\n".join(ODD[1:]).encode(),
    ],
    ids=["gzip", "tabs", "spaces", "windows", "odd words", "not UTF-8"],
)
def test_files_are_read_as_they_are_offered(tmp_path, content):
    """Most ended with a message that it was no text, or knew no word."""
    (tmp_path / "v.txt").write_bytes(content)
    plain = write(tmp_path / "plain.txt", ODD)
    found = read_vectors(tmp_path / "v.txt", WORDS)
    assert np.array_equal(found, read_vectors(plain, WORDS), equal_nan=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no word vector: it is empty"),
        (b"6 3\n", "holds no word vector"),
        (b"good 1 nan 2\n", r"v\.txt:1 holds a number that is not finite"),
        (b"awful 1 2 3\ngood inf 1 2\n", r"v\.txt:2 holds a number that is not"),
        (b"2 2\ngood \0\0\x80\x3f\0\0\0\0\n", "but a binary one"),
        (gzip.compress(b"good 1 2 3\n" * 9)[:-12], "is not a text file of vectors: "),
    ],
    ids=["empty", "header alone", "nan", "inf", "binary", "cut off"],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, content, message):
    (tmp_path / "v.txt").write_bytes(content)
    with pytest.raises((ConfigError, DataError), match=message):
        start("v.txt", tmp_path)


@pytest.mark.parametrize("name", ["gone.txt", "gone.vec", "gone.txt.gz"])
def test_a_missing_file_is_not_taken_for_a_transformer(tmp_path, name):
    with pytest.raises(DataError, match=rf"there is no .*{name}\. .*--data DIR"):
        start(name, tmp_path)


def test_a_name_that_is_neither_file_nor_transformer_says_what_it_may_be(tmp_path):
    with pytest.raises(ConfigError, match="there is no transformer 'nothing-here'"):
        start("nothing-here", tmp_path)


def test_principal_components_keep_the_distances_that_matter():
    random = np.random.default_rng(1)
    plane = random.normal(size=(50, 2)) @ random.normal(size=(2, 7))
    turned = principal_components(plane.astype(np.float32), 2)
    before = np.linalg.norm(plane[:, None] - plane[None], axis=2)
    after = np.linalg.norm(turned[:, None] - turned[None], axis=2)
    scale = before.sum() / after.sum()
    assert after * scale == pytest.approx(before, rel=1e-3, abs=1e-3)


def test_a_transformer_gives_each_word_the_vector_of_the_word_alone(tmp_path):
    pytest.importorskip("transformers")
    from transformers_for_tests import write_transformer

    from training.embeddings import transformer_vectors

    folder = write_transformer(tmp_path / "bert")
    vectors = transformer_vectors(str(folder), WORDS)
    assert vectors.shape == (len(WORDS), 16)
    assert np.isnan(vectors[:2]).all()
    assert not np.isnan(vectors[2:]).any()
    alone = transformer_vectors(str(folder), Vocabulary(("<pad>", "<unk>", "good")))
    assert alone[2] == pytest.approx(vectors[2], abs=1e-5)
