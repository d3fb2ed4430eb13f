"""The machine of a check: its device, its build, and its data."""
import contextlib
import datetime
import hashlib
import os
import pathlib
import re
import shutil
import sys

import gpu_options
import processes
from gpu_options import ROOT, refuse
from gpu_tests import TEST_PROGRAMS

CHECKED = ["lenet_train", "lenet_eval", "lenet_bench", "lenet_data", "kernel_bench", *TEST_PROGRAMS]


def has_gpu():
    return pathlib.Path("/dev/nvidiactl").exists() or processes.run(["nvidia-smi", "-L"], timeout=60).returncode == 0


def in_wheels(check, pattern):
    """Files and folders of NVIDIA's Python wheels: in the project's .venv, next to a bundle's programs, or where pip
    installed them for the Python that this check uses."""
    found = processes.first_line([check.python, "-c", "import nvidia; print(list(nvidia.__path__)[0])"])
    places = [*ROOT.glob(".venv/lib/python3*/site-packages/nvidia"), check.options.build / "cuda/nvidia"]
    places += [pathlib.Path(found)] if found else []
    return [str(path) for place in places for path in sorted(place.glob(pattern))]


def list_devices(check):
    """The finished --list-devices. Where cuDNN or cuBLAS is not found as the build has them, programs look for them in
    NVIDIA's wheels and the toolkit as well, from here on."""
    command = [check.program("lenet_train"), "--list-devices"]
    done = check.run("list-devices", command)
    if check.on_gpu and "cannot be loaded" in done.stderr:
        folders = [*in_wheels(check, "*/lib"), "/usr/local/cuda/lib64", os.environ.get("LD_LIBRARY_PATH", "")]
        os.environ["LD_LIBRARY_PATH"] = ":".join(folder for folder in folders if folder)
        done = check.run("list-devices", command)
    return done


def why_unusable(device, done):
    """The reason why --list-devices does not list the device."""
    if done.returncode != 0:
        return processes.last_line(done)
    about = [line for line in done.stderr.splitlines() if line.startswith((f"{device} ", "no CUDA device: "))]
    if about:
        return about[-1].removeprefix("no CUDA device: ")
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("cuda:")]
    if listed:
        return f"there is only {', '.join(listed)}"
    return "lenet_train finds neither NVIDIA's driver (libcuda.so.1) nor its own CUDA backend (liblenet_cuda.so)"


def require_device(check):
    """The description of the device; without it the program ends with exit code 2."""
    done = list_devices(check)
    for line in done.stdout.splitlines():
        if line.split()[:1] == [check.device]:
            return line.split(maxsplit=1)[1]
    refuse(f"{check.device} cannot be used: {why_unusable(check.device, done)}")


def show_one_device(check):
    """From here on the device is the only one that any program sees, and cuda:0 to all: to PyTorch as well."""
    index = int(check.device.removeprefix("cuda:"))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = visible.split(",")[index] if visible else str(index)
    check.device = "cuda:0"


def nvidia_smi(device):
    """What nvidia-smi says of the GPU with that description, which begins with its name."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm", "--format=csv,noheader"]
    lines = processes.run(query, timeout=60).stdout.strip().splitlines()
    return next((line for line in lines if line.split(",")[0] == device.split(",")[0]), "")


def digest(check):
    """The SHA-256 of the programs and libraries that are checked."""
    libraries = [path for folder in ("bin", "lib") for path in sorted((check.options.build / folder).glob("liblenet*"))]
    found = hashlib.sha256()
    for path in [*map(pathlib.Path, map(check.program, CHECKED)), *libraries]:
        found.update(f"{path.name}\n".encode())
        with contextlib.suppress(OSError), open(path, "rb") as file:  # what is missing is reported by its part
            while block := file.read(1 << 20):
                found.update(block)
    return found.hexdigest()


def commit(check, version):
    """Of the sources that were built here; of other programs as their --version names it."""
    if gpu_options.is_bundle() or check.options.build != ROOT / "build/release":
        named = re.search(r"\b[0-9a-f]{7,40}\b", version)
        return named[0] if named else "unknown"
    changed = processes.first_line(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"])
    found = processes.first_line(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]) or "unknown"
    return found + (" with changes" if changed else "")


def machine(check):
    device = require_device(check)
    if check.on_gpu:
        show_one_device(check)
    version = processes.first_line([check.program("lenet_train"), "--version"])
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(check, version),
        "build": digest(check),
        "device": device,
        "nvidia_smi": nvidia_smi(device) if check.on_gpu else "",
        "version": version,
        "cpus": len(os.sched_getaffinity(0)),
        "quick": check.options.quick,
        "quick_steps": check.options.quick_steps if check.options.quick else 0,
    }


def digits(check):
    """Synthetic digits in --out, drawn once."""
    folder = check.options.out / "synthetic-digits"
    unfinished = folder.with_name("synthetic-digits.new")
    if not folder.exists():
        shutil.rmtree(unfinished, ignore_errors=True)
        drawn = check.run("data-synthesize", [check.program("lenet_data"), "synthesize", "--out", str(unfinished)])
        if drawn.returncode != 0:
            return {"folder": None, "kind": "none", "note": f"there are no digits to train on: {processes.last_line(drawn)}"}
        unfinished.rename(folder)
    return {"folder": str(folder), "kind": "synthetic",
            "note": "MNIST is neither here nor can it be fetched: synthetic digits take its place; "
                    "their accuracies are not MNIST's and are not judged"}


def find_data(check):
    """The folder of the data and what they are: MNIST where it is found or can be fetched, else synthetic digits. Ends
    this program where --data names none."""
    lenet_data = check.program("lenet_data")
    asked = ["--data", str(check.options.data)] if check.options.data else []
    done = check.run("data-info", [lenet_data, "info", *asked])
    if done.returncode != 0 and asked:
        refuse(f"--data: {processes.last_line(done).removeprefix('lenet_data: ')}")
    if done.returncode != 0:
        print("gpu_check: no MNIST on this machine: fetching it", flush=True)
        check.run("data-fetch", [lenet_data, "fetch"], 300)
        done = check.run("data-info", [lenet_data, "info"])
    if done.returncode != 0:
        return digits(check)
    folder = str(pathlib.Path(done.stdout.splitlines()[0]).resolve())
    if check.run("data-verify", [lenet_data, "verify", "--data", folder]).returncode == 0:
        return {"folder": folder, "kind": "MNIST", "note": ""}
    return {"folder": folder, "kind": "other", "note": "the data are not MNIST: accuracies are not judged"}


def announce(data):
    if data["note"]:
        print(f"gpu_check: {data['note'].upper() if data['kind'] == 'synthetic' else data['note']}", file=sys.stderr)
