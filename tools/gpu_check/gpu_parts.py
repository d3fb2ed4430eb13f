"""The parts of gpu_check.py. Each gets the Check, records what fails as its problems, and returns what the report
says of it."""
import argparse
import itertools
import json
import os
import pathlib
import re
import shutil
import statistics
import time

import bench_compare

TEST_PROGRAMS = ["test_cuda", "test_layers", "test_cuda_program", "test_kernel_bench"]
MODELS = ["regressor", "mlp", "cnn"]
RECIPES = ["keras", "tutorial"]


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


def run_program_tests(check, program):
    """Each test case in a process of its own: an error of the device does not spoil the others'. Tests that run on
    every device fail where this one cannot be opened."""
    result = {"passed": 0, "failed": [], "skipped": []}
    environment = {"LENET_TEST_DEVICE": check.device} if check.on_gpu else {}
    for name in test_cases(check, program):
        if check.options.only not in name:
            continue
        done = check.run(f"{program}-{name}", [check.program(program), escaped(name)], 1800, environment)
        skipped = re.search(r"LENET_SKIPPED: (.*)", done.stdout)
        if done.returncode != 0 or "No test cases matched" in done.stdout:
            result["failed"].append(name)
        elif skipped:
            result["skipped"].append(f"{name}: {skipped[1]}")
        else:
            result["passed"] += 1
    return result


def run_tests(check):
    results = {}
    for program in TEST_PROGRAMS if check.on_gpu else ["test_layers"]:
        if pathlib.Path(check.program(program)).exists():
            results[program] = run_program_tests(check, program)
        else:
            check.problems.append(f"tests of {program}: {check.program(program)} was not built")
    for program in ("test_cuda_program", "test_kernel_bench"):
        if check.on_gpu and results.get(program, {}).get("skipped"):
            check.problems.append(f"{program}: what needs a GPU found none and was skipped")
    if not any(result["passed"] or result["failed"] for result in results.values()):
        only = f": no name holds '{check.options.only}'" if check.options.only else ""
        check.problems.append(f"no test case ran{only}")
    return {"only": check.options.only, "programs": results}


def sanitizer_runs(check):
    """(tool, what, command) of each run. Hazards in the shared memory of cuDNN's and cuBLAS's kernels are not ours."""
    tools = {"memcheck": [], "initcheck": [], "racecheck": ["--kernel-name", "kns=lenet"]}
    subjects = {f"every kernel, batch {batch}": [check.program("kernel_bench"), "--once", "--batch", str(batch),
                                                "--device", check.device] for batch in (50, 7)}
    subjects["steps of a small network"] = [check.program("test_cuda_program"),
                                            "a few steps in each precision stay finite"]
    for what, command in subjects.items():
        for tool, arguments in tools.items():
            yield [tool, *arguments], what, command
    if check.options.quick:
        return
    for case in test_cases(check, "test_layers"):
        if case.startswith("every kind of layer"):
            yield ["memcheck"], case, [check.program("test_layers"), escaped(case)]


def run_sanitizer(check):
    sanitizer = shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path="/usr/local/cuda/bin")
    if not sanitizer or not check.on_gpu:
        return {"skipped": "compute-sanitizer is not on PATH" if check.on_gpu else "needs a GPU"}
    results = []
    for tool, what, command in sanitizer_runs(check):
        done = check.run(f"{tool[0]}-{what}", [sanitizer, "--error-exitcode", "99", "--tool", *tool, *command], 1800,
                         {"LENET_TEST_DEVICE": check.device})
        summary = [line for line in done.stdout.splitlines() if "SUMMARY" in line]
        clean = done.returncode == 0 and "No test cases matched" not in done.stdout and bool(summary)
        results.append({"tool": tool[0], "what": what, "clean": clean,
                        "summary": summary[-1].strip("= ") if summary else ""})
        if not clean:
            check.problem(f"{tool[0]} of {what}", done)
    return {"runs": results}


def train(check, name, model, arguments):
    """The folder of a training and its wall time, or None."""
    folder = check.options.out / "runs" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    command = [check.program("lenet_train"), "--model", model, *arguments, "--device", check.device, "--no-tensorboard",
               "--quiet", "--out", str(folder), *check.data()]
    start = time.perf_counter()
    trained = check.run(f"train-{name}", command, timeout=3600)
    if trained.returncode != 0:
        return check.problem(f"training {name}", trained)
    return folder, time.perf_counter() - start


def quick_steps(check):
    return ["--steps", str(check.options.quick_steps)] if check.options.quick else []


def recipe_runs(check):
    """(model, recipe, precision, seed) of every training."""
    for model, recipe, precision in itertools.product(MODELS, RECIPES, check.precisions()):
        seeds = check.options.seeds if model == "cnn" and not check.options.quick else 1
        for seed in range(1, 1 + seeds):
            yield model, recipe, precision, seed


def run_recipe(check, model, recipe, precision, seed):
    """The test accuracy of the best weights and the training's wall time, or None."""
    name = f"{model}-{recipe}-{precision}-{seed}"
    trained = train(check, name, model, ["--recipe", recipe, "--precision", precision, "--seed", str(seed),
                                         *quick_steps(check)])
    if not trained:
        return None
    folder, seconds = trained
    evaluate = [check.program("lenet_eval"), str(folder / "best.bin"), "--json", "--device", check.device]
    evaluated = check.run(f"eval-{name}", evaluate + check.data())
    if evaluated.returncode != 0:
        return check.problem(f"evaluating {name}", evaluated)
    return {"accuracy": json.loads(evaluated.stdout)["accuracy"], "seconds": seconds}


def run_recipes(check):
    """As `lenet_train --device` does it: batches stream through pinned memory."""
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


def run_repeats(check):
    """What must not change a single bit of the CNN's best.bin."""
    ways = {"once": [], "once more": [], "data on the device": ["--data-on-device"], "no CUDA graph": ["--no-cuda-graph"]}
    steps = quick_steps(check) or ["--steps", "3000"]
    results = []
    for precision in check.precisions():
        weights = {}
        for way, arguments in ways.items():
            name = f"repeat-{precision}-{way}".replace(" ", "-")
            trained = train(check, name, "cnn", ["--precision", precision, *steps, *arguments])
            if trained:
                weights[way] = (trained[0] / "best.bin").read_bytes()
        for way in [way for way in ways if way != "once" and way in weights and "once" in weights]:
            same = weights[way] == weights["once"]
            results.append({"precision": precision, "way": way, "same": same})
            if not same:
                check.problems.append(f"{precision}, {way}: best.bin has other bits")
    return results


def run_steps(check):
    """Step times of every model, precision and way to run."""
    forms = {"captured": [], "eager": ["--no-cuda-graph"], "captured, data on device": ["--data-on-device"],
             "captured, not deterministic": ["--no-deterministic"], "captured, autotuned": ["--autotune"]}
    if not check.on_gpu:
        forms = {"eager": []}
    steps = check.options.quick_steps if check.options.quick else 3000
    results = []
    for model, precision, (form, arguments) in itertools.product(MODELS, check.precisions(), forms.items()):
        command = [check.program("lenet_bench"), "--json", "--model", model, "--precision", precision, "--steps",
                   str(steps), "--device", check.device, *arguments, *check.data()]
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
    command = [check.program("kernel_bench"), "--json", "--repeats", repeats, "--device", check.device]
    done = check.run("kernel_bench", command)
    if done.returncode != 0:
        check.problem("kernel_bench", done)
        return {"skipped": "it failed"}
    return json.loads(done.stdout)


def run_pytorch(check):
    test = "import torch" + ("; assert torch.cuda.is_available()" if check.on_gpu else "")
    tried = check.run("pytorch", [check.python, "-c", test])
    if tried.returncode != 0:
        if check.options.python:  # asked for
            check.problem(f"--python {check.python}", tried)
        return {"skipped": f"{check.python} has no PyTorch" + (" that sees a GPU" if check.on_gpu else "")}
    results = []
    for model, precision in itertools.product(MODELS, check.precisions()):
        # "cuda" to both programs: the one GPU that is visible.
        options = argparse.Namespace(
            data=check.data_folder, device="cuda" if check.on_gpu else "cpu", precision=precision,
            rounds=1 if check.options.quick else 3, steps=check.options.quick_steps if check.options.quick else None,
            threads=len(os.sched_getaffinity(0)), bench=check.program("lenet_bench"), python=check.python)
        try:
            results.append(bench_compare.summary(bench_compare.compare(model, options)))
        except (RuntimeError, ValueError) as error:
            check.problems.append(f"PyTorch beside lenet, {model}, {precision}: {error}")
    return {"results": results}


PARTS = {"tests": run_tests, "sanitizer": run_sanitizer, "recipes": run_recipes, "repeats": run_repeats,
         "steps": run_steps, "kernels": run_kernels, "pytorch": run_pytorch}
NEED_DATA = {"recipes", "repeats", "steps", "pytorch"}
