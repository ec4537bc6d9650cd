"""`make bench`: measure ratios side by side in one run, and save them under bench/."""

import argparse
import importlib
from pathlib import Path

import torch
from measuring import announce, save

BENCHMARKS = (
    "training",
    "precision",
    "scoring",
    "memory",
    "cluster",
    "service",
    "overload",
    "models",
)


def main() -> None:
    """Run the benchmarks that were asked for, or all."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (5)")
    parser.add_argument("--data", type=Path, help="labelled reviews, for models")
    parser.add_argument(
        "--rows", type=int, help="rows of a file, for scoring, memory and cluster"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark {sorted(unknown)}: there are {BENCHMARKS}")
    # Everything is measured on one core: more of them are a matter of workers.
    torch.set_num_threads(1)
    announce()
    found = []
    for name in arguments.names or BENCHMARKS:
        options = {"data": arguments.data} if name == "models" else {}
        if name in ("scoring", "memory", "cluster") and arguments.rows is not None:
            options = {"rows": arguments.rows}
        module = importlib.import_module(f"bench_{name}")
        found.extend(module.run(arguments.rounds, **options))
    if found:
        print(f"saved as {save(found)}")


if __name__ == "__main__":
    main()
