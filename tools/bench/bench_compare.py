#!/usr/bin/env python3
"""Runs lenet_bench and bench_pytorch.py in turn, several rounds, and prints medians and ratios as a table.

Usage: bench_compare.py --data DIR [--device cpu|cuda --precision fp32|tf32|bf16 --rounds N --models cnn mlp …]
On a GPU PyTorch runs in each form that bench_pytorch.py knows, and the one with the fastest steps counts.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys

import processes

HERE = pathlib.Path(__file__).resolve().parent
STEPS = {"cpu": {"cnn": 150, "mlp": 1500, "regressor": 3000}, "cuda": {"cnn": 3000, "mlp": 5000, "regressor": 5000}}
FORMS = {"cpu": ["eager"], "cuda": ["eager", "graph", "compile"]}


def measure(command):
    done = processes.run(command)
    if done.returncode != 0:
        raise RuntimeError(processes.last_line(done))
    return json.loads(done.stdout)


def compare(model, options):
    """Both programs' figures of every round: a dictionary of lists, `lenet` and each form of PyTorch's that ran;
    what did not run is in `failed`, form by form."""
    steps = options.steps or STEPS[options.device][model]
    common = ["--model", model, "--data", options.data, "--steps", str(steps), "--threads", str(options.threads),
              "--precision", options.precision, "--device", options.device]
    commands = {"lenet": [options.bench, "--json", "--data-on-device", *common]}
    for form in FORMS[options.device]:
        commands[form] = [options.python, str(HERE / "bench_pytorch.py"), "--form", form, *common]
    rounds, failed = {}, {}
    for _ in range(options.rounds):
        for name, command in commands.items():
            if name in failed:
                continue
            try:
                rounds.setdefault(name, []).append(measure(command))
            except (RuntimeError, ValueError) as error:
                if name == "lenet":
                    raise
                failed[name] = str(error)
    return {"rounds": {name: runs for name, runs in rounds.items() if name not in failed}, "failed": failed}


def median(runs, field):
    return statistics.median(run[field] for run in runs)


def summary(compared):
    """Medians of both sides and the ratios of each round, PyTorch in its fastest form."""
    rounds = dict(compared["rounds"])
    ours = rounds.pop("lenet")
    if not rounds:
        raise RuntimeError("PyTorch did not run: " + "; ".join(compared["failed"].values()))
    form = min(rounds, key=lambda name: median(rounds[name], "median_step_ms"))
    theirs = rounds[form]
    ratios = [b["median_step_ms"] / a["median_step_ms"] for a, b in zip(ours, theirs)]
    fields = ["median_step_ms", "inference_images_per_second", "peak_memory_mib"]
    return {
        "model": ours[0]["model"],
        "batch": ours[0]["batch"],
        "precision": ours[0]["precision"],
        "pytorch": theirs[0]["program"],
        "form": form,
        "lenet": {field: median(ours, field) for field in fields},
        "theirs": {field: median(theirs, field) for field in fields},
        "forms_step_ms": {name: median(runs, "median_step_ms") for name, runs in rounds.items()},
        "times_faster": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
        "failed": compared["failed"],
    }


HEADER = ("| model | batch | precision | lenet, ms per step | PyTorch, ms per step | its form | times faster (lowest–highest) "
          "| lenet, inference images/s | PyTorch | lenet, MiB at most | PyTorch |\n|---|---|---|---|---|---|---|---|---|---|---|")


def row(result):
    ours, theirs = result["lenet"], result["theirs"]
    return (f"| {result['model']} | {result['batch']} | {result['precision']} | {ours['median_step_ms']:.4f} "
            f"| {theirs['median_step_ms']:.4f} | {result['form']} "
            f"| {result['times_faster']:.2f} ({result['lowest']:.2f}–{result['highest']:.2f}) "
            f"| {ours['inference_images_per_second']:,.0f} | {theirs['inference_images_per_second']:,.0f} "
            f"| {ours['peak_memory_mib']:.0f} | {theirs['peak_memory_mib']:.0f} |")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--device", choices=list(FORMS), default="cpu")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, help="of each round (default: by model and device)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--models", nargs="+", choices=list(STEPS["cpu"]), default=list(STEPS["cpu"]))
    parser.add_argument("--bench", default=str(HERE.parents[1] / "build/release/bin/lenet_bench"))
    parser.add_argument("--python", default=sys.executable, help="a python3 that has PyTorch")
    return parser.parse_args()


def main():
    processes.exit_on_signals()
    options = read_options()
    print(HEADER)
    for model in options.models:
        print(row(summary(compare(model, options))), flush=True)


if __name__ == "__main__":
    main()
