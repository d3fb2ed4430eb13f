"""Trainings: the accuracy of every recipe, and the same bits however a training is run."""
import hashlib
import itertools
import json
import shutil
import time

import processes
from gpu_cases import Case, Value

MODELS = ["cnn", "mlp", "regressor"]
RECIPES = ["keras", "tutorial"]
# Settings that must not change a single bit of the weights.
WAYS = {"once": [], "once more": [], "data on the device": ["--data-on-device"], "no CUDA graph": ["--no-cuda-graph"],
        "forked": ["--fork-steps"], "20 steps per launch": ["--data-on-device", "--steps-per-launch", "20"]}


def failure(what, done):
    return {"problem": f"{what}: exit code {done.returncode}: {processes.last_line(done)}"}


def quick_steps(check):
    return ["--steps", str(check.options.quick_steps)] if check.options.quick else []


def train(check, name, model, arguments):
    """The finished training and its folder, which the caller removes."""
    folder = check.options.out / "runs" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    command = [check.program("lenet_train"), "--model", model, *arguments, "--device", check.device, "--no-tensorboard",
               "--quiet", "--out", str(folder), *check.data()]
    return check.run(f"train-{name}", command, 3600), folder


def run_recipe(check, model, recipe, precision, seed):
    """The test accuracy of the best weights, and the training's wall time."""
    name = f"{model}-{recipe}-{precision}-{seed}"
    start = time.monotonic()
    trained, folder = train(check, name, model, ["--recipe", recipe, "--precision", precision, "--seed", str(seed),
                                                 *quick_steps(check)])
    seconds = time.monotonic() - start
    if trained.returncode != 0:
        return failure(f"training {name}", trained)
    evaluate = [check.program("lenet_eval"), str(folder / "best.bin"), "--json", "--device", check.device]
    evaluated = check.run(f"eval-{name}", evaluate + check.data())
    if evaluated.returncode != 0:
        return failure(f"evaluating {name}", evaluated)
    return {"model": model, "recipe": recipe, "precision": precision, "seed": seed,
            "accuracy": json.loads(evaluated.stdout)["accuracy"], "train_seconds": seconds}


def recipe_cases(check):
    """As `lenet_train --device` does it: batches stream through pinned memory."""
    cases = []
    for model, recipe, precision in itertools.product(MODELS, RECIPES, check.precisions()):
        seeds = check.options.seeds if model == "cnn" and not check.options.quick else 1
        for seed in range(1, 1 + seeds):
            run = (model, recipe, precision, seed)
            cases.append(Case("recipes", f"{model}, {recipe}, {precision}, seed {seed}",
                              Value.ACCURACY if seed == 1 else Value.REST, lambda run=run: run_recipe(check, *run)))
    return cases


def run_repeat(check, precision, way):
    """The SHA-256 of the CNN's best.bin; a problem if it differs from that of the first way."""
    name = f"repeat-{precision}-{way}".replace(" ", "-")
    steps = quick_steps(check) or ["--steps", "3000"]
    trained, folder = train(check, name, "cnn", ["--precision", precision, *steps, *WAYS[way]])
    if trained.returncode != 0:
        return failure(f"training {name}", trained)
    result = {"precision": precision, "way": way, "sha256": hashlib.sha256((folder / "best.bin").read_bytes()).hexdigest()}
    first = check.results("repeats").get(f"{precision}, once", {}).get("sha256")
    if way != "once" and first:
        result["same"] = result["sha256"] == first
        if not result["same"]:
            result["problem"] = f"{precision}, {way}: best.bin has other bits"
    return result


def repeat_cases(check):
    return [Case("repeats", f"{precision}, {way}", Value.REPEATS,
                 lambda precision=precision, way=way: run_repeat(check, precision, way))
            for precision, way in itertools.product(check.precisions(), WAYS)]
