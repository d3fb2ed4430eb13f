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
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/bench"))

import gpu_report
import processes
from gpu_parts import NEED_DATA, PARTS


class Check:
    """The options, the programs of the build, and a log of every command that ran."""

    def __init__(self, options):
        self.options = options
        self.device = options.device
        self.on_gpu = options.device != "cpu"
        self.logs = options.out / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.python = options.python or "python3"
        self.problems = []
        self.data_folder = None

    def program(self, name):
        folder = "tests" if name.startswith("test_") else "bin"
        return str(self.options.build / folder / name)

    def run(self, name, command, timeout=600, environment=None):
        """As processes.run(); what it prints goes to logs/NAME.log as well."""
        done = processes.run(command, timeout, environment)
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:100]
        log = f"$ {' '.join(command)}\n{done.stdout}{done.stderr}\nexit code {done.returncode}\n"
        (self.logs / f"{safe}.log").write_text(log)
        return done

    def problem(self, where, done):
        self.problems.append(f"{where}: exit code {done.returncode}: {processes.last_line(done)}")

    def data(self):
        return ["--data", self.data_folder]

    def precisions(self):
        return ["fp32", "tf32", "bf16"] if self.on_gpu else ["fp32"]


def has_gpu():
    return pathlib.Path("/dev/nvidiactl").exists() or processes.run(["nvidia-smi", "-L"], timeout=60).returncode == 0


def pip_libraries(python):
    """The folders with CUDA's libraries that pip installed for this Python."""
    found = processes.first_line([python, "-c", "import nvidia; print(list(nvidia.__path__)[0])"])
    return sorted(str(folder) for folder in pathlib.Path(found).glob("*/lib")) if found else []


def list_devices(check):
    """The finished --list-devices. Where cuDNN or cuBLAS is not found as the build has them, in the toolkit's and
    pip's folders as well, from here on."""
    command = [check.program("lenet_train"), "--list-devices"]
    done = check.run("list-devices", command)
    if check.on_gpu and "cannot be loaded" in done.stderr:
        folders = [*pip_libraries(check.python), "/usr/local/cuda/lib64", os.environ.get("LD_LIBRARY_PATH", "")]
        os.environ["LD_LIBRARY_PATH"] = ":".join(folder for folder in folders if folder)
        done = check.run("list-devices", command)
    return done


def why_unusable(device, done):
    """Of a device that --list-devices does not list."""
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
        if line.split()[0] == check.device:
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


def find_data(check):
    """Sets data_folder to where lenet finds MNIST; the problem if it does not."""
    asked = ["--data", str(check.options.data)] if check.options.data else []
    done = check.run("data-info", [check.program("lenet_data"), "info", *asked])
    if done.returncode != 0:
        return [f"no recipe, step or comparison was run: {processes.last_line(done)}"]
    check.data_folder = done.stdout.splitlines()[0]
    return []


def machine(check):
    device = require_device(check)
    if check.on_gpu:
        show_one_device(check)
    changed = processes.first_line(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"])
    commit = processes.first_line(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]) or "unknown"
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit + (" with changes" if changed else ""),
        "device": device,
        "nvidia_smi": nvidia_smi(device) if check.on_gpu else "",
        "version": processes.first_line([check.program("lenet_train"), "--version"]),
        "cpus": len(os.sched_getaffinity(0)),
        "quick": check.options.quick,
    }


def device_name(text):
    """cuda, cuda:N or N as cuda:N; cpu as it is."""
    match = re.fullmatch(r"cpu|(?:cuda:)?(\d+)|cuda", text)
    if not match:
        raise argparse.ArgumentTypeError(f"unknown device '{text}': expected cuda, cuda:N, N or cpu")
    return "cpu" if text == "cpu" else f"cuda:{int(match[1] or 0)}"


def refuse(message):
    print(f"gpu_check: {message}", file=sys.stderr)
    sys.exit(2)


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number from 1 on")
    return int(text)


def folder(text):
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return pathlib.Path(text).resolve()


class Parser(argparse.ArgumentParser):
    def error(self, message):
        refuse(f"{message}: see --help")


def read_options():
    parser = Parser(prog="gpu_check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                    allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="a few steps of everything: accuracies mean nothing")
    parser.add_argument("--out", type=folder, default=ROOT / "build/gpu-check", help="for the report and the logs")
    parser.add_argument("--build", type=folder, help="a finished build (default: build/release, brought up to date)")
    parser.add_argument("--data", type=folder, help="MNIST's four files (default: as lenet_train finds them)")
    parser.add_argument("--device", type=device_name, default="cuda:0", help="cuda, cuda:N or N; cpu to try this program")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="PART",
                        help=f"only these of {', '.join(PARTS)}; the others stay as they are in --out")
    parser.add_argument("--only", default="", metavar="TEXT", help="test cases whose names hold it")
    parser.add_argument("--seeds", type=positive, default=3, help="trainings of the CNN whose median counts")
    parser.add_argument("--quick-steps", type=positive, default=300, help="of everything that is timed with --quick")
    parser.add_argument("--python", help="a python3 with PyTorch (default: python3, without PyTorch if it has none)")
    return parser.parse_args()


def prepare(options):
    """Builds if no build was given; ends this program where there is nothing to check, or nowhere to write."""
    if options.device != "cpu" and not has_gpu():
        refuse("there is no NVIDIA GPU here, or its driver is not running: see nvidia-smi (--device cpu tries this program)")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError:
        refuse(f"--out {options.out}: no folder can be made there")
    if not options.build:
        options.build = ROOT / "build/release"
        built = processes.run([str(ROOT / "tools/setup.sh"), "release", "-DLENET_TESTS=ON"], timeout=None, shown=True)
        if built.returncode != 0:
            refuse("the build failed: see above")
    if not (options.build / "bin/lenet_train").exists():
        refuse(f"--build {options.build}: there are no programs in its bin/")


def earlier_report(file):
    """The report of an earlier go, or nothing where there is none that can be read."""
    try:
        report = json.loads(file.read_text())
        return report if isinstance(report["machine"], dict) and isinstance(report["problems"], dict) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def begin_report(check):
    """Empty, or with --parts the one that is there if it is of the same build and device: so a check can be done in
    several goes."""
    report = {"machine": machine(check), "problems": {}}
    if check.options.parts == list(PARTS):
        return report
    earlier = earlier_report(check.options.out / "report.json")
    keys = ("commit", "device", "quick")
    if not earlier or any(earlier["machine"].get(key) != report["machine"][key] for key in keys):
        return report
    return {**earlier, "machine": report["machine"]}


def replace_file(file, text):
    """So that it is never half written."""
    new = file.with_name(file.name + ".new")
    new.write_text(text)
    new.replace(file)


def write_report(check, report):
    """After every part, so that a check that is cut off leaves what it has."""
    report["targets"] = gpu_report.targets(report)
    replace_file(check.options.out / "report.json", json.dumps(report, indent=2) + "\n")
    replace_file(check.options.out / "report.md", gpu_report.markdown(report))


def run_part(check, report, part):
    print(f"gpu_check: {part} …", flush=True)
    check.problems = report["problems"][part] = []
    report.pop(part, None)
    try:
        report[part] = PARTS[part](check)
    except Exception as error:  # the other parts still have something to say
        check.problems.append(f"{type(error).__name__}: {error}")
    write_report(check, report)


def main():
    processes.exit_on_signals()
    options = read_options()
    prepare(options)
    check = Check(options)
    report = begin_report(check)
    asked = [part for part in PARTS if part in options.parts]
    if any(part in NEED_DATA for part in asked):
        report["problems"]["data"] = find_data(check)
    for part in asked:
        if part not in NEED_DATA or check.data_folder:
            run_part(check, report, part)
    write_report(check, report)
    problems = sum(report["problems"].values(), [])
    for problem in problems:
        print(f"gpu_check: {problem}", file=sys.stderr)
    print(f"gpu_check: {options.out}/report.md: {gpu_report.tests_summary(report)}, {len(problems)} problems")
    sys.exit(1 if gpu_report.count(report, "failed") or problems else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
