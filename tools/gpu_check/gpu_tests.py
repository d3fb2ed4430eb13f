"""The test programs, case by case."""
import pathlib
import re

import processes
from gpu_cases import Case, Value

TEST_PROGRAMS = ["test_layers", "test_cuda_program", "test_cuda", "test_kernel_bench"]
SMALL_NETWORK = "a few steps in each precision stay finite"
LAYER = "every kind of layer"
# What test cases are worth whose names hold these texts; the first that fits counts.
VALUES = [(SMALL_NETWORK, Value.DEVICE), ("on this machine's GPU", Value.DEVICE), (LAYER, Value.LAYERS),
          ("the three models", Value.MODELS), ("captured steps give the bits", Value.MODELS)]


def test_value(name):
    return next((value for text, value in VALUES if text in name), Value.TESTS)


def test_names(check, program):
    """The names of a Catch2 program's test cases, as either major version lists them."""
    for arguments in (["--list-test-names-only"], ["--list-tests", "--verbosity", "quiet"]):
        listed = check.run(f"{program}-list", [check.program(program), *arguments])
        if listed.stdout.strip() and "nrecognised" not in listed.stdout + listed.stderr:
            return [line.strip() for line in listed.stdout.splitlines() if line.strip()]
    check.problem("tests", f"{program}: its tests cannot be listed: {processes.last_line(listed)}")
    return []


def escaped(name):
    return re.sub(r"([\\,\[\]])", r"\\\1", name)


def run_test(check, program, name):
    """Each test case runs in a process of its own: an error of the device does not spoil the others'. Tests that run on
    every device fail where this one cannot be opened."""
    environment = {"LENET_TEST_DEVICE": check.device} if check.on_gpu else {}
    done = check.run(f"{program}-{name}", [check.program(program), escaped(name)], 1800, environment)
    skipped = re.search(r"LENET_SKIPPED: (.*)", done.stdout)
    if done.returncode != 0 or "No test cases matched" in done.stdout:
        return {"outcome": "failed", "why": f"exit code {done.returncode}: {processes.last_line(done)}"}
    if not skipped:
        return {"outcome": "passed"}
    result = {"outcome": "skipped", "why": skipped[1]}
    if check.on_gpu and program in ("test_cuda_program", "test_kernel_bench"):
        result["problem"] = f"{program}: what needs a GPU found none and was skipped: {name}"
    return result


def test_cases(check):
    cases = []
    for program in TEST_PROGRAMS if check.on_gpu else ["test_layers"]:
        if not pathlib.Path(check.program(program)).exists():
            check.problem("tests", f"{check.program(program)} was not built")
            continue
        for name in test_names(check, program):
            if check.options.only in name:
                cases.append(Case("tests", f"{program}: {name}", test_value(name),
                                  lambda program=program, name=name: run_test(check, program, name)))
    if not cases:
        only = f": no name holds '{check.options.only}'" if check.options.only else ""
        check.problem("tests", f"no test case ran{only}")
    check.note("tests", f"only those whose names hold '{check.options.only}'" if check.options.only else "")
    return cases
