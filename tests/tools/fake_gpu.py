#!/usr/bin/env python3
"""Stands in for each program that gpu_check.py starts, under its name, on a machine that seems to have two GPUs:
so that what gpu_check.py makes of a GPU's results is tested where there is none."""
import json
import os
import pathlib
import sys

NAME, ARGUMENTS = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
assert "LENET_BATCH" not in os.environ, "the user's options change what is measured"
DEVICES = "cpu      a CPU\ncuda:0   NVIDIA Fake, 80 GiB, compute capability 9.0\ncuda:1   NVIDIA Fake, 80 GiB, compute capability 9.0"


def value(option, otherwise=""):
    return ARGUMENTS[ARGUMENTS.index(option) + 1] if option in ARGUMENTS else otherwise


def step_figures(milliseconds):
    return {"model": value("--model"), "batch": 50, "precision": value("--precision"), "median_step_ms": milliseconds,
            "p10_step_ms": milliseconds, "p90_step_ms": milliseconds, "inference_images_per_second": 1e6,
            "peak_memory_mib": 100}


def lenet_train():
    if "--list-devices" in ARGUMENTS:
        return print(DEVICES)
    folder = pathlib.Path(value("--out"))
    folder.mkdir()
    # A defect for the check to find: without a CUDA graph, bf16 gives other bits.
    defect = value("--precision") == "bf16" and "--no-cuda-graph" in ARGUMENTS
    (folder / "best.bin").write_bytes(b"other" if defect else b"weights")


def lenet_bench():
    assert value("--device") in ("cuda:0", "cuda") and os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    deterministic = "--no-deterministic" not in ARGUMENTS
    print(json.dumps({**step_figures(0.08 if deterministic else 0.0784), "deterministic": deterministic,
                      "first_step_seconds": 1, "ready_seconds": 1.5, "device_memory_mib": 200}))


def kernel_bench():
    if "--once" in ARGUMENTS:
        return print("2 kernels ran")
    kernel = {"kernel": "launch_adam", "where": "all", "elements": "float", "cold_us": 20, "replayed_us": 18, "bytes": 1000,
              "gb_per_second": 50}
    print(json.dumps({"peak_gb_per_second": 0, "timing_us": 1, "kernels": [{**kernel, "share_of_peak": 0},
                                                                         {**kernel, "share_of_peak": 0.5}]}))


def test_program():
    if "--list-test-names-only" in ARGUMENTS:
        print("first, and more\nsecond" + ("\nthird" if NAME == "test_cuda" else ""))
    elif os.environ.get("LENET_TEST_DEVICE") != "cuda:0":
        print("LENET_SKIPPED: this machine has no GPU")
    elif NAME == "test_cuda" and ARGUMENTS == ["second"]:
        sys.exit("second failed")
    elif ARGUMENTS == ["third"]:
        print("LENET_SKIPPED: cuDNN is too old")
    else:
        print("All tests passed")


def python():
    if ARGUMENTS[0] == "-c":
        return print("")
    if value("--form") == "compile":
        sys.exit("no compiler")
    captured = 0.1 if value("--precision") == "bf16" else 0.32  # which no target looks at
    print(json.dumps({**step_figures(0.4 if value("--form") == "eager" else captured), "program": "PyTorch 2"}))


def compute_sanitizer():
    errors = 1 if value("--tool") == "initcheck" and "7" in ARGUMENTS else 0
    print(f"========= ERROR SUMMARY: {errors} errors")
    sys.exit(99 if errors else 0)


PROGRAMS = {"lenet_train": lenet_train, "lenet_bench": lenet_bench, "kernel_bench": kernel_bench, "python": python,
            "lenet_eval": lambda: print('{"accuracy": 0.992}'), "lenet_data": lambda: print("folder"),
            "compute-sanitizer": compute_sanitizer, "nvidia-smi": lambda: print("NVIDIA Fak, 1\nNVIDIA Fake, 580.1")}
PROGRAMS.get(NAME, test_program)()
