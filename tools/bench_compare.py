#!/usr/bin/env python3
"""Runs lenet_bench and bench_pytorch.py in turn, several rounds, and prints medians and ratios as a table.

Usage: bench_compare.py --data DIR [--rounds N --threads N --bench build/release/bin/lenet_bench --models cnn mlp …]
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
STEPS = {"cnn": 150, "mlp": 1500, "regressor": 3000}


def measure(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(model, options):
    """Both programs' figures of every round, ours first."""
    common = ["--model", model, "--data", options.data, "--steps", str(STEPS[model]), "--threads", str(options.threads)]
    rounds = []
    for _ in range(options.rounds):
        ours = measure([options.bench, "--json", "--device", "cpu", *common])
        theirs = measure([options.python, str(HERE / "bench_pytorch.py"), *common])
        rounds.append((ours, theirs))
    return rounds


def row(model, rounds):
    def median(which, field):
        return statistics.median(pair[which][field] for pair in rounds)

    ratios = [theirs["median_step_ms"] / ours["median_step_ms"] for ours, theirs in rounds]
    return (f"| {model} | {rounds[0][0]['batch']} | {median(0, 'median_step_ms'):.3f} | {median(1, 'median_step_ms'):.3f} "
            f"| {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}) "
            f"| {median(0, 'inference_images_per_second'):,.0f} | {median(1, 'inference_images_per_second'):,.0f} "
            f"| {median(0, 'peak_memory_mib'):.0f} | {median(1, 'peak_memory_mib'):.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--models", nargs="+", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--bench", default=str(HERE.parent / "build/release/bin/lenet_bench"))
    parser.add_argument("--python", default=sys.executable, help="a python3 that has PyTorch")
    options = parser.parse_args()
    print("| model | batch | lenet, ms a step | PyTorch, ms a step | times faster (lowest–highest) "
          "| lenet, inference images/s | PyTorch | lenet, MiB at most | PyTorch |")
    print("|---|---|---|---|---|---|---|---|---|")
    for model in options.models:
        print(row(model, compare(model, options)), flush=True)


if __name__ == "__main__":
    main()
