#!/usr/bin/env python3
"""gpu_check.sh refuses where there is no GPU, and its whole flow runs on the CPU: what it reports is looked at.

Usage: gpu_check_test.py <build folder>
"""
import json
import pathlib
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def check(holds, what):
    if not holds:
        sys.exit(f"gpu_check_test: {what}")


def check_refusal(build, scratch):
    done = run(TOOLS / "gpu_check.sh", "--build", build, "--out", scratch / "refused", "--parts", "steps", "--quick")
    if done.returncode not in (0, 1):  # as it ends on a machine that has a GPU
        check(done.returncode == 2, f"exit code {done.returncode}, expected 2: {done.stderr}")
        check(len(done.stderr.strip().splitlines()) == 1, f"not one line: {done.stderr}")
        check("no NVIDIA GPU" in done.stderr or "cannot be used" in done.stderr, done.stderr)
    done = run(sys.executable, TOOLS / "gpu_check.py", "--build", build, "--device", "cuda:99", "--out", scratch / "refused")
    check(done.returncode == 2 and "cuda:99 cannot be used" in done.stderr, f"cuda:99: {done.returncode} {done.stderr}")


def check_flow(build, scratch):
    digits, out = scratch / "digits", scratch / "out"
    drawn = run(build / "bin/lenet_data", "synthesize", "--out", digits, "--train", 5200, "--test", 100)
    check(drawn.returncode == 0, drawn.stderr)
    done = run(TOOLS / "gpu_check.sh", "--device", "cpu", "--quick", "--quick-steps", 4, "--build", build, "--data", digits,
               "--out", out, "--only", "of equal maxima", "--python", sys.executable)
    check(done.returncode == 0, f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    report = json.loads((out / "report.json").read_text())
    check(not any(report["problems"].values()), report["problems"])
    check(report["tests"]["test_layers"]["passed"] == 1, report["tests"])
    recipes = [(run["model"], run["recipe"]) for run in report["recipes"]]
    check(len(set(recipes)) == 6, recipes)
    check(all(0 <= run["accuracy"] <= 1 and run["seconds"] > 0 for run in report["recipes"]), report["recipes"])
    check([run["model"] for run in report["steps"]] == ["regressor", "mlp", "cnn"], report["steps"])
    check(all(target["met"] is None for target in report["targets"]), "the CPU meets targets of a GPU")
    text = (out / "report.md").read_text()
    for title in ("Targets", "Tests", "compute-sanitizer", "Recipes", "Steps", "Kernels", "Beside PyTorch"):
        check(f"## {title}\n" in text, f"the report has no section {title}")


def check_failures(build, scratch):
    """Without data, recipes and timings fail; the tests still run, and all of it is reported."""
    out = scratch / "failed"
    done = run(TOOLS / "gpu_check.sh", "--device", "cpu", "--quick", "--build", build, "--data", scratch / "nothing", "--out",
               out, "--parts", "tests", "recipes", "--only", "of equal maxima")
    check(done.returncode == 1, f"exit code {done.returncode}, expected 1")
    report = json.loads((out / "report.json").read_text())
    problems = report["problems"]["recipes"]
    check(len(problems) == 6 and "no such folder" in problems[0], problems)
    check(report["tests"]["test_layers"]["passed"] == 1, report["tests"])
    run(TOOLS / "gpu_check.sh", "--device", "cpu", "--quick", "--build", build, "--out", out, "--parts", "kernels")
    again = json.loads((out / "report.json").read_text())
    check(again["tests"] == report["tests"] and "kernels" in again, "a further part lost the earlier ones")


def main():
    build = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        check_refusal(build, scratch)
        check_flow(build, scratch)
        check_failures(build, scratch)


if __name__ == "__main__":
    main()
