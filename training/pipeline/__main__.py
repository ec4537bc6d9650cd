"""``python -m training.pipeline RECIPE`` is ``sentiment-train run RECIPE``."""

import sys

from training.console import main

# The word is also taken where it is said, since the usage line of --help shows it.
if sys.argv[1:2] != ["run"]:
    sys.argv.insert(1, "run")
main()
