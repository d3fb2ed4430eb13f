"""The command line of gpu_check.py, and where things are: in the project's folder or in an unpacked bundle."""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ["tests", "sanitizer", "recipes", "repeats", "steps", "kernels", "pytorch"]

DESCRIPTION = """\
Tests, trains and times on this machine's NVIDIA GPU, and writes report.md and
report.json. What fails is recorded, and everything else goes on.

The most valuable cases run first, and the report is written after every one of
them. So a check may be cut off at any time, also by --time-limit: the same
command goes on with the cases that are missing, and tries again those that
failed, as long as programs, GPU and driver are the same. If nothing is missing
and nothing failed, it checks everything again; the report that was there before
is then kept as earlier-report.md and earlier-report.json.

In the project's folder it first installs what is missing and builds (sudo may
ask for a password); where there is no usable CUDA Toolkit, tools/setup.sh
--cuda pip downloads one. In an unpacked bundle it takes the bundle's programs.
MNIST is fetched if it is not on this machine; without a network, synthetic
digits take its place, and no accuracy is judged."""


def refuse(message):
    print(f"gpu_check: {message}", file=sys.stderr)
    sys.exit(2)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        refuse(f"{message}: see --help")


class Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog):
        super().__init__(prog, max_help_position=22, width=80)


def device_name(text):
    """cuda, cuda:N or N as cuda:N; cpu as it is."""
    match = re.fullmatch(r"cpu|(?:cuda:)?(\d+)|cuda", text)
    if not match:
        raise argparse.ArgumentTypeError(f"unknown device '{text}': expected cuda, cuda:N, N or cpu")
    return "cpu" if text == "cpu" else f"cuda:{int(match[1] or 0)}"


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")
    return int(text)


def minutes(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of minutes above 0")
    return value


def folder(text):
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return pathlib.Path(text).resolve()


def is_bundle():
    return not (ROOT / "CMakeLists.txt").exists()


def default_out():
    """A bundle may have been unpacked where its user must not write."""
    return pathlib.Path.cwd() / "lenet-gpu-check" if is_bundle() else ROOT / "build/gpu-check"


def read_options():
    parser = Parser(prog="gpu_check.sh", description=DESCRIPTION, formatter_class=Help, allow_abbrev=False)
    add = parser.add_argument
    add("--quick", action="store_true", help="a few steps of everything: accuracies mean nothing")
    add("--time-limit", type=minutes, metavar="MINUTES",
        help="stop in time; set-up and build count, but are not cut off; the report lists what was left out")
    add("--fresh", action="store_true", help="start over, and ignore the report in --out")
    add("--out", type=folder, default=default_out(), metavar="DIR",
        help="for the report and the logs [build/gpu-check; of a bundle lenet-gpu-check in the current folder]")
    add("--build", type=folder, metavar="DIR",
        help="a finished build with its bin/ and tests/ [build/release, brought up to date; or the bundle]")
    add("--data", type=folder, metavar="DIR", help="MNIST's four files [as lenet_train finds them, or fetched]")
    add("--device", type=device_name, default="cuda:0", metavar="NAME",
        help="cuda, cuda:N or N; cpu tries this program on the CPU [cuda:0]")
    add("--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART",
        help=f"only these of {', '.join(PARTS)}; the report keeps the others as they are")
    add("--only", default="", metavar="TEXT", help="only test cases whose names hold this text")
    add("--seeds", type=positive, default=3, metavar="N", help="trainings of the CNN; their median is judged [3]")
    add("--quick-steps", type=positive, default=300, metavar="N", help="steps per timing with --quick [300]")
    add("--python", metavar="FILE", help="a python3 with PyTorch [python3; without PyTorch if it has none]")
    return parser.parse_args()
