"""The process in which a pupil's cells run: closes itself in once more, then becomes an ordinary Jupyter
kernel.

Runs inside the grader's cage, by its path and without zerek: `python -I grading_kernel.py RIGHTS -f
CONNECTION_FILE`. The grader beside it holds the author's notebook and the gradebook; from here neither can
be read.
"""

import importlib
import json
import os
import sys
from pathlib import Path


def close_in(rights_file: Path) -> None:
    """Only what the rights file lists can be touched from now on; where Landlock is missing, nothing
    changes."""
    sys.path.insert(0, str(Path(__file__).parent))
    landlock = importlib.import_module("cage.landlock")
    sys.path.pop(0)
    rights = json.loads(rights_file.read_text())
    if landlock.abi():
        landlock.restrict(rights)


def main() -> None:
    close_in(Path(sys.argv.pop(1)))
    for name in [name for name in os.environ if name.startswith("ZEREK_")]:
        del os.environ[name]
    kernelapp = importlib.import_module("ipykernel.kernelapp")  # after closing in: it must run there
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
