#!/usr/bin/env python3
"""gpu_check.sh where it was never started before: as an ordinary user of a clone, in an unpacked bundle, and without
MNIST."""
import os
import pathlib
import pty
import re
import shutil
import sys
import tempfile

from gpu_check_support import TOOLS, FakeMachine, check, link_programs, report_in, run

# Asks on the terminal as sudo does, and then "builds" what is there already; the GPU backend only with CUDA from Python
# packages, as where there is nothing but NVIDIA's driver.
SET_UP = """#!/bin/sh
cd "$(dirname "$0")/.."
[ "$1 $2" != '--cuda pip' ] || exec touch build/release/bin/liblenet_cuda.so
[ -t 0 ] || { echo 'the set-up has no terminal' >&2; exit 1; }
printf '[sudo] password for tester: ' >/dev/tty
read -r word </dev/tty
[ "$word" = secret ] || { echo 'wrong password' >&2; exit 1; }
mkdir -p build && mv fake build/release
"""
CONTRIBUTION = ["gpu_check.sh", "gpu_check/*.py", "bench/*.py"]  # of the tools, to a bundle


def copy_tools(root):
    for pattern in CONTRIBUTION:
        for file in TOOLS.glob(pattern):
            target = root / "tools" / file.relative_to(TOOLS)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)


def make_clone(root):
    copy_tools(root)
    (root / "CMakeLists.txt").touch()
    link_programs(root / "fake")
    script = root / "tools/setup.sh"
    script.write_text(SET_UP)
    script.chmod(0o755)


def on_terminal(command, environment, answer):
    """The exit code and the output of a command that runs on a terminal of its own, where a user answers the request for
    a password."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)
    output = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # as Linux says that the last program on a terminal has ended
            part = b""
        if not part:
            break
        output += part
        if output.endswith(b"password for tester: "):
            os.write(terminal, answer)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.decode()


def check_set_up(machine):
    """sudo can ask for its password, Ctrl-C ends the set-up, and a set-up that fails is one line."""
    root = machine.scratch / "clone"
    make_clone(root)
    command = ["bash", str(root / "tools/gpu_check.sh"), "--device", "1", "--parts", "kernels"]
    code, output = on_terminal(command, machine.environment, b"wrong\n")
    check(code == 2 and output.endswith("gpu_check: the set-up or the build failed: see above\r\n"), output)
    code, output = on_terminal(command, machine.environment, b"\x03")
    check(code == 130 and "Traceback" not in output, f"{code}: {output}")
    code, output = on_terminal(command, machine.environment, b"secret\n")
    check(code == 0 and "[1/1] kernels: every kernel … done" in output, f"{code}: {output}")
    check("taking CUDA from Python packages" in output, output)
    check((root / "build/release/bin/liblenet_cuda.so").exists(), "the GPU backend was not built")
    report = report_in(root / "build/gpu-check")
    check(report["machine"]["commit"] == "unknown", "the clone has no commit")  # it is no repository


def check_bundle(machine):
    """A bundle needs no build, may lie where its user must not write, and names its commit."""
    root, elsewhere = machine.scratch / "bundle", machine.scratch / "elsewhere"
    copy_tools(root)
    link_programs(root)
    elsewhere.mkdir()
    files = sorted(root.rglob("*"))
    done = run("bash", root / "tools/gpu_check.sh", "--device", "1", "--parts", "tests", "kernels", folder=elsewhere,
               environment=machine.environment)
    check(done.returncode == 0, done)
    report = report_in(elsewhere / "lenet-gpu-check")
    check(report["machine"]["commit"] == "0123456789ab", report["machine"])
    check(len(report["results"]["tests"]) == 9, report["results"])
    check(sorted(root.rglob("*")) == files, "the bundle's folder was written to")
    copied = {path.name for path in (root / "tools").rglob("*.py")}
    imported = {name for path in (root / "tools").rglob("*.py")
                for name in re.findall(r"^(?:import|from) (\w+)", path.read_text(), re.MULTILINE)}
    foreign = {name for name in imported if f"{name}.py" not in copied} - set(sys.stdlib_module_names)
    check(foreign == {"torch", "numpy"}, f"a bundle lacks modules: {foreign}")


def check_data(machine):
    """MNIST is fetched; without a network, synthetic digits take its place and no accuracy is judged."""
    def accuracies(report):
        return [target["met"] for target in report["targets"] if "accuracy" in target["what"]]

    def trained_on(calls):
        return {re.search(r"--data (\S+)", call)[1] for call in calls if call.startswith("lenet_train --model")}

    options = ("--parts", "recipes", "kernels", "--seeds", "1", "--out")
    out = machine.scratch / "fetched"
    done, calls = machine.run(*options, out, FAKE_DATA="fetchable")
    check(done.returncode == 0 and "no MNIST on this machine: fetching it" in done.stdout, done)
    check("lenet_data fetch" in calls and trained_on(calls) == {"/folder"}, calls)
    check(accuracies(report_in(out)) == [True, True] and report_in(out)["data"]["kind"] == "MNIST", report_in(out)["data"])

    out = machine.scratch / "synthetic"
    done, calls = machine.run(*options, out, FAKE_DATA="none")
    check(done.returncode == 0 and "SYNTHETIC DIGITS TAKE ITS PLACE" in done.stderr, done)
    check(trained_on(calls) == {str(out / "synthetic-digits")}, calls)
    report, text = report_in(out), (out / "report.md").read_text()
    check(len(report["results"]["recipes"]) == 18 + 6 + 8 and report["data"]["kind"] == "synthetic", report["data"])
    check(accuracies(report) == [None, None] and text.count("| not judged: not MNIST |") == 2, text)
    check("**MNIST is neither here nor can it be fetched: synthetic digits take its place; " in text, text)

    done, calls = machine.run(*options, out, FAKE_DATA="there")
    check(trained_on(calls) == {"/folder"} and not any("kernel_bench" in call for call in calls), calls)
    check(accuracies(report_in(out)) == [True, True] and (out / "earlier-report.md").exists(), "not judged by MNIST")

    out = machine.scratch / "other"
    machine.run(*options, out, FAKE_DATA="other")
    check(accuracies(report_in(out)) == [None, None], "other data are judged as MNIST")
    done, calls = machine.run(*options, out, "--data", "/nowhere", FAKE_DATA="none")
    check(done.returncode == 2 and done.stderr == "gpu_check: --data: info: there is no network\n", done)


def main():
    with tempfile.TemporaryDirectory() as folder:
        machine = FakeMachine(pathlib.Path(folder))
        check_set_up(machine)
        check_bundle(machine)
        check_data(machine)


if __name__ == "__main__":
    main()
