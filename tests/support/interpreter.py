"""Finds the Python that has what a test needs."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run_with(modules, main):
    """Calls main() in the first interpreter that can import all modules; without one, prints that the test is skipped."""
    candidates = [os.environ.get("LENET_PYTHON"), sys.executable, ROOT / ".venv/bin/python", "/usr/bin/python3"]
    for candidate in (str(path) for path in candidates if path and pathlib.Path(path).exists()):
        if subprocess.run([candidate, "-c", f"import {modules}"], capture_output=True).returncode == 0:
            if candidate != sys.executable:
                os.execv(candidate, [candidate, *sys.argv])
            return main()
    print(f"LENET_SKIPPED: no python3 with {modules}; tools/test.sh installs them")
    return 0


def forget_settings():
    """Removes settings of the user, which must not affect the programs."""
    for name in [name for name in os.environ if name.startswith("LENET_")]:
        del os.environ[name]
