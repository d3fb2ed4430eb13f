#!/usr/bin/env python3
"""gpu_check.sh refuses where there is no GPU, and its whole flow runs on the CPU: what it reports is looked at.

Usage: gpu_check_test.py <build folder>
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"


def run(*command, environment=None):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment)


def check(holds, what):
    if not holds:
        sys.exit(f"gpu_check_test: {what}")


def check_refusal(build, scratch):
    done = run(TOOLS / "gpu_check.sh", "--build", build, "--out", scratch / "refused", "--parts", "steps", "--quick")
    if done.returncode not in (0, 1):  # as it ends on a machine that has a GPU
        check(done.returncode == 2, f"exit code {done.returncode}, expected 2: {done.stderr}")
        check(len(done.stderr.strip().splitlines()) == 1, f"not one line: {done.stderr}")
        check("no NVIDIA GPU" in done.stderr or "cannot be used" in done.stderr, done.stderr)
    for device, message in [("cuda:99", "cuda:99 cannot be used"), ("99", "cuda:99 cannot be used"),
                            ("gpu", "unknown device 'gpu': expected cuda, cuda:N, N or cpu: see --help")]:
        done = run(sys.executable, TOOLS / "gpu_check.py", "--build", build, "--device", device, "--out", scratch / "refused")
        check(done.returncode == 2 and message in done.stderr, f"{device}: {done.returncode} {done.stderr}")
        check(len(done.stderr.splitlines()) == 1, f"not one line: {done.stderr}")
    for options, message in [(["--build", "/dev/null/x"], "there are no programs"),
                             (["--build", build, "--out", "/dev/null/x"], "Not a directory")]:
        done = run(sys.executable, TOOLS / "gpu_check.py", "--device", "cpu", *options)
        check(done.returncode == 2 and message in done.stderr, f"{options}: {done.returncode} {done.stderr}")
        check(len(done.stderr.splitlines()) == 1, f"not one line: {done.stderr}")


def check_gpu_flow(scratch):
    """All that only a GPU gets, of programs that play one: what is right is reported so, and what is wrong as well."""
    build, tools = scratch / "fake", scratch / "fake-tools"
    names = {build / "bin": ["lenet_train", "lenet_eval", "lenet_bench", "lenet_data", "kernel_bench"],
             build / "tests": ["test_cuda", "test_layers", "test_cuda_program", "test_kernel_bench"],
             tools: ["compute-sanitizer", "nvidia-smi", "python"]}
    for folder, programs in names.items():
        folder.mkdir(parents=True)
        for program in programs:
            (folder / program).symlink_to(pathlib.Path(__file__).resolve().parent / "fake_gpu.py")
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    environment.pop("CUDA_VISIBLE_DEVICES", None)
    out = scratch / "gpu"
    done = run(sys.executable, TOOLS / "gpu_check.py", "--build", build, "--device", "1", "--out", out, "--python",
               tools / "python", environment=environment)
    check(done.returncode == 1, f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    report = json.loads((out / "report.json").read_text())
    check(report["machine"]["nvidia_smi"].startswith("NVIDIA Fake"), report["machine"])
    check(report["tests"]["test_cuda"] == {"passed": 1, "failed": ["second"], "skipped": []}, report["tests"])
    check(report["tests"]["test_cuda_program"]["passed"] == 2, report["tests"])
    check(report["problems"]["tests"] == [], report["problems"])
    found = [problem.partition(": exit")[0] for part in report["problems"].values() for problem in part]
    check(found == ["initcheck of every kernel, batch 7", "bf16, no CUDA graph: best.bin has other bits"], found)
    check(all(target["met"] for target in report["targets"]), report["targets"])
    values = {target["what"]: target["value"] for target in report["targets"]}
    check(abs(values["CNN: times faster than PyTorch"] - 4) < 1e-9, values)
    check(abs(values["CNN: what determinism costs"] - 100 * (0.08 / 0.0784 - 1)) < 1e-9, values)
    check(abs(values["CNN, batch 50, fp32 or tf32: a step"] - 80) < 1e-9, values)
    text = (out / "report.md").read_text()
    check("| 50 | – |" in text and "| 50 | 50 % |" in text, text)


def check_timeout(scratch):
    """What runs too long ends with all that it started."""
    sys.path.insert(0, str(TOOLS))
    import gpu_check
    checker = gpu_check.Check(argparse.Namespace(device="cpu", out=scratch / "timeout"))
    late = scratch / "late"
    done = checker.run("slow", ["sh", "-c", f"(sleep 2; touch {late}) & wait"], timeout=0.2)
    check(done.returncode == 124 and "not done after 0.2 s" in done.stderr, done)
    time.sleep(2.2)
    check(not late.exists(), "a process that timed out left another running")


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
    check(all(run["same"] for run in report["repeats"]) and len(report["repeats"]) == 3, report["repeats"])
    check([run["model"] for run in report["steps"]] == ["regressor", "mlp", "cnn"], report["steps"])
    check(all(target["met"] is None for target in report["targets"]), "the CPU meets targets of a GPU")
    text = (out / "report.md").read_text()
    for title in ("Targets", "Tests", "compute-sanitizer", "Recipes", "Repeats", "Steps", "Kernels", "Beside PyTorch"):
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
    check(all(problem in done.stderr for problem in problems), done.stderr)
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
        check_gpu_flow(scratch)
        check_timeout(scratch)


if __name__ == "__main__":
    main()
