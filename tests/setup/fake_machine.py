"""A machine to set up: the real scripts in a project of their own, and a PATH on which all that would change this
machine or ask it something is a fake."""
import os
import pathlib
import shutil
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
REAL = ("awk basename bash cat cp cut df dirname env grep head ls mkdir mktemp mv paste rm sed sh sort tail touch").split()
SYSTEM_CUDA = ("/usr/local/cuda", "/opt/cuda")  # looked into besides PATH: this machine may have one

FAKES = {
    "id": "echo ${FAKE_UID:-0}",
    "dpkg-query": 'case " $FAKE_MISSING " in *" ${@: -1} "*) exit 1 ;; *) echo -n installed ;; esac',
    "apt-get": 'case $1 in update) eval "$FAKE_UPDATE" ;; install) eval "$FAKE_INSTALL" ;; esac',
    "sudo": 'eval "${FAKE_SUDO:-}"; exec "$@"',
    "cmake": 'case $1 in --preset) eval "${FAKE_CONFIGURE:-}" ;; esac',
    "ninja": "", "pkg-config": "", "c++": "",
    # Makes environments whose python is again this program.
    "python": """case $* in
  "-c import ensurepip, venv") [ -z "${FAKE_NO_VENV:-}" ] ;;
  "-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python; eval "${FAKE_VENV:-}" ;;
  "-m pip --version") ;;
  "-m pip install "*) eval "${FAKE_PIP:-}" ;;
  *) exit 1 ;;
esac""",
}


def check(holds, what):
    if not holds:
        sys.exit(f"{pathlib.Path(sys.argv[0]).stem}: {what}")


class FakeMachine:
    def __init__(self, folder):
        self.project, self.bin, self.log = folder / "project", folder / "bin", folder / "calls"
        self.cuda = folder / "cuda"
        self.bin.mkdir(parents=True)
        (folder / "tmp").mkdir()
        for name in REAL:
            (self.bin / name).symlink_to(shutil.which(name))
        for name, script in FAKES.items():
            self.fake(name, script)
        for file in ("CMakePresets.json", "cmake/LenetCuda.cmake", "tools/setup.sh", "tools/test.sh", "tools/quickstart.sh",
                     *(path.relative_to(PROJECT) for path in (PROJECT / "tools/setup").iterdir())):
            (self.project / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / file, self.project / file)
        script = self.project / "tools/setup/cuda.sh"
        text = script.read_text()
        for place in SYSTEM_CUDA:
            check(f"{place}/bin/nvcc" in text, f"cuda.sh does not look into {place}: adapt SYSTEM_CUDA")
            text = text.replace(f"{place}/bin", f"{self.cuda}/bin")
        script.write_text(text)
        self.variables = {"FAKE_MISSING": "", "FAKE_INSTALL": "", "FAKE_UPDATE": ""}

    def fake(self, name, script, folder=None):
        """A program that notes its call and then does what the script says."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!{shutil.which("bash")}\necho "{name} $*" >>"{self.log}"\n{script}\n')
        path.chmod(0o755)

    def remove(self, name):
        (self.bin / name).unlink()

    def nvidia_driver(self, version):
        self.fake("nvidia-smi", f"echo {version}")

    def nvcc(self, version, folder=None):
        self.fake("nvcc", f'echo "Cuda compilation tools, release {version}, V{version}.1"', folder)

    def run(self, *command, **variables):
        self.log.write_text("")
        environment = {"PATH": str(self.bin), "HOME": "/nonexistent", "TMPDIR": str(self.project.parent / "tmp"),
                       "PYTHON": str(self.bin / "python"), **self.variables, **variables}
        return subprocess.run([self.project / command[0], *command[1:]], capture_output=True, text=True,
                              env=environment, cwd="/", stdin=subprocess.DEVNULL)

    def calls(self, program):
        return [line for line in self.log.read_text().splitlines() if line.split()[0] == program]

    def refusal(self, what, *command, **variables):
        """Runs a command that must end with 1 and one line that says all of `what`."""
        done = self.run(*command, **variables)
        check(done.returncode == 1, f"{what}: exit code {done.returncode}, expected 1\n{done.stdout}{done.stderr}")
        check(len(done.stderr.splitlines()) == 1, f"{what}: not one line: {done.stderr}")
        for words in what:
            check(words in done.stderr, f"'{words}' is not in: {done.stderr}")
        return done.stderr
