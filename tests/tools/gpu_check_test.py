#!/usr/bin/env python3
"""gpu_check.sh refuses where there is no GPU or an option is wrong, and its whole flow runs on the CPU: what it reports is
looked at.

Usage: gpu_check_test.py <build folder>
"""
import pathlib
import re
import sys
import tempfile

from gpu_check_support import TOOLS, check, one_line, report_in, run

SCRIPT = TOOLS / "gpu_check.sh"


def check_refusals(build, scratch):
    done = run(SCRIPT, "--build", build, "--out", scratch / "refused", "--parts", "steps", "--quick")
    if done.returncode not in (0, 1):  # as it ends on a machine that has a GPU
        check(done.returncode == 2, f"exit code {done.returncode}, expected 2: {done.stderr}")
        one_line(done, "no GPU")
        check("no NVIDIA GPU" in done.stderr or "cannot be used" in done.stderr, done.stderr)
    unrunnable = scratch / "unrunnable/bin/lenet_train"
    unrunnable.parent.mkdir(parents=True)
    unrunnable.write_text("no program")
    for options, message in [
            (["--device", "gpu"], "unknown device 'gpu': expected cuda, cuda:N, N or cpu: see --help"),
            (["--bad"], "unrecognized arguments: --bad: see --help"),
            (["--device=cpu", "--build", "/dev/null/x"], "there are no programs"),
            (["--device", "cpu", "--build", build, "--out", "/dev/null/x"], "it cannot be written: Not a directory"),
            (["--device", "cpu", "--build", scratch / "unrunnable"], "lenet_train cannot be run: Permission denied"),
            (["--device", "cpu", "--build", build, "--data", scratch / "nothing"], "nothing: no such folder"),
            (["--data", ""], "--data: it is empty"), (["--seeds", "0"], "'0' is not a whole number from 1 on"),
            (["--time-limit", "soon"], "'soon' is not a number of minutes above 0"),
            (["--time-limit", "-1"], "'-1' is not a number of minutes above 0"),
            (["--quick-steps", "-1"], "'-1' is not a whole number from 1 on")]:
        done = run(SCRIPT, "--out", scratch / "refused", *options)
        check(done.returncode == 2 and message in done.stderr, f"{options}: {done.returncode} {done.stderr}")
        one_line(done, options)
    asked = run(SCRIPT, "-h")
    check(asked.returncode == 0 and max(map(len, asked.stdout.splitlines())) <= 80, f"-h: {asked}")


def check_flow(build, scratch):
    digits, out = scratch / "digits", scratch / "out"
    drawn = run(build / "bin/lenet_data", "synthesize", "--out", digits, "--train", 5200, "--test", 100)
    check(drawn.returncode == 0, drawn.stderr)
    done = run(SCRIPT, "--device", "cpu", "--quick", "--quick-steps", 4, "--build", build, "--data", digits,
               "--out", out, "--only", "of equal maxima", "--parts", *"tests sanitizer recipes repeats steps kernels".split())
    check(done.returncode == 0, f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    report = report_in(out)
    check(report["problems"] == {} and report["left_out"] == {}, report["problems"])
    results = report["results"]
    check([result["outcome"] for result in results["tests"].values()] == ["passed"], results["tests"])
    recipes = {(run["model"], run["recipe"]) for run in results["recipes"].values()}
    check(len(recipes) == 6, recipes)
    check(all(0 <= run["accuracy"] <= 1 and run["train_seconds"] > 0 for run in results["recipes"].values()), results["recipes"])
    check([run.get("same") for run in results["repeats"].values()] == [None] + 5 * [True], results["repeats"])
    check([run["model"] for run in results["steps"].values()] == ["cnn", "mlp", "regressor"], results["steps"])
    check(all(target["met"] is None for target in report["targets"]), "the CPU meets targets of a GPU")
    check(report["data"]["kind"] == "other", "digits that are not MNIST's are taken for MNIST's")
    text = (out / "report.md").read_text()
    for title in ("Targets", "Tests", "compute-sanitizer", "Recipes", "Repeats", "Steps", "Algorithms", "Kernels"):
        check(f"## {title}\n" in text, f"the report has no section {title}")
    check(re.search(r"\| cnn \| conv2 \| data gradient \| fp32 \| \S+ \S+", text), "no algorithm of conv2 in the report")


def check_no_case(build, scratch):
    done = run(SCRIPT, "--device", "cpu", "--build", build, "--out", scratch / "none", "--parts", "tests", "--only",
               "no such case")
    check(done.returncode == 1 and done.stderr == "gpu_check: no test case ran: no name holds 'no such case'\n", done)


def main():
    build = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        check_refusals(build, scratch)
        check_flow(build, scratch)
        check_no_case(build, scratch)


if __name__ == "__main__":
    main()
