"""Ways in which a published model can go bad, as many as are asked for, seeded."""

import json
import os
import random
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from sentiment.artifacts.folder import CARD, MANIFEST_SUM, VOCABULARY, WEIGHTS
from sentiment.artifacts.store import MANIFEST

FILES = (WEIGHTS, VOCABULARY, CARD, MANIFEST, MANIFEST_SUM)
Damage = Callable[[Path, random.Random], None]


def damages(seed: int = 20) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Yield names and ways to damage a model's folder, endlessly, each kind in turn."""
    for number in count():
        damage = KINDS[number % len(KINDS)]
        rng = random.Random(f"{seed}-{number}")
        yield damage.__name__, lambda folder, act=damage, rng=rng: act(folder, rng)


def sign_again(folder: Path, **changes: object) -> None:
    """Write sums that fit, as someone does who builds an artifact with other code."""
    manifest = json.loads((folder / MANIFEST).read_text()) | changes
    for name in manifest["sha256"]:
        manifest["sha256"][name] = sha256((folder / name).read_bytes()).hexdigest()
    content = json.dumps(manifest).encode()
    (folder / MANIFEST).write_bytes(content)
    (folder / MANIFEST_SUM).write_text(f"{sha256(content).hexdigest()}  {MANIFEST}\n")


# What a disk or a copy does: the sums tell.


def flip_a_bit(folder: Path, rng: random.Random) -> None:
    path = folder / rng.choice(FILES)
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def truncate(folder: Path, rng: random.Random) -> None:
    path = folder / rng.choice(FILES)
    os.truncate(path, rng.randrange(path.stat().st_size))


def append(folder: Path, rng: random.Random) -> None:
    with (folder / rng.choice(FILES)).open("ab") as file:
        file.write(rng.randbytes(rng.randrange(1, 100)))


def overwrite(folder: Path, rng: random.Random) -> None:
    path = folder / rng.choice(FILES)
    content = path.read_bytes()
    begin = rng.randrange(len(content))
    middle = rng.randbytes(64)
    path.write_bytes(content[:begin] + middle + content[begin + 64 :])


def lose_a_block(folder: Path, rng: random.Random) -> None:
    path = folder / rng.choice(FILES)
    content = path.read_bytes()
    begin = rng.randrange(len(content))
    path.write_bytes(content[:begin] + content[begin + rng.randrange(1, 512) :])


def replace_by_noise(folder: Path, rng: random.Random) -> None:
    path = folder / rng.choice(FILES)
    path.write_bytes(rng.randbytes(path.stat().st_size))


def swap_two_files(folder: Path, rng: random.Random) -> None:
    one, other = (folder / name for name in rng.sample(FILES, 2))
    mine, theirs = one.read_bytes(), other.read_bytes()
    one.write_bytes(theirs)
    other.write_bytes(mine)


def remove(folder: Path, rng: random.Random) -> None:
    (folder / rng.choice(FILES)).unlink()


def put_a_folder_in_its_place(folder: Path, rng: random.Random) -> None:
    path = folder / rng.choice(FILES)
    path.unlink()
    path.mkdir()


def link_to_nowhere(folder: Path, rng: random.Random) -> None:
    path = folder / rng.choice(FILES)
    path.unlink()
    path.symlink_to(rng.choice(["nowhere", path.name]))


# What other code does: the sums fit, and something else must tell.


def change_the_manifest(folder: Path, rng: random.Random) -> None:
    changes: list[dict[str, Any]] = [
        {"format": rng.choice([0, 2, 99, "1", None])},
        {"labels": ["positive", "neutral", "negative"]},
        {"temperature": rng.choice([0, -1, 5.0, float("nan"), "warm", None])},
        {"golden": rng.choice([[], None, [{}], "none"])},
        {"config": rng.choice([{}, [], None, {"cell": "lstn"}, {"hidden_dim": 10**9}])},
        {"metrics": rng.choice([None, 5])},
    ]
    sign_again(folder, **rng.choice(changes))


def lose_a_key(folder: Path, rng: random.Random) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).unlink()
    keys = sorted({*manifest} - {"sha256", "weights"})
    del manifest[rng.choice(keys)]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    sign_again(folder)


def put_in_no_number(folder: Path, rng: random.Random) -> None:
    tensors = load_file(folder / WEIGHTS)
    flat = tensors[rng.choice(sorted(tensors))].view(-1)
    flat[rng.randrange(len(flat))] = rng.choice([float("nan"), float("inf")])
    save_file(tensors, folder / WEIGHTS)
    sign_again(folder)


def change_the_weights(folder: Path, rng: random.Random) -> None:
    tensors = load_file(folder / WEIGHTS)
    noise = torch.Generator().manual_seed(rng.randrange(10**6))
    weight = tensors["output.weight"]
    tensors["output.weight"] = weight + torch.randn(weight.shape, generator=noise)
    save_file(tensors, folder / WEIGHTS)
    sign_again(folder)


def lose_a_tensor(folder: Path, rng: random.Random) -> None:
    tensors = load_file(folder / WEIGHTS)
    del tensors[rng.choice(sorted(tensors))]
    save_file(tensors, folder / WEIGHTS)
    sign_again(folder)


def reshape_a_tensor(folder: Path, rng: random.Random) -> None:
    tensors = load_file(folder / WEIGHTS)
    name = rng.choice(sorted(tensors))
    tensors[name] = tensors[name].reshape(1, -1).contiguous()
    save_file(tensors, folder / WEIGHTS)
    sign_again(folder)


def swap_two_words(folder: Path, rng: random.Random) -> None:
    words = (folder / VOCABULARY).read_text().split("\n")
    one, other = words.index("love"), words.index(rng.choice(["awful", "tuesday"]))
    words[one], words[other] = words[other], words[one]
    (folder / VOCABULARY).write_text("\n".join(words))
    sign_again(folder)


def lose_a_word(folder: Path, rng: random.Random) -> None:
    words = (folder / VOCABULARY).read_text().split("\n")
    del words[rng.randrange(len(words) - 1)]
    (folder / VOCABULARY).write_text("\n".join(words))
    sign_again(folder)


KINDS: tuple[Damage, ...] = (
    flip_a_bit,
    truncate,
    append,
    overwrite,
    lose_a_block,
    replace_by_noise,
    swap_two_files,
    remove,
    put_a_folder_in_its_place,
    link_to_nowhere,
    change_the_manifest,
    lose_a_key,
    put_in_no_number,
    change_the_weights,
    lose_a_tensor,
    reshape_a_tensor,
    swap_two_words,
    lose_a_word,
)
