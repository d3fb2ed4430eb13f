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
# All that is off until it is measured, where the model takes it.
ALL_SWITCHES = {"cnn": ["--fork-steps", "--fused", "head", "--data-on-device", "--steps-per-launch", "20"],
                "mlp": ["--data-on-device", "--fused", "steps"], "regressor": ["--data-on-device", "--fused", "steps"]}
# Settings that must not change a single bit of the weights.
WAYS = {"once": [], "once more": [], "data on the device": ["--data-on-device"], "no CUDA graph": ["--no-cuda-graph"],
        "forked": ["--fork-steps"], "20 steps per launch": ["--data-on-device", "--steps-per-launch", "20"]}
# Fused parts sum in another order: their weights are compared with each other.
FUSED_WAYS = {"every switch": [], "every switch, once more": [], "every switch, no CUDA graph": ["--no-cuda-graph"]}


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


def run_recipe(check, model, recipe, precision, seed, form="default"):
    """The test accuracy of the best weights, and the training's wall time. `form` is "default" or "every switch"."""
    name = f"{model}-{recipe}-{precision}-{seed}" + ("" if form == "default" else "-switches")
    switches = ALL_SWITCHES[model] if form == "every switch" else []
    start = time.monotonic()
    trained, folder = train(check, name, model, ["--recipe", recipe, "--precision", precision, "--seed", str(seed),
                                                 *switches, *quick_steps(check)])
    seconds = time.monotonic() - start
    if trained.returncode != 0:
        return failure(f"training {name}", trained)
    evaluate = [check.program("lenet_eval"), str(folder / "best.bin"), "--json", "--device", check.device]
    evaluated = check.run(f"eval-{name}", evaluate + check.data())
    if evaluated.returncode != 0:
        return failure(f"evaluating {name}", evaluated)
    return {"model": model, "recipe": recipe, "precision": precision, "seed": seed, "form": form,
            "accuracy": json.loads(evaluated.stdout)["accuracy"], "train_seconds": seconds}


def recipe_cases(check):
    """As `lenet_train --device` does it: batches stream through pinned memory. And with every switch."""
    cases = []
    for model, recipe, precision in itertools.product(MODELS, RECIPES, check.precisions()):
        seeds = check.options.seeds if model == "cnn" and not check.options.quick else 1
        for seed in range(1, 1 + seeds):
            run = (model, recipe, precision, seed)
            cases.append(Case("recipes", f"{model}, {recipe}, {precision}, seed {seed}",
                              Value.ACCURACY if seed == 1 else Value.REST, lambda run=run: run_recipe(check, *run)))
        if check.on_gpu and not (model != "cnn" and precision == "bf16"):  # in which steps are not fused
            run = (model, recipe, precision, 1, "every switch")
            cases.append(Case("recipes", f"{model}, {recipe}, {precision}, seed 1, every switch", Value.ACCURACY,
                              lambda run=run: run_recipe(check, *run)))
    return cases


def ways_of(way):
    """The ways that must give the same bits as this one, the first of them first."""
    return FUSED_WAYS if way in FUSED_WAYS else WAYS


def run_repeat(check, model, precision, way):
    """The SHA-256 of a model's best.bin; a problem if it differs from that of the first way."""
    name = f"repeat-{model}-{precision}-{way}".replace(" ", "-").replace(",", "")
    steps = quick_steps(check) or ["--steps", "3000"]
    ways = ways_of(way)
    switches = ALL_SWITCHES[model] if ways is FUSED_WAYS else []
    trained, folder = train(check, name, model, ["--precision", precision, *steps, *switches, *ways[way]])
    if trained.returncode != 0:
        return failure(f"training {name}", trained)
    bits = hashlib.sha256((folder / "best.bin").read_bytes()).hexdigest()
    result = {"model": model, "precision": precision, "way": way, "sha256": bits}
    first_way = next(iter(ways))
    first = check.results("repeats").get(repeat_name(model, precision, first_way), {}).get("sha256")
    if way != first_way and first:
        result["same"] = result["sha256"] == first
        if not result["same"]:
            result["problem"] = f"{repeat_name(model, precision, way)}: best.bin has other bits"
    return result


def repeat_name(model, precision, way):
    return f"{precision}, {way}" if model == "cnn" else f"{model}, {precision}, {way}"


def repeat_cases(check):
    runs = [("cnn", *run) for run in itertools.product(check.precisions(), WAYS)]
    if check.on_gpu:
        runs += [run for run in itertools.product(MODELS, check.precisions(), FUSED_WAYS)
                 if run[0] == "cnn" or run[1] != "bf16"]
    return [Case("repeats", repeat_name(*run), Value.REPEATS, lambda run=run: run_repeat(check, *run)) for run in runs]
