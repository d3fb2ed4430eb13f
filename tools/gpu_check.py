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
import signal
import subprocess
import sys

import gpu_report
from gpu_parts import PARTS

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


class Check:
    """The options, the programs of the build, and a log of every command that ran."""

    def __init__(self, options):
        self.options = options
        self.device = options.device
        self.on_gpu = options.device != "cpu"
        self.logs = options.out / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.problems = []

    def program(self, name):
        folder = "tests" if name.startswith("test_") else "bin"
        return str(self.options.build / folder / name)

    def run(self, name, command, timeout=600, environment=None):
        """The finished process; its output goes to logs/NAME.log as well. After `timeout` seconds it is killed with all
        that it started, so that nothing of it stays on the GPU, and the exit code is 124."""
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                       errors="replace", start_new_session=True, env={**os.environ, **(environment or {})})
            done = finish(process, timeout)
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


def finish(process, timeout):
    try:
        output, errors = process.communicate(timeout=timeout)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, 124, output, f"{errors}\nnot done after {timeout} s")
    except BaseException:  # Ctrl-C reaches this process alone
        os.killpg(process.pid, signal.SIGKILL)
        raise


def first_line(command):
    try:
        lines = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip().splitlines()
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return lines[0] if lines else ""


def pip_libraries(python):
    """The folders with CUDA's libraries that pip installed for this Python."""
    found = first_line([python, "-c", "import nvidia; print(list(nvidia.__path__)[0])"])
    return sorted(str(folder) for folder in pathlib.Path(found).glob("*/lib")) if found else []


def list_devices(check):
    """The output of --list-devices. Where cuDNN or cuBLAS is not found as the build has them, in the toolkit's and
    pip's folders as well, from here on."""
    command = [check.program("lenet_train"), "--list-devices"]
    done = check.run("list-devices", command)
    if check.on_gpu and "cannot be loaded" in done.stderr:
        folders = [*pip_libraries(check.options.python), "/usr/local/cuda/lib64", os.environ.get("LD_LIBRARY_PATH", "")]
        os.environ["LD_LIBRARY_PATH"] = ":".join(folder for folder in folders if folder)
        done = check.run("list-devices", command)
    return done


def require_device(check):
    """The line of --list-devices about the device; without it the program ends with exit code 2."""
    done = list_devices(check)
    for line in done.stdout.splitlines():
        if line.split()[0] == check.device:
            return line.split(maxsplit=1)[1]
    reason = (done.stderr.strip().splitlines() or ["there is no such device"])[-1]
    print(f"gpu_check: {check.device} cannot be used: {reason}", file=sys.stderr)
    sys.exit(2)


def show_one_device(check):
    """From here on the device is the only one that any program sees, and cuda:0 to all: to PyTorch as well."""
    index = int(check.device.removeprefix("cuda:"))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = visible.split(",")[index] if visible else str(index)
    check.device = "cuda:0"


def nvidia_smi(device):
    """What nvidia-smi says of the GPU with that description."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm", "--format=csv,noheader"]
    try:
        lines = subprocess.run(query, capture_output=True, text=True, timeout=60).stdout.strip().splitlines()
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return next((line for line in lines if device.startswith(line.split(",")[0])), "")


def machine(check):
    device = require_device(check)
    if check.on_gpu:
        show_one_device(check)
    changed = first_line(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"])
    commit = first_line(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]) or "unknown"
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit + (" with changes" if changed else ""),
        "device": device,
        "nvidia_smi": nvidia_smi(device) if check.on_gpu else "",
        "version": first_line([check.program("lenet_train"), "--version"]),
        "cpus": len(os.sched_getaffinity(0)),
        "quick": check.options.quick,
    }


def device_name(text):
    """cuda, cuda:N or N as cuda:N; cpu as it is."""
    match = re.fullmatch(r"cpu|(?:cuda:)?(\d+)|cuda", text)
    if not match:
        raise argparse.ArgumentTypeError(f"unknown device '{text}': expected cuda, cuda:N, N or cpu")
    return "cpu" if text == "cpu" else f"cuda:{int(match[1] or 0)}"


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message}: see --help\n")


def read_options():
    parser = Parser(prog="gpu_check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few steps of everything: accuracies mean nothing")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/gpu-check", help="for the report and the logs")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="a finished build; none is made")
    parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("LENET_DATA"), help="MNIST's four files")
    parser.add_argument("--device", type=device_name, default="cuda:0", help="cuda, cuda:N or N; cpu to try this program")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="PART",
                        help=f"only these of {', '.join(PARTS)}; the others stay as they are in --out")
    parser.add_argument("--only", default="", metavar="TEXT", help="test cases whose names hold it")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of the CNN whose median counts")
    parser.add_argument("--quick-steps", type=int, default=300, help="of everything that is timed with --quick")
    parser.add_argument("--python", default="python3", help="a python3 with PyTorch")
    options = parser.parse_args()
    options.out, options.build = options.out.resolve(), options.build.resolve()
    if not (options.build / "bin/lenet_train").exists():
        parser.error(f"--build {options.build}: there are no programs in its bin/")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out {options.out}: {error.strerror}")
    return options


def begin_report(check):
    """Empty, or with --parts the one that is there if it is of the same build and device: so a check can be done in
    several goes."""
    report = {"machine": machine(check), "problems": {}}
    file = check.options.out / "report.json"
    if check.options.parts == list(PARTS) or not file.exists():
        return report
    earlier = json.loads(file.read_text())
    same = all(earlier["machine"][key] == report["machine"][key] for key in ("commit", "device", "quick"))
    return {**earlier, "machine": report["machine"]} if same else report


def write_report(check, report):
    """After every part, so that a check that is cut off leaves what it has."""
    report["targets"] = gpu_report.targets(report)
    (check.options.out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    (check.options.out / "report.md").write_text(gpu_report.markdown(report))


def main():
    check = Check(read_options())
    report = begin_report(check)
    for part, run in PARTS.items():
        if part not in check.options.parts:
            continue
        print(f"gpu_check: {part} …", flush=True)
        check.problems = report["problems"][part] = []
        try:
            report[part] = run(check)
            write_report(check, report)
        except Exception as error:  # the other parts still have something to say
            check.problems.append(f"{type(error).__name__}: {error}")
    write_report(check, report)
    failed = sum(len(result["failed"]) for result in report.get("tests", {}).values())
    problems = sum(report["problems"].values(), [])
    for problem in problems:
        print(f"gpu_check: {problem}", file=sys.stderr)
    print(f"gpu_check: {check.options.out}/report.md: {failed} tests failed, {len(problems)} problems")
    sys.exit(1 if failed or problems else 0)


if __name__ == "__main__":
    main()
