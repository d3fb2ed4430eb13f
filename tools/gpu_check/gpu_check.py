#!/usr/bin/env python3
"""Tests, trains and times on this machine's GPU, and writes report.md and report.json. Started by gpu_check.sh.

The order of the cases, the time limit and how a check goes on after it was cut off: see DESCRIPTION in gpu_options.py.
"""
import pathlib
import re
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/bench"))

import gpu_machine
import gpu_report
import processes
from gpu_cases import Budget, OutOfTime
from gpu_options import PARTS, is_bundle, read_options, refuse
from gpu_record import NEED_DATA, Record
from gpu_sanitizer import sanitizer_cases
from gpu_tests import test_cases
from gpu_timings import kernel_cases, pytorch_cases, step_cases
from gpu_trainings import recipe_cases, repeat_cases

CASES = {"tests": test_cases, "sanitizer": sanitizer_cases, "recipes": recipe_cases, "repeats": repeat_cases,
         "steps": step_cases, "kernels": kernel_cases, "pytorch": pytorch_cases}


class Check:
    """The options, the programs of the build, and a log of every command that ran."""

    def __init__(self, options, budget):
        self.options = options
        self.budget = budget
        self.device = options.device
        self.on_gpu = options.device != "cpu"
        self.logs = options.out / "logs"
        self.python = options.python or "python3"
        self.data_folder = None
        self.record = None

    def program(self, name):
        folder = "tests" if name.startswith("test_") else "bin"
        return str(self.options.build / folder / name)

    def run(self, name, command, timeout=600, environment=None):
        """As processes.run(); what it prints goes to logs/NAME.log as well."""
        allowed = self.budget.seconds_for(timeout)
        done = processes.run(command, allowed, environment)
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:100]
        log = f"$ {' '.join(command)}\n{done.stdout}{done.stderr}\nexit code {done.returncode}\n"
        (self.logs / f"{safe}.log").write_text(log, encoding="utf-8")
        if done.returncode == 124 and allowed < timeout and self.budget.case_end is not None:
            raise OutOfTime
        return done

    def runner(self, name):
        """A run() for those who give only a command."""
        return lambda command: self.run(name, command)

    def results(self, part):
        return self.record.report["results"].get(part, {})

    def problem(self, part, text):
        self.record.report["problems"].setdefault(part, []).append(text)

    def note(self, part, text):
        self.record.report["notes"][part] = text

    def skip(self, part, why):
        """No cases of this part, and why."""
        self.note(part, f"skipped: {why}")
        return []

    def data(self):
        return ["--data", self.data_folder]

    def precisions(self):
        return ["fp32", "tf32", "bf16"] if self.on_gpu else ["fp32"]


def set_up(build, *arguments):
    if processes.run_on_terminal([str(ROOT / "tools/setup.sh"), *arguments, "release", "-DLENET_TESTS=ON"]) != 0:
        refuse("the set-up or the build failed: see above")
    return (build / "bin/liblenet_cuda.so").exists()


def prepare(options):
    """Builds if no build was given; ends this program where there is nothing to check, or nowhere to write."""
    if options.device != "cpu" and not gpu_machine.has_gpu():
        refuse("there is no NVIDIA GPU here, or its driver is not running: see nvidia-smi (--device cpu tries this program)")
    try:
        (options.out / "logs").mkdir(parents=True, exist_ok=True)
        for folder in (options.out, options.out / "logs"):
            (folder / "writable").touch()
            (folder / "writable").unlink()
    except OSError as error:
        refuse(f"--out {options.out}: it cannot be written: {error.strerror}")
    if not options.build and is_bundle():
        options.build = ROOT
    elif not options.build:
        options.build = ROOT / "build/release"
        if not set_up(options.build) and options.device != "cpu":
            print("gpu_check: the build has no GPU backend: taking CUDA from Python packages", flush=True)
            set_up(options.build, "--cuda", "pip")
    if not (options.build / "bin/lenet_train").exists():
        refuse(f"--build {options.build}: there are no programs in its bin/")


def begin(options, budget):
    """The check with its record, and the cases that it has to do."""
    check = Check(options, budget)
    machine = gpu_machine.machine(check)
    needs_data = any(part in NEED_DATA for part in options.parts)
    data = gpu_machine.find_data(check) if needs_data else None
    check.record = Record(options.out, machine, data, options.fresh, options.parts)
    if data:
        gpu_machine.announce(data)
        check.data_folder = data["folder"]
        if data["kind"] == "none":
            check.problem("data", data["note"])
    asked = [part for part in PARTS if part in options.parts and (check.data_folder or part not in NEED_DATA)]
    cases = [case for part in asked for case in CASES[part](check)]
    chosen = check.record.choose(cases)
    if len(chosen) < len(cases):
        print(f"gpu_check: going on: {len(cases) - len(chosen)} of {len(cases)} cases were done before (--fresh starts over)")
    check.record.write()
    return check, chosen


def run_case(check, case):
    """The result of a case, or None if there was no time for it."""
    check.budget.begin_case()
    start = time.monotonic()
    try:
        result = case.run()
    except OutOfTime:
        return None
    except Exception as error:  # the other cases still have something to say
        result = {"problem": f"{case.name}: {type(error).__name__}: {error}"}
    finally:
        check.budget.end_case()
    return {**result, "seconds": round(time.monotonic() - start, 2)}


def outcome(result):
    if result is None:
        return "no time"
    return "problem" if result.get("problem") else result.get("outcome", "done")


def run_cases(check, cases):
    for number, case in enumerate(cases, 1):
        if check.budget.is_used_up():
            break
        print(f"[{number}/{len(cases)}] {case.part}: {case.name} … ", end="", flush=True)
        start = time.monotonic()
        result = run_case(check, case)
        print(f"{outcome(result)}, {time.monotonic() - start:.1f} s", flush=True)
        if result is not None:
            check.record.add(case, result)
    check.record.write()


def main():
    processes.exit_on_signals()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a terminal need not know "…"
    options = read_options()
    budget = Budget(options.time_limit)
    prepare(options)
    check, cases = begin(options, budget)
    run_cases(check, cases)
    report, problems = check.record.report, check.record.problems()
    for problem in problems:
        print(f"gpu_check: {problem}", file=sys.stderr)
    left_out = gpu_report.left_out(report)
    if left_out:
        print(f"gpu_check: {left_out} cases were left out: the same command goes on with them")
    print(f"gpu_check: {options.out}/report.md: {gpu_report.tests_summary(report)}, {len(problems)} problems")
    sys.exit(1 if gpu_report.count(report, "failed") or problems else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        print(f"gpu_check: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
