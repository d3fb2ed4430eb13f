#!/usr/bin/env python3
"""A check of gpu_check.py that is cut off, by a signal or by its time limit, loses only the case in flight, leaves
nothing running, and is gone on with by the next one."""
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from gpu_check_support import SCRIPT, TOOLS, FakeMachine, check, report_in, tests_run

sys.path[:0] = [str(TOOLS / "gpu_check"), str(TOOLS / "bench")]
import gpu_cases
import processes

PARTS = ("--parts", "tests", "kernels")  # 10 cases
LAST = "third"  # of test_cuda: a test case that comes after most others


def wait_for(condition, what):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    check(False, f"{what} did not happen within 30 s")


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def results_in(folder):
    return {name for part in report_in(folder)["results"].values() for name in part}


def check_kill(machine):
    """SIGKILL ends a check in the middle of a case."""
    out = machine.scratch / "killed"
    machine.log.write_text("")
    with subprocess.Popen(machine.command("--out", out, *PARTS), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          env={**machine.environment, "FAKE_HANG": f"test_cuda {LAST}"}) as process:
        wait_for(lambda: f"test_cuda {LAST}" in machine.log.read_text(), "the case that hangs")
        process.kill()
    hanging = next(line.split()[0] for line in machine.log.read_text().splitlines() if line.endswith(f"test_cuda {LAST}"))
    wait_for(lambda: not is_running(hanging), "the end of the case in flight")
    done = results_in(out)
    missing = {f"test_cuda: {LAST}", "test_kernel_bench: times every kernel"}
    check(len(done) == 8 and not done & missing, done)
    report = report_in(out)
    check(set(report["left_out"]["tests"]) == missing, report["left_out"])
    check("**Unfinished:** 2 cases were left out" in (out / "report.md").read_text(), "report.md does not say it")
    return out


def check_continuation(machine, out):
    """The next run takes what is missing, then what failed; a complete check is done anew, and its report kept."""
    before = report_in(out)["results"]["tests"]
    done, calls = machine.run("--out", out, *PARTS, FAKE_FAIL="test_kernel_bench times")
    check(tests_run(calls) == [f"test_cuda {LAST}", "test_kernel_bench times every kernel"], calls)
    check(done.returncode == 1 and "going on: 8 of 10 cases were done before" in done.stdout, done)
    report = report_in(out)
    check(len(results_in(out)) == 10 and report["left_out"] == {}, report)
    check(all(report["results"]["tests"][name] == result for name, result in before.items()), "an earlier result changed")

    done, calls = machine.run("--out", out, *PARTS)
    check(tests_run(calls) == ["test_kernel_bench times every kernel"], calls)
    check(done.returncode == 0, done)
    check(not (out / "earlier-report.md").exists(), "nothing was done anew so far")
    done, calls = machine.run("--out", out, *PARTS)
    check(len(tests_run(calls)) == 9 and (out / "earlier-report.md").exists(), calls)

    done, calls = machine.run("--out", out, "--parts", "tests", "--only", "second", "--fresh")
    check(len(tests_run(calls)) == 3 and len(results_in(out)) == 3, calls)
    check("--help" not in done.stderr and len(report_in(out)["results"]) == 1, done)


def check_other_build(machine, out):
    """Results of other programs are not mixed with those of these."""
    machine.run("--out", out, *PARTS)
    program = machine.build / "tests/test_layers"
    text = program.read_text()
    program.unlink()
    program.write_text(text + "# changed\n")
    program.chmod(0o755)
    _, calls = machine.run("--out", out, *PARTS)
    check(len(tests_run(calls)) == 9, "a changed program was not tested again")


def check_merged(machine):
    """A part that is checked by itself leaves the others' results, and what they still lack, in the report."""
    out = machine.scratch / "parts"
    machine.run("--out", out, *PARTS, "--time-limit", "0.05", FAKE_HANG="kernel_bench --json")
    before = report_in(out)
    check("kernels" in before["left_out"], before["left_out"])
    machine.run("--out", out, "--parts", "repeats")
    report = report_in(out)
    repeats = report["results"].pop("repeats")
    check(len(repeats) == 9 * 3 + 2 * 2 * 3 and report["results"] == before["results"], report["results"])
    check(report["left_out"] == before["left_out"], report["left_out"])
    for broken in ("", "[]", "{}", '{"machine": 1, "results": {}}', '{"machine": {}, "results": {"tests": 3}}'):
        (out / "report.json").write_text(broken)
        done, _ = machine.run("--out", out, "--parts", "kernels")
        check(done.returncode == 0 and len(results_in(out)) == 1, f"{broken}: {done}")


def check_time_limit(machine):
    """The check ends in time, with the most valuable cases done, and says what is left out."""
    out = machine.scratch / "limited"
    start = time.monotonic()
    done, calls = machine.run("--out", out, *PARTS, "--time-limit", "0.1", FAKE_HANG="kernel_bench --json")
    seconds = time.monotonic() - start
    check(5 < seconds < 30, f"it took {seconds:.1f} s")
    order = ["a few steps", "every kind of layer", "the three models"]  # then kernel_bench: no other case fits
    ran = tests_run(calls)
    check(len(ran) <= len(order) and all(text in call for text, call in zip(order, ran)), ran)
    left_out = report_in(out)["left_out"]
    check(left_out["kernels"] == ["every kernel"] and len(left_out["tests"]) == 9 - len(ran), left_out)
    check(done.returncode == 0 and f"{10 - len(ran)} cases were left out: the same command goes on" in done.stdout, done)
    check(("every kernel … no time" in done.stdout) == any("--json" in call for call in calls), done.stdout)
    check("- kernels: 1 cases: every kernel\n" in (out / "report.md").read_text(), "report.md does not name it")
    check(report_in(out)["problems"] == {}, "a lack of time is no problem")


def check_budget():
    """No case may use up all the time: it gets a third of what is left, or a minute."""
    now = [0.0]
    gpu_cases.time = type("Clock", (), {"monotonic": staticmethod(lambda: now[0])})
    budget = gpu_cases.Budget(10)
    budget.begin_case()
    check(budget.seconds_for(1800) == 200, budget.seconds_for(1800))
    now[0] = 150.0  # the second command of that case
    check(budget.seconds_for(1800) == 50 and budget.seconds_for(30) == 30, "a case's commands share its time")
    now[0] = 450.0
    budget.begin_case()
    check(budget.seconds_for(1800) == 60, budget.seconds_for(1800))
    now[0] = 570.0
    budget.begin_case()
    check(budget.seconds_for(1800) == 30 and not budget.is_used_up(), budget.seconds_for(1800))
    now[0] = 599.5
    check(budget.is_used_up() and gpu_cases.Budget().seconds_for(1800) == 1800, "no limit is no limit")


def check_timeout(scratch):
    """A program that runs too long ends with all that it started."""
    late = scratch / "late"
    done = processes.run(["sh", "-c", f"(sleep 1; touch {late}) & wait"], timeout=0.2)
    check(done.returncode == 124 and "not done after 0.2 s" in done.stderr, done)
    time.sleep(1.2)
    check(not late.exists(), "a process that timed out left another running")


def signalled(machine, out, number, before):
    """The exit code and errors of a check that gets a signal in a case; before it, `before` is what that signal does,
    whatever this test itself was started with."""
    machine.log.write_text("")
    hang = {"FAKE_HANG": "test_cuda second"} if before == signal.SIG_DFL else {}
    with subprocess.Popen(machine.command("--out", out, "--parts", "tests"), stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, env={**machine.environment, **hang},
                          preexec_fn=lambda: signal.signal(number, before)) as process:
        wait_for(lambda: "test_cuda second" in machine.log.read_text(), "the case that gets the signal")
        process.send_signal(number)
        _, errors = process.communicate()
    return process.returncode, errors


def check_signals(machine):
    """Neither does gpu_check leave anything running when it is told to end; under nohup it goes on."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        ended = signalled(machine, machine.scratch / f"ended-{number}", number, signal.SIG_DFL)
        check(ended == (128 + number, ""), f"{number}: {ended}")
        pid = re.findall(r"(\d+) test_cuda second", machine.log.read_text())[-1]
        wait_for(lambda pid=pid: not is_running(pid), "the end of the case in flight")
    ended = signalled(machine, machine.scratch / "nohup", signal.SIGHUP, signal.SIG_IGN)
    check(ended == (0, ""), f"under nohup: {ended}")
    check(len(results_in(machine.scratch / "nohup")) == 9, "under nohup it did not go on")


def main():
    check(SCRIPT.exists(), f"{SCRIPT} is missing")
    with tempfile.TemporaryDirectory() as folder:
        machine = FakeMachine(pathlib.Path(folder))
        out = check_kill(machine)
        check_continuation(machine, out)
        check_other_build(machine, out)
        check_merged(machine)
        check_time_limit(machine)
        check_timeout(machine.scratch)
        check_signals(machine)
        check_budget()


if __name__ == "__main__":
    main()
