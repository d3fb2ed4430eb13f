"""Runs the programs that are tested and timed: none outlives its time or this program, and no LENET_ variable of the
user's shell changes what is measured."""
import ctypes
import os
import signal
import subprocess
import sys

KEPT = ("LENET_DATA", "LENET_PLUGIN_DIR")  # where things are, not what is done
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def measured_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("LENET_") or name in KEPT}


def end_with_parent():
    """Called in the new process: the kernel ends it if this program is killed and cannot do so itself."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(command, timeout=600, environment=None):
    """The finished process with text in stdout and stderr. After `timeout` seconds it is killed with all that it
    started, so that nothing of it stays on the GPU, and the exit code is 124; 127 if it cannot be started."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   encoding="utf-8", errors="replace", start_new_session=True, preexec_fn=end_with_parent,
                                   env={**measured_environment(), **(environment or {})})
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]} cannot be run: {error.strerror}\n")
    try:
        output, errors = process.communicate(timeout=timeout)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)
    except subprocess.TimeoutExpired:
        kill_group(process)
        output, errors = process.communicate()
        return subprocess.CompletedProcess(command, 124, output, f"{errors}\nnot done after {timeout:.3g} s\n")
    except BaseException:  # Ctrl-C and what exit_on_signals() catches reach this process alone
        kill_group(process)
        raise


def run_on_terminal(command):
    """The exit code of a command that shares this program's terminal, so that it can ask the user for a password, and
    that gets Ctrl-C as this program does."""
    try:
        process = subprocess.Popen(command)
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", file=sys.stderr)
        return 127
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:  # all of it ended by itself
        pass


def exit_on_signals():
    """SIGTERM and SIGHUP end this program as Ctrl-C does: by an exception, after which nothing is left running. Under
    nohup it goes on."""
    def leave(number, _):
        sys.exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, leave)


def last_line(done):
    """What a failed process said at the end."""
    return (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]


def first_line(command):
    """Of what it prints; empty where it fails."""
    done = run(command, timeout=60)
    lines = done.stdout.strip().splitlines()
    return lines[0] if lines and done.returncode == 0 else ""
