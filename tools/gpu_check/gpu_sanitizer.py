"""Small programs under compute-sanitizer."""
import os
import re
import shutil
from typing import NamedTuple

import processes
from gpu_cases import Case, Value
from gpu_machine import in_wheels
from gpu_tests import LAYER, SMALL_NETWORK, escaped, test_names

NAMESPACE = "lenet"  # of our kernels; the others are NVIDIA's


class Run(NamedTuple):
    """`kernels` says whose errors count: those of "all" kernels; of "ours", while all are watched; or of ours, which are
    the only ones that are watched ("filtered")."""
    tool: str
    what: str
    command: list
    kernels: str = "all"

    def arguments(self):
        if self.kernels == "filtered":
            return ["--kernel-name", f"kernel_substring={NAMESPACE}"]
        if self.tool == "memcheck":  # NVIDIA's libraries try calls that may fail; ours are all checked
            return ["--report-api-errors", "no"]
        return ["--print-limit", "100000"] if self.kernels == "ours" else []


def our_errors(output):
    """The number of uninitialised reads by our kernels or by copies to the host."""
    blocks = [block.partition("Saved host backtrace")[0] for block in re.split(r"(?m)^=========[ \t]*$", output)]
    return sum(1 for block in blocks
               if "Host API memory access error" in block or "Uninitialized" in block and f"{NAMESPACE}::" in block)


def run_sanitized(check, sanitizer, run):
    command = [sanitizer, "--error-exitcode", "99", "--tool", run.tool, *run.arguments(), *run.command]
    done = check.run(f"{run.tool}-{run.what}", command, 1800, {"LENET_TEST_DEVICE": check.device})
    summaries = [line.strip("= ") for line in done.stdout.splitlines() if "SUMMARY" in line]
    ran = bool(summaries) and "No test cases matched" not in done.stdout
    result = {"tool": run.tool, "what": run.what, "summary": summaries[-1] if summaries else "",
              "clean": ran and done.returncode == 0}
    if ran and done.returncode == 99 and run.kernels == "ours":
        errors = our_errors(done.stdout)
        result["clean"] = errors == 0
        result["summary"] += f", {errors} of them ours"
    if not result["clean"]:
        result["problem"] = f"{run.tool} of {run.what}: exit code {done.returncode}: {processes.last_line(done)}"
    return result


def runs(check):
    """racecheck and initcheck judge our kernels alone. But initcheck must watch every kernel that writes what ours read:
    of a network, NVIDIA's as well."""
    for batch in (7, 50):
        command = [check.program("kernel_bench"), "--once", "--batch", str(batch), "--device", check.device]
        for tool, kernels in (("memcheck", "all"), ("initcheck", "filtered"), ("racecheck", "filtered")):
            yield Run(tool, f"every kernel, batch {batch}", command, kernels)
    small = [check.program("test_cuda_program"), SMALL_NETWORK]
    for tool, kernels in (("memcheck", "all"), ("initcheck", "ours"), ("racecheck", "filtered")):
        yield Run(tool, "steps of a small network", small, kernels)
    if check.options.quick:
        return
    for name in test_names(check, "test_layers"):
        if name.startswith(LAYER):
            yield Run("memcheck", name, [check.program("test_layers"), escaped(name)])


def value(run):
    if run.tool != "memcheck":
        return Value.HAZARDS
    return Value.REST if run.what.startswith(LAYER) else Value.MEMORY


def find_sanitizer(check):
    """compute-sanitizer of PATH, of the toolkit or of a wheel; None if there is none."""
    folders = [os.environ.get("PATH", ""), "/usr/local/cuda/bin", *in_wheels(check, "*/bin")]
    return shutil.which("compute-sanitizer", path=":".join(folders))


def sanitizer_cases(check):
    sanitizer = find_sanitizer(check)
    if not check.on_gpu:
        return check.skip("sanitizer", "needs a GPU")
    if not sanitizer:
        return check.skip("sanitizer", "compute-sanitizer is neither on PATH nor in a toolkit or wheel of CUDA")
    return [Case("sanitizer", f"{run.tool}: {run.what}", value(run), lambda run=run: run_sanitized(check, sanitizer, run))
            for run in runs(check)]
