"""The machine with a GPU that gpu_check.py's tests pretend to have."""
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = HERE.parents[1] / "tools"
SCRIPT = TOOLS / "gpu_check/gpu_check.py"
PROGRAMS = {"bin": ["lenet_train", "lenet_eval", "lenet_bench", "lenet_data", "kernel_bench"],
            "tests": ["test_cuda", "test_layers", "test_cuda_program", "test_kernel_bench"]}


def check(holds, what):
    if not holds:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {what}")


def run(*command, environment=None, folder=None):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment, cwd=folder,
                          check=False)


def one_line(done, what):
    check(len(done.stderr.splitlines()) == 1, f"{what}: not one line: {done.stderr}")


def link_programs(build):
    """The fakes of a build's programs."""
    for folder, programs in PROGRAMS.items():
        (build / folder).mkdir(parents=True)
        for program in programs:
            (build / folder / program).symlink_to(HERE / "fake_gpu.sh")


class FakeMachine:
    """Two GPUs, their tools and a build, in a scratch folder."""

    def __init__(self, scratch):
        self.scratch, self.build, self.log = scratch, scratch / "build", scratch / "log"
        link_programs(self.build)
        tools = scratch / "fake-tools"
        tools.mkdir()
        for program in ("compute-sanitizer", "nvidia-smi"):
            (tools / program).symlink_to(HERE / "fake_gpu.sh")
        (tools / "python").symlink_to(HERE / "fake_gpu.sh")
        self.python = tools / "python"
        self.environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "LENET_BATCH": "7",
                            "FAKE_LOG": str(self.log)}
        self.environment.pop("CUDA_VISIBLE_DEVICES", None)

    def command(self, *options):
        return [str(part) for part in (sys.executable, SCRIPT, "--build", self.build, "--device", "1", "--python",
                                       self.python, *options)]

    def run(self, *options, **environment):
        """The finished gpu_check and the lines of the calls that it made."""
        self.log.write_text("")
        done = run(*self.command(*options), environment={**self.environment, **environment})
        check("Traceback" not in done.stderr, done.stderr)
        return done, self.calls()

    def calls(self):
        return [line.partition(" ")[2] for line in self.log.read_text().splitlines()]


def report_in(folder):
    return json.loads((folder / "report.json").read_text())


def tests_run(calls):
    """Of the test programs, without the calls that list tests."""
    return [call for call in calls if call.startswith("test_") and "--list" not in call]
