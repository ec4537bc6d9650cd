"""Publish versions one after another: ``publish_in_turn.py MODELS SOURCE VERSION...``.

Prints each version that was published; one that somebody else published is left out.
"""

import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sentiment.artifacts.folder import load_artifact
from sentiment.errors import ArtifactError
from training.publishing.publish import publish


def main(models: Path, source: Path, versions: list[str]) -> None:
    artifact = load_artifact(source)
    print("ready", flush=True)
    sys.stdin.readline()
    for version in versions:
        with suppress(ArtifactError):
            publish(replace(artifact, version=version), models)
            print(version, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
