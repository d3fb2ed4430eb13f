#!/usr/bin/env python3
"""The set-up's Python environment and its choice of CUDA, on fake machines: what is installed, what is refused, and
that nothing half done is left behind or taken as finished. Usage: environment_test.py
"""
import pathlib
import shutil
import tempfile

from fake_machine import FakeMachine, check

# What Debian 12's Python and pip say.
NO_ENSUREPIP = """echo 'The virtual environment was not created successfully because ensurepip is not
available.  On Debian/Ubuntu systems, you need to install the python3-venv package'; exit 1"""
OFFLINE = """echo 'ERROR: Could not find a version that satisfies the requirement nvidia-x (from versions: none)' >&2; exit 1"""
FULL = """echo 'Installing collected packages: nvidia-x'
echo 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device' >&2; exit 1"""
# An installation that leaves a compiler, in Python's folder and under NVIDIA's names.
INSTALLED = """case "$*" in *cuda_13*)
  folder=.venv/lib/python3.11/site-packages/nvidia/cu13/bin; mkdir -p $folder && touch $folder/nvcc ;; esac"""
PIP = ("tools/setup.sh", "--cuda", "pip")


def requirements(machine):
    return [line.split("tools/setup/")[1] for line in machine.calls("python") if "pip install" in line]


def environment_faults(machine):
    environment = machine.project / ".venv"
    # Neither what Debian's python3 leaves without ensurepip, nor an environment without what it was made for.
    for fault, words in [({"FAKE_VENV": NO_ENSUREPIP}, ["cannot make virtual environments", "python3-venv"]),
                         ({"FAKE_VENV": "exit 1"}, ["python3 -m venv failed"]),
                         ({"FAKE_PIP": OFFLINE}, ["no network", "Python package"]),
                         ({"FAKE_PIP": FULL}, ["disk space"])]:
        machine.refusal(words, *PIP, **fault)
        check(not environment.exists(), f"{words}: a half-made .venv is left")
        check(not machine.calls("cmake"), f"{words}: went on to build")
    # A Python without venv has Debian's package installed, or says what to do where that cannot be had.
    machine.refusal(["no network", "python3-venv"], *PIP, FAKE_NO_VENV="1", FAKE_MISSING="python3-venv",
                    FAKE_INSTALL="echo 'E: Failed to fetch http://mirror/p.deb' >&2; exit 100")
    # An environment that does not work, such as one of a Python that is gone, is made again.
    (environment / "bin").mkdir(parents=True)
    check(machine.run(*PIP, FAKE_PIP=INSTALLED).returncode == 0, "a .venv without a Python")


def unfinished_installations(machine):
    environment = machine.project / ".venv"
    check(machine.run(*PIP, FAKE_PIP=INSTALLED).returncode == 0, "--cuda pip")
    marks = lambda: sorted(path.name for path in environment.glob("*.unfinished"))
    check(not marks(), f"finished, and marked {marks()}")
    machine.refusal(["no network"], *PIP, FAKE_PIP=OFFLINE)
    check(environment.exists() and not marks(), "a download that failed changes nothing of what was there")
    machine.refusal(["disk space"], *PIP, FAKE_PIP=FULL)
    check(marks() == ["cudnn_frontend_requirements.unfinished"], f"an installation that broke off: {marks()}")
    machine.refusal(["no network"], *PIP, FAKE_PIP=OFFLINE)
    check(marks() == ["cudnn_frontend_requirements.unfinished"], f"it is still not finished: {marks()}")
    check(machine.run(*PIP, FAKE_PIP=INSTALLED).returncode == 0, "started again")
    again = [line for line in machine.calls("python") if "--force-reinstall" in line]
    check(len(again) == 1 and "cudnn_frontend" in again[0], f"pip takes what is half there as installed: {again}")
    check(not marks(), f"finished, and marked {marks()}")
    # Killed while it installs.
    machine.run(*PIP, FAKE_PIP="kill -KILL $PPID")
    check(marks() == ["cudnn_frontend_requirements.unfinished"], f"killed: {marks()}")


def cuda_of_the_driver(machine):
    for driver, major in [(None, 13), ("580.65.06", 13), ("610.1", 13)]:
        if driver:
            machine.nvidia_driver(driver)
        done = machine.run(*PIP, "debug", FAKE_PIP=INSTALLED)
        check(done.returncode == 0, f"driver {driver}: {done.stderr}")
        check(requirements(machine) == ["cudnn_frontend_requirements.txt", f"cuda_{major}_requirements.txt"],
              f"driver {driver}: {requirements(machine)}")
        configured = machine.calls("cmake")[0]
        check("-DLENET_CUDA=ON" in configured and "site-packages/nvidia/cu13/bin/nvcc" in configured, configured)
    # CUDA 12 has no compiler among the Python packages: one of the machine's own serves, if it is of CUDA 12.
    shutil.rmtree(machine.project / ".venv")
    machine.nvidia_driver("550.54.14")
    for own in (None, "11.8", "12.0", "13.0"):
        if own:
            machine.nvcc(own)
        machine.refusal(["550.54.14 runs CUDA 12", "580", "12.4 or later"], *PIP)
        check(not machine.calls("python"), f"nvcc {own}: installs what cannot be used")
    machine.nvcc("12.6")
    done = machine.run(*PIP)
    check(requirements(machine) == ["cudnn_frontend_requirements.txt", "cuda_12_requirements.txt"], f"{done}")
    check(f"-DCMAKE_CUDA_COMPILER={machine.bin}/nvcc" in machine.calls("cmake")[0], machine.calls("cmake")[0])
    (machine.project / ".venv/lib/python3.11/site-packages/nvidia_cudnn_cu12-9.1.dist-info").mkdir(parents=True)
    machine.nvidia_driver("580.65.06")
    machine.refusal([".venv holds cuDNN for CUDA 12", "remove .venv"], *PIP)


def other_choices(machine):
    machine.run("tools/setup.sh", "--cuda", "off")
    check("-DLENET_CUDA=OFF" in machine.calls("cmake")[0], "--cuda off")
    machine.refusal(["--cuda system", "--cuda pip"], "tools/setup.sh", "--cuda=system")
    machine.nvcc("13.0", machine.cuda / "bin")
    machine.run("tools/setup.sh", "--cuda", "system", FAKE_PIP=INSTALLED)
    check(f"-DCMAKE_CUDA_COMPILER={machine.cuda}/bin/nvcc" in machine.calls("cmake")[0], "--cuda system")
    check(requirements(machine) == ["cudnn_frontend_requirements.txt"], "a toolkit lacks cudnn-frontend alone")
    machine.nvcc("12.0")  # Ubuntu's own comes first on PATH, and is too old
    check(f"{machine.cuda}/bin/nvcc" in str(machine.run("tools/setup.sh", "--cuda=system") and machine.calls("cmake")), "12.0")
    done = machine.run("tools/setup.sh", FAKE_PIP=OFFLINE)
    check(done.returncode == 0 and "may be left out" in done.stderr, "without --cuda, the programs are built all the same")
    for script in ("tools/quickstart.sh", "tools/test.sh"):
        machine.run(script, "--cuda", "off")
        check("-DLENET_CUDA=OFF" in machine.calls("cmake")[0], f"{script} --cuda off")


def offers(machine):
    left_out = "echo '-- CUDA backend: not built, no CUDA compiler was found'"
    check("--cuda pip" not in machine.run("tools/setup.sh", FAKE_CONFIGURE=left_out).stdout, "offered without a GPU")
    for driver, words in [("580.65.06", "to build for it: tools/setup.sh --cuda pip"), ("550.54.14", "update the driver")]:
        machine.nvidia_driver(driver)
        done = machine.run("tools/setup.sh", FAKE_CONFIGURE=left_out)
        lines = [line for line in done.stdout.splitlines() if "--cuda pip" in line]
        check(done.returncode == 0 and len(lines) == 1 and words in lines[0], f"{driver}: {done.stdout}")
        check(not machine.calls("python"), "installs before it is asked to")
    for configure in ("echo '-- CUDA backend: built'", "echo '-- CUDA backend: not built, LENET_CUDA is OFF'"):
        check("--cuda pip" not in machine.run("tools/setup.sh", FAKE_CONFIGURE=configure).stdout, configure)


def build_folder_keeps_compilers(machine):
    cache = machine.project / "build/release/CMakeCache.txt"
    cache.parent.mkdir(parents=True)
    machine.nvcc("13.0", machine.cuda / "bin")
    other = shutil.which("true")
    for language, kept, fresh in [
            ("CUDA", machine.cuda / "bin/nvcc", False), ("CUDA", "/nonexistent/nvcc", True), ("CUDA", "NOTFOUND", False),
            ("CUDA", other, True), ("CXX", machine.bin / "c++", False), ("CXX", "/nonexistent/c++", True), ("CXX", other, True)]:
        cache.write_text(f"CMAKE_{language}_COMPILER:FILEPATH={kept}\n")
        machine.run("tools/setup.sh", "--cuda", "system", CXX="c++")
        configured = machine.calls("cmake")[0]
        check(("--fresh" in configured) == fresh, f"the folder's {language} compiler is {kept}: {configured}")
    cache.write_text(f"CMAKE_CXX_COMPILER:FILEPATH={other}\n")
    machine.run("tools/setup.sh")
    check("--fresh" not in machine.calls("cmake")[0], "without CXX, the folder's compiler is kept")


def main():
    for test in (environment_faults, unfinished_installations, cuda_of_the_driver, other_choices, offers,
                 build_folder_keeps_compilers):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="lenet-setup-"))
        try:
            test(FakeMachine(folder))
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
