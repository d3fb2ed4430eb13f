#!/usr/bin/env python3
"""gpu_check.sh refuses where there is no GPU, and its whole flow runs on the CPU: what it reports is looked at.

Usage: gpu_check_test.py <build folder>
"""
import json
import os
import pathlib
import signal
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
    unrunnable = scratch / "unrunnable/bin/lenet_train"
    unrunnable.parent.mkdir(parents=True)
    unrunnable.write_text("no program")
    for options, message in [
            (["--device", "gpu"], "unknown device 'gpu': expected cuda, cuda:N, N or cpu: see --help"),
            (["--bad"], "unrecognized arguments: --bad: see --help"),
            (["--device=cpu", "--build", "/dev/null/x"], "there are no programs"),
            (["--device", "cpu", "--build", build, "--out", "/dev/null/x"], "no folder can be made there"),
            (["--device", "cpu", "--build", scratch / "unrunnable"], "lenet_train cannot be run: Permission denied"),
            (["--data", ""], "--data: it is empty"), (["--seeds", "0"], "'0' is no number from 1 on"),
            (["--quick-steps", "-1"], "'-1' is no number from 1 on")]:
        done = run(TOOLS / "gpu_check.sh", "--out", scratch / "refused", *options)
        check(done.returncode == 2 and message in done.stderr, f"{options}: {done.returncode} {done.stderr}")
        check(len(done.stderr.splitlines()) == 1, f"not one line: {done.stderr}")
    check(run(TOOLS / "gpu_check.sh", "-h").returncode == 0, "-h is no question for help")


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
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "LENET_BATCH": "7"}
    environment.pop("CUDA_VISIBLE_DEVICES", None)
    out = scratch / "gpu"
    done = run(sys.executable, TOOLS / "gpu_check/gpu_check.py", "--build", build, "--device", "1", "--out", out, "--python",
               tools / "python", environment=environment)
    check(done.returncode == 1, f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    report = json.loads((out / "report.json").read_text())
    check(report["machine"]["nvidia_smi"].startswith("NVIDIA Fake"), report["machine"])
    tests = report["tests"]["programs"]
    check(tests["test_cuda"] == {"passed": 1, "failed": ["second"], "skipped": ["third: cuDNN is too old"]}, tests)
    check(tests["test_cuda_program"]["passed"] == 2, tests)
    check(report["problems"]["tests"] == [], report["problems"])
    found = [problem.partition(": exit")[0] for part in report["problems"].values() for problem in part]
    check(found == ["initcheck of every kernel, batch 7", "bf16, no CUDA graph: best.bin has other bits"], found)
    check(all(target["met"] for target in report["targets"]), report["targets"])
    values = {target["what"]: target["value"] for target in report["targets"]}
    check(abs(values["CNN: times faster than PyTorch"] - 4) < 1e-9, values)
    check(abs(values["CNN: what determinism costs"] - 100 * (0.08 / 0.0784 - 1)) < 1e-9, values)
    check(abs(values["CNN, batch 50, fp32 or tf32: a step"] - 80) < 1e-9, values)
    check({run["precision"] for run in report["pytorch"]["results"]} == {"fp32", "tf32", "bf16"}, report["pytorch"])
    text = (out / "report.md").read_text()
    check("| 50 | – |" in text and "| 50 | 50 % |" in text and "unknown (the driver tells no clock)" in text, text)
    refused = run(sys.executable, TOOLS / "gpu_check/gpu_check.py", "--build", build, "--device", "9", "--out", out,
                  environment=environment)
    check(refused.returncode == 2, refused)
    check(refused.stderr == "gpu_check: cuda:9 cannot be used: there is only cuda:0, cuda:1\n", refused.stderr)


def check_timeout(scratch):
    """What runs too long ends with all that it started."""
    sys.path.insert(0, str(TOOLS / "bench"))
    import processes
    late = scratch / "late"
    done = processes.run(["sh", "-c", f"(sleep 2; touch {late}) & wait"], timeout=0.2)
    check(done.returncode == 124 and "not done after 0.2 s" in done.stderr, done)
    time.sleep(2.2)
    check(not late.exists(), "a process that timed out left another running")


def write_program(file, script):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def signalled(command, begun, number, before):
    """The exit code and errors of a command that gets a signal once `begun` is there; before it, `before` is what that
    signal does, whatever this test itself was started with."""
    begun.unlink(missing_ok=True)
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          preexec_fn=lambda: signal.signal(number, before)) as process:
        while not begun.exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(number)
        _, errors = process.communicate()
        return process.returncode, errors


def check_signals(scratch):
    """Neither does gpu_check leave anything running when it is told to end."""
    build, begun, late = scratch / "slow", scratch / "begun", scratch / "later"
    write_program(build / "bin/lenet_train", "echo 'cpu a CPU'")
    slow = f"touch {begun}; (sleep 3; touch {late}) & wait"
    write_program(build / "tests/test_layers", f"case $1 in --list*) echo case;; *) {slow};; esac")
    command = [sys.executable, TOOLS / "gpu_check/gpu_check.py", "--device", "cpu", "--build", build, "--out", scratch / "ended",
               "--parts", "tests"]
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        ended = signalled(command, begun, number, signal.SIG_DFL)
        check(ended == (128 + number, ""), f"{number}: {ended}")
    time.sleep(3.2)
    check(not late.exists(), "a process that was ended by a signal left another running")
    ended = signalled(command, begun, signal.SIGHUP, signal.SIG_IGN)
    check(ended == (0, "") and late.exists(), f"under nohup: {ended}")


def check_flow(build, scratch):
    digits, out = scratch / "digits", scratch / "out"
    drawn = run(build / "bin/lenet_data", "synthesize", "--out", digits, "--train", 5200, "--test", 100)
    check(drawn.returncode == 0, drawn.stderr)
    done = run(TOOLS / "gpu_check.sh", "--device", "cpu", "--quick", "--quick-steps", 4, "--build", build, "--data", digits,
               "--out", out, "--only", "of equal maxima")
    check(done.returncode == 0, f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    report = json.loads((out / "report.json").read_text())
    check(not any(report["problems"].values()), report["problems"])
    check(report["tests"]["programs"]["test_layers"]["passed"] == 1, report["tests"])
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
    problems = report["problems"]["data"]
    check(len(problems) == 1 and "no such folder" in problems[0], problems)
    check(problems[0] in done.stderr and "recipes" not in report, done.stderr)
    check(report["tests"]["programs"]["test_layers"]["passed"] == 1, report["tests"])
    further = [TOOLS / "gpu_check.sh", "--device", "cpu", "--quick", "--build", build, "--out", out, "--parts"]
    run(*further, "kernels")
    again = json.loads((out / "report.json").read_text())
    check(again["tests"] == report["tests"] and "kernels" in again, "a further part lost the earlier ones")
    for broken in ("", "[]", "{}", '{"machine": 1, "problems": {}}'):
        (out / "report.json").write_text(broken)
        done = run(*further, "kernels")
        check(done.returncode == 0 and "kernels" in json.loads((out / "report.json").read_text()), f"{broken}: {done}")
    done = run(*further, "tests", "--only", "no such case")
    check(done.returncode == 1 and "no test case ran: no name holds 'no such case'" in done.stderr, done)


def main():
    build = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        check_refusal(build, scratch)
        check_flow(build, scratch)
        check_failures(build, scratch)
        check_gpu_flow(scratch)
        check_timeout(scratch)
        check_signals(scratch)


if __name__ == "__main__":
    main()
