#!/usr/bin/env python3
"""Tests, trains and times on this machine's GPU, and writes report.md and report.json. Started by gpu_check.sh.

What fails is recorded, and everything else goes on. --device cpu runs the same parts on the CPU, to try this
program itself where there is no GPU.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

import bench_compare
import gpu_report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PARTS = ["tests", "sanitizer", "recipes", "steps", "kernels", "pytorch"]
TEST_PROGRAMS = ["test_cuda", "test_layers", "test_cuda_program", "test_kernel_bench"]
MODELS = ["regressor", "mlp", "cnn"]
RECIPES = ["keras", "tutorial"]


class Check:
    """The options, the programs of the build, and a log of every command that ran."""

    def __init__(self, options):
        self.options = options
        self.on_gpu = options.device != "cpu"
        self.logs = options.out / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.problems = []

    def program(self, name):
        folder = "tests" if name.startswith("test_") else "bin"
        return str(self.options.build / folder / name)

    def run(self, name, command, timeout=600):
        """The finished process; its output goes to logs/NAME.log as well. Ending late counts as exit code 124."""
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout)
        except subprocess.TimeoutExpired:
            done = subprocess.CompletedProcess(command, 124, "", f"not done after {timeout} s")
        except OSError as error:
            done = subprocess.CompletedProcess(command, 127, "", str(error))
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:100]
        log = f"$ {' '.join(command)}\n{done.stdout}{done.stderr}\nexit code {done.returncode}\n"
        (self.logs / f"{safe}.log").write_text(log)
        return done

    def problem(self, where, done):
        lines = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
        self.problems.append(f"{where}: exit code {done.returncode}: {lines[-1]}")

    def data(self):
        return ["--data", str(self.options.data)] if self.options.data else []

    def precisions(self):
        return ["fp32", "tf32", "bf16"] if self.on_gpu else ["fp32"]


def first_line(command):
    try:
        lines = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip().splitlines()
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return lines[0] if lines else ""


def require_device(check):
    """The line of --list-devices about the device; without it the program ends with exit code 2."""
    done = check.run("list-devices", [check.program("lenet_train"), "--list-devices"])
    for line in done.stdout.splitlines():
        if line.split()[0] == check.options.device:
            return line.split(maxsplit=1)[1]
    reason = (done.stderr.strip().splitlines() or ["there is no such device"])[-1]
    print(f"gpu_check: {check.options.device} cannot be used: {reason}", file=sys.stderr)
    sys.exit(2)


def machine(check):
    driver = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm", "--format=csv,noheader"]
    changed = first_line(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"])
    commit = first_line(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]) or "unknown"
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit + (" with changes" if changed else ""),
        "device": require_device(check),
        "nvidia_smi": first_line(driver) if check.on_gpu else "",
        "version": first_line([check.program("lenet_train"), "--version"]),
        "cpus": len(os.sched_getaffinity(0)),
        "quick": check.options.quick,
    }


def test_cases(check, program):
    """The names of a Catch2 program's test cases, as either major version lists them."""
    for arguments in (["--list-test-names-only"], ["--list-tests", "--verbosity", "quiet"]):
        listed = check.run(f"{program}-list", [check.program(program), *arguments])
        if listed.stdout.strip() and "nrecognised" not in listed.stdout + listed.stderr:
            return [line.strip() for line in listed.stdout.splitlines() if line.strip()]
    check.problem(f"tests of {program}", listed)
    return []


def escaped(name):
    return re.sub(r"([\\,\[\]])", r"\\\1", name)


def run_tests(check):
    """Each test case in a process of its own: an error of the device does not spoil the others'."""
    results = {}
    for program in TEST_PROGRAMS if check.on_gpu else ["test_layers"]:
        if not pathlib.Path(check.program(program)).exists():
            check.problems.append(f"tests of {program}: {check.program(program)} was not built")
            continue
        result = results[program] = {"passed": 0, "failed": [], "skipped": []}
        for name in test_cases(check, program):
            if check.options.only not in name:
                continue
            done = check.run(f"{program}-{name}", [check.program(program), escaped(name)])
            if done.returncode != 0 or "No test cases matched" in done.stdout:
                result["failed"].append(name)
            elif "LENET_SKIPPED" in done.stdout:
                result["skipped"].append(name)
            else:
                result["passed"] += 1
    if check.on_gpu and results.get("test_cuda_program", {}).get("skipped"):
        check.problems.append("tests: the ones for a GPU found none and were skipped")
    return results


def run_sanitizer(check):
    tool = shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path="/usr/local/cuda/bin")
    if not tool or not check.on_gpu:
        return {"skipped": "compute-sanitizer is not on PATH" if check.on_gpu else "needs a GPU"}
    kernels = [check.program("kernel_bench"), "--once", "--device", check.options.device]
    runs = [(kind, "every kernel", kernels) for kind in ("memcheck", "racecheck", "initcheck")]
    if not check.options.quick:
        for program, case in [("test_layers", "every kind of layer gives*"),
                              ("test_cuda_program", "captured steps give the bits of eager ones")]:
            runs.append(("memcheck", case, [check.program(program), case]))
    results = []
    for kind, what, command in runs:
        done = check.run(f"{kind}-{what}", [tool, "--tool", kind, "--error-exitcode", "99", *command])
        summary = [line for line in done.stdout.splitlines() if "SUMMARY" in line]
        results.append({"tool": kind, "what": what, "clean": done.returncode == 0,
                        "summary": summary[-1].strip("= ") if summary else ""})
        if done.returncode != 0:
            check.problem(f"{kind} of {what}", done)
    return {"runs": results}


def recipe_runs(check):
    """(model, recipe, precision, seed) of every training."""
    quick = check.options.quick
    for model in MODELS:
        for recipe in RECIPES:
            for precision in check.precisions() if model == "cnn" and not quick else ["fp32"]:
                for seed in range(1, 1 + (1 if quick or model != "cnn" else check.options.seeds)):
                    yield model, recipe, precision, seed


def run_recipe(check, model, recipe, precision, seed):
    """The test accuracy of the best weights and the training's wall time, or None."""
    name = f"{model}-{recipe}-{precision}-{seed}"
    folder = check.options.out / "runs" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    train = [check.program("lenet_train"), "--model", model, "--recipe", recipe, "--precision", precision, "--seed",
             str(seed), "--device", check.options.device, "--data-on-device", "--no-tensorboard", "--quiet", "--out",
             str(folder), *check.data()]
    if check.options.quick:
        train += ["--steps", str(check.options.quick_steps)]
    start = time.perf_counter()
    trained = check.run(f"train-{name}", train, timeout=3600)
    seconds = time.perf_counter() - start
    if trained.returncode != 0:
        return check.problem(f"training {name}", trained)
    evaluate = [check.program("lenet_eval"), str(folder / "best.bin"), "--json", "--device", check.options.device]
    evaluated = check.run(f"eval-{name}", evaluate + check.data())
    if evaluated.returncode != 0:
        return check.problem(f"evaluating {name}", evaluated)
    return {"accuracy": json.loads(evaluated.stdout)["accuracy"], "seconds": seconds}


def run_recipes(check):
    grouped = {}
    for model, recipe, precision, seed in recipe_runs(check):
        result = run_recipe(check, model, recipe, precision, seed)
        if result:
            grouped.setdefault((model, recipe, precision), []).append(result)
    return [{"model": model, "recipe": recipe, "precision": precision,
             "accuracies": [run["accuracy"] for run in runs],
             "accuracy": statistics.median(run["accuracy"] for run in runs),
             "seconds": statistics.median(run["seconds"] for run in runs)}
            for (model, recipe, precision), runs in grouped.items()]


def run_steps(check):
    forms = {"eager": ["--no-cuda-graph"], "captured": [], "captured, data on device": ["--data-on-device"]}
    if not check.on_gpu:
        forms = {"eager": []}
    steps = check.options.quick_steps if check.options.quick else 3000
    results = []
    for model in MODELS:
        for precision in check.precisions():
            for form, arguments in forms.items():
                command = [check.program("lenet_bench"), "--json", "--model", model, "--precision", precision,
                           "--steps", str(steps), "--device", check.options.device, *arguments, *check.data()]
                done = check.run(f"bench-{model}-{precision}-{form}", command)
                if done.returncode == 0:
                    results.append({**json.loads(done.stdout), "form": form})
                else:
                    check.problem(f"timing {model}, {precision}, {form}", done)
    return results


def run_kernels(check):
    if not check.on_gpu:
        return {"skipped": "needs a GPU"}
    repeats = "20" if check.options.quick else "200"
    command = [check.program("kernel_bench"), "--json", "--repeats", repeats, "--device", check.options.device]
    done = check.run("kernel_bench", command)
    if done.returncode != 0:
        check.problem("kernel_bench", done)
        return {"skipped": "it failed"}
    return json.loads(done.stdout)


def data_folder(check):
    """Where lenet finds MNIST, or None."""
    done = check.run("data-info", [check.program("lenet_data"), "info", *check.data()])
    if done.returncode != 0:
        return check.problem("finding the data", done)
    return done.stdout.splitlines()[0]


def run_pytorch(check):
    test = "import torch" + ("; assert torch.cuda.is_available()" if check.on_gpu else "")
    if check.run("pytorch", [check.options.python, "-c", test]).returncode != 0:
        return {"skipped": f"{check.options.python} has no PyTorch" + (" that sees a GPU" if check.on_gpu else "")}
    folder = data_folder(check)
    if not folder:
        return {"skipped": "there are no data"}
    results = []
    for model in MODELS:
        for precision in ["fp32", "tf32"] if check.on_gpu and model == "cnn" else ["fp32"]:
            options = argparse.Namespace(
                data=folder, device="cuda" if check.on_gpu else "cpu", precision=precision,
                rounds=1 if check.options.quick else 3, steps=check.options.quick_steps if check.options.quick else None,
                threads=len(os.sched_getaffinity(0)), bench=check.program("lenet_bench"), python=check.options.python)
            try:
                results.append(bench_compare.summary(bench_compare.compare(model, options)))
            except (RuntimeError, ValueError) as error:
                check.problems.append(f"PyTorch beside lenet, {model}, {precision}: {error}")
    return {"results": results}


def read_options():
    parser = argparse.ArgumentParser(prog="gpu_check", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few steps of everything: accuracies mean nothing")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/gpu-check", help="for the report and the logs")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="a finished build; none is made")
    parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("LENET_DATA"), help="MNIST's four files")
    parser.add_argument("--device", default="cuda:0", help="cuda:N, or cpu to try this program")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="only these; the others stay as they are in --out")
    parser.add_argument("--only", default="", metavar="TEXT", help="test cases whose names hold it")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of the CNN whose median counts")
    parser.add_argument("--quick-steps", type=int, default=300, help="of everything that is timed with --quick")
    parser.add_argument("--python", default="python3", help="a python3 with PyTorch")
    options = parser.parse_args()
    options.out, options.build = options.out.resolve(), options.build.resolve()
    return options


def begin_report(check):
    """Empty, or with --parts the one that is there if it is of the same build and device: so a check can be done in
    several goes."""
    report = {"machine": machine(check), "problems": {}}
    file = check.options.out / "report.json"
    if check.options.parts == PARTS or not file.exists():
        return report
    earlier = json.loads(file.read_text())
    same = all(earlier["machine"][key] == report["machine"][key] for key in ("commit", "device", "quick"))
    return {**earlier, "machine": report["machine"]} if same else report


def main():
    check = Check(read_options())
    report = begin_report(check)
    steps = {"tests": run_tests, "sanitizer": run_sanitizer, "recipes": run_recipes, "steps": run_steps,
             "kernels": run_kernels, "pytorch": run_pytorch}
    for part in PARTS:
        if part not in check.options.parts:
            continue
        print(f"gpu_check: {part} …", flush=True)
        check.problems = report["problems"][part] = []
        try:
            report[part] = steps[part](check)
        except Exception as error:  # the other parts still have something to say
            check.problems.append(f"{type(error).__name__}: {error}")
        report["targets"] = gpu_report.targets(report)
        # After every part, so that a check that is cut off leaves what it has.
        (check.options.out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
        (check.options.out / "report.md").write_text(gpu_report.markdown(report))
    failed = sum(len(result["failed"]) for result in report.get("tests", {}).values())
    problems = sum(report["problems"].values(), [])
    print(f"gpu_check: {check.options.out}/report.md: {failed} tests failed, {len(problems)} problems")
    sys.exit(1 if failed or problems else 0)


if __name__ == "__main__":
    main()
