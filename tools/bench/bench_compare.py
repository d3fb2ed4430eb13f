#!/usr/bin/env python3
"""Compares lenet_bench with PyTorch in its fastest form, and prints a table.

Usage: bench_compare.py --data DIR [--device cpu|cuda --precision fp32|tf32|bf16
         --numerics deterministic|free --rounds N --models cnn mlp …]
PyTorch first runs briefly in each of its forms: eager, compiled and (on a GPU)
as CUDA graphs; with each implementation of its optimizer; for the CNN in
channels_last and not. Its fastest forms and lenet then run in turn, several
rounds, and the form with the fastest median counts. Both sides get the same
precision, and both deterministic algorithms or both the fastest.
"""
import argparse
import dataclasses
import itertools
import json
import os
import pathlib
import statistics
import sys

import processes

HERE = pathlib.Path(__file__).resolve().parent
STEPS = {"cpu": {"cnn": 150, "mlp": 1500, "regressor": 3000}, "cuda": {"cnn": 3000, "mlp": 50_000, "regressor": 50_000}}
WAYS = {"cpu": ["eager", "compile"], "cuda": ["graph", "compile", "reduce-overhead", "eager"]}
OPTIMIZERS = {"cpu": ["fused", "foreach", "default"], "cuda": ["fused", "foreach"]}  # on a GPU foreach is the default
LAYOUTS = {"cnn": ["channels_last", "contiguous"]}  # the others have no images
FINALISTS = 2


@dataclasses.dataclass(frozen=True)
class Form:
    """One way in which PyTorch can do the same."""
    way: str
    optimizer: str
    layout: str = ""

    def __str__(self):
        return ", ".join(part for part in (self.way, f"{self.optimizer} optimizer", self.layout) if part)

    def arguments(self):
        return ["--way", self.way, "--optimizer", self.optimizer, *(["--layout", self.layout] if self.layout else [])]


def forms(model, device):
    """The most promising first."""
    return [Form(*parts) for parts in itertools.product(WAYS[device], OPTIMIZERS[device], LAYOUTS.get(model, [""]))]


@dataclasses.dataclass
class Settings:
    """What both sides of a comparison are told."""
    data: str
    bench: str
    python: str
    device: str = "cpu"
    precision: str = "fp32"
    numerics: str = "deterministic"
    rounds: int = 5
    steps: int = None  # by model and device
    threads: int = len(os.sched_getaffinity(0))
    ours: tuple = ("--data-on-device",)  # lenet's form

    def common(self, model, steps):
        return ["--model", model, "--data", self.data, "--steps", str(steps), *self.samples(model, steps), "--threads", str(self.threads),
                "--precision", self.precision, "--device", self.device]

    def samples(self, model, steps):
        """A GPU's steps of microseconds are timed a thousand at a time, so that the wait for their end does not count."""
        many = self.device != "cpu" and model != "cnn" and steps >= 5000
        return ["--sync-every", "1000"] if many else []

    def steps_of(self, model):
        return self.steps or STEPS[self.device][model]

    def lenet(self, model):
        free = ["--no-deterministic", "--autotune"] if self.numerics == "free" and self.device != "cpu" else []
        return [self.bench, "--json", *self.ours, *free, *self.common(model, self.steps_of(model))]

    def pytorch(self, model, form, steps=None):
        return [self.python, str(HERE / "bench_pytorch.py"), *form.arguments(), "--numerics", self.numerics,
                *self.common(model, steps or self.steps_of(model))]


def figures(done):
    """The figures that a finished program printed; RuntimeError with its last line if it failed."""
    if done.returncode != 0:
        raise RuntimeError(processes.last_line(done))
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"it printed no JSON but '{processes.last_line(done)[:100]}'") from None


def qualify(model, form, settings, run=processes.run):
    """Milliseconds per step of a short run in one of PyTorch's forms."""
    steps = max(10, settings.steps_of(model) // 5)
    return figures(run(settings.pytorch(model, form, steps)))["median_step_ms"]


def qualify_all(model, settings):
    """Milliseconds per step of each form, and the reason of each that does not run."""
    times, failed = {}, {}
    for form in forms(model, settings.device):
        try:
            times[form] = qualify(model, form, settings)
        except RuntimeError as error:
            failed[form] = str(error)
    return times, failed


def compare(model, times, settings, run=processes.run):
    """lenet's and PyTorch's figures of several rounds in turn, PyTorch in the fastest of the forms that were timed."""
    finalists = sorted(times, key=times.get)[:FINALISTS]
    if not finalists:
        raise RuntimeError("PyTorch ran in none of its forms")
    ours, theirs = [], {form: [] for form in finalists}
    for _ in range(settings.rounds):
        ours.append(figures(run(settings.lenet(model))))
        for form in finalists:
            theirs[form].append(figures(run(settings.pytorch(model, form))))
    return summary(ours, theirs, settings)


def median(runs, field):
    return statistics.median(run[field] for run in runs)


def summary(ours, theirs, settings):
    """Medians of both sides and the ratios of each round, PyTorch in its fastest form."""
    form = min(theirs, key=lambda name: median(theirs[name], "median_step_ms"))
    ratios = [b["median_step_ms"] / a["median_step_ms"] for a, b in zip(ours, theirs[form])]
    fields = ["median_step_ms", "inference_images_per_second", "peak_memory_mib"]
    return {
        "model": ours[0]["model"],
        "batch": ours[0]["batch"],
        "precision": settings.precision,
        "numerics": settings.numerics,
        "pytorch": theirs[form][0]["program"],
        "form": str(form),
        "settings": theirs[form][0].get("settings", {}),
        "lenet": {field: median(ours, field) for field in fields},
        "theirs": {field: median(theirs[form], field) for field in fields},
        "times_faster": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
    }


HEADER = ("| model | batch | precision | numerics | lenet, ms per step | PyTorch, ms per step | its form "
          "| times faster (lowest–highest) | lenet, inference images/s | PyTorch | lenet, MiB at most | PyTorch |\n"
          "|---|---|---|---|---|---|---|---|---|---|---|---|")


def row(result):
    ours, theirs = result["lenet"], result["theirs"]
    return (f"| {result['model']} | {result['batch']} | {result['precision']} | {result['numerics']} "
            f"| {ours['median_step_ms']:.4f} | {theirs['median_step_ms']:.4f} | {result['form']} "
            f"| {result['times_faster']:.2f} ({result['lowest']:.2f}–{result['highest']:.2f}) "
            f"| {ours['inference_images_per_second']:,.0f} | {theirs['inference_images_per_second']:,.0f} "
            f"| {ours['peak_memory_mib']:.0f} | {theirs['peak_memory_mib']:.0f} |")


def forms_text(model, times, failed):
    """One line per form of PyTorch's, the fastest first."""
    lines = [f"{model}: {form}: {times[form]:.4f} ms per step in a short run" for form in sorted(times, key=times.get)]
    return "\n".join(lines + [f"{model}: {form}: did not run: {why}" for form, why in failed.items()])


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")
    return int(text)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--device", choices=list(WAYS), default="cpu")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
    parser.add_argument("--numerics", choices=["deterministic", "free"], default="deterministic")
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--steps", type=positive, help="of each round (default: by model and device)")
    parser.add_argument("--threads", type=positive, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--models", nargs="+", choices=list(STEPS["cpu"]), default=list(STEPS["cpu"]))
    parser.add_argument("--bench", default=str(HERE.parents[1] / "build/release/bin/lenet_bench"))
    parser.add_argument("--python", default=sys.executable, help="a python3 that has PyTorch")
    options = vars(parser.parse_args())
    return options.pop("models"), Settings(**options)


def main():
    processes.exit_on_signals()
    models, settings = read_options()
    print(HEADER, flush=True)
    for model in models:
        times, failed = qualify_all(model, settings)
        print(forms_text(model, times, failed), file=sys.stderr, flush=True)
        try:
            print(row(compare(model, times, settings)), flush=True)
        except RuntimeError as error:
            sys.exit(f"bench_compare: {model}: {error}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
