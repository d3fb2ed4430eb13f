#!/usr/bin/env python3
"""What the quickstart makes of lenet_train's options, with programs that only note how they were called. Usage:
quickstart_test.py
"""
import pathlib
import shutil
import tempfile

from fake_machine import FakeMachine, check

TRAIN = """while [ $# -gt 0 ]; do
  case $1 in --out) folder=$2 ;; --out=*) folder=${1#--out=} ;; --dry-run) exit ;; esac
  shift
done
mkdir -p "$folder" && touch "$folder/best.bin\""""
NO_MNIST = "case $1 in info | fetch) exit 1 ;; synthesize) mkdir -p $3 ;; esac"


def programs(machine, data=""):
    folder = machine.project / "build/release/bin"
    for name, script in {"lenet_data": data, "lenet_train": TRAIN, "lenet_eval": ""}.items():
        machine.fake(name, script, folder)


def expect(machine, arguments, trained, evaluated, **variables):
    done = machine.run("tools/quickstart.sh", *arguments, **variables)
    check(done.returncode == 0, f"{arguments}: {done}")
    calls = machine.calls("lenet_train"), machine.calls("lenet_eval")
    check(calls == ([f"lenet_train {trained}"], [f"lenet_eval {evaluated}"] if evaluated else []), f"{arguments}: {calls}")
    check(("3 epochs" in done.stdout) == ("--epochs 3" in trained), f"{arguments}: {done.stdout}")


def trains_and_evaluates(machine):
    programs(machine)
    expect(machine, [], "--epochs 3 --out runs/quickstart-1", "runs/quickstart-1/best.bin")
    expect(machine, ["--dry-run"], "--epochs 3 --out runs/quickstart-2 --dry-run", None)
    # Its own length and folder give way to those of the command line.
    for length in (["--epochs", "1"], ["--epochs=1"], ["--steps", "20"], ["--steps=20"], ["--fast-dev-run"]):
        expect(machine, length, f"--out runs/quickstart-2 {' '.join(length)}", "runs/quickstart-2/best.bin")
        shutil.rmtree(machine.project / "runs/quickstart-2")
    for out in (["--out", "mine"], ["--out=mine"]):
        expect(machine, out, f"--epochs 3 --out mine {' '.join(out)}", "mine/best.bin")
    for cuda in (["--cuda", "off"], ["--cuda=off"]):
        expect(machine, [*cuda, "--epochs", "1", "--out", "mine"], "--out mine --epochs 1 --out mine", "mine/best.bin")
        check("-DLENET_CUDA=OFF" in machine.calls("cmake")[0], f"{cuda}")


def finds_data(machine):
    programs(machine, NO_MNIST)
    digits = machine.project / "build/synthetic-digits"
    digits.with_name("synthetic-digits.new").mkdir(parents=True)  # of a run that was killed
    for drawn in (1, 0):
        expect(machine, [], f"--epochs 3 --out runs/quickstart-{2 - drawn} --data build/synthetic-digits",
               f"runs/quickstart-{2 - drawn}/best.bin --data build/synthetic-digits")
        check(sum("synthesize" in call for call in machine.calls("lenet_data")) == drawn, "digits are drawn once")
    check([path.name for path in digits.parent.glob("synthetic*")] == ["synthetic-digits"], "half-drawn digits are left")
    # Other data never take the place of those that were named.
    programs(machine, 'echo "lenet_data: $LENET_DATA: no such folder" >&2; exit 1')
    for arguments in (["--data", "nowhere"], ["--data=nowhere"]):
        machine.refusal(["nowhere: no such folder"], "tools/quickstart.sh", *arguments)
        check(machine.calls("lenet_data") == ["lenet_data info"], f"{arguments}: {machine.calls('lenet_data')}")


def main():
    for test in (trains_and_evaluates, finds_data):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="lenet-setup-"))
        try:
            test(FakeMachine(folder))
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
