#!/usr/bin/env python3
"""The set-up scripts on machines where something is in their way: each fault is one line that says what to do, the exit
code is not 0, and nothing is left half done. Needs no root and no network. Usage: packages_test.py
"""
import pathlib
import re
import shutil
import tempfile

from fake_machine import PROJECT, FakeMachine, check

# What apt-get of Debian 12 says. It ends with 0 after an update without a network.
UPDATE_OFFLINE = """echo "W: Failed to fetch http://mirror/debian/dists/bookworm/InRelease  Temporary failure resolving 'mirror'
W: Some index files failed to download. They have been ignored, or old ones used instead." >&2"""
FAULTS = [
    (UPDATE_OFFLINE, "E: Failed to fetch http://mirror/c.deb  Temporary failure resolving 'mirror'\n"
     "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?",
     ["no network", "catch2", "start again"]),
    (UPDATE_OFFLINE, "E: Unable to locate package catch2", ["no network", "catch2"]),
    ("", "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 34 (apt)\n"
     "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?",
     ["another program", "process 34 (apt)", "wait"]),
    ("echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (unattended-upgr)' >&2; exit 100",
     "E: Could not get lock /var/lib/dpkg/lock. It is held by process 7 (unattended-upgr)",
     ["another program", "process 7 (unattended-upgr)"]),
    ("", "E: You don't have enough free space in /var/cache/apt/archives/.", ["disk space", "df -h"]),
    ("", "dpkg: error processing archive c.deb (--unpack):\n cannot copy extracted data for './usr/c' to '/usr/c.dpkg-new': "
     "failed to write (No space left on device)\nE: Sub-process /usr/bin/dpkg returned an error code (1)",
     ["disk space", "df -h"]),
    ("", "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.",
     ["interrupted", "dpkg --configure -a"]),
    ("", "E: Unable to locate package catch2", ["does not know", "catch2", "Debian 12"]),
    ("", "E: Something new is wrong", ["apt-get failed", "Something new is wrong"]),
]
ADMINISTRATOR = "administrator to run: apt-get update && apt-get install -y --no-install-recommends cmake catch2\n"


def apt_faults(machine):
    machine.variables["FAKE_MISSING"] = "cmake catch2"
    for update, error, words in FAULTS:
        for account in ("0", "1000"):
            machine.refusal(words, "tools/setup.sh", FAKE_UID=account, FAKE_UPDATE=update, FAKE_ERROR=error,
                            FAKE_INSTALL='echo "$FAKE_ERROR" >&2; exit 100')
            check(not machine.calls("cmake"), f"{words}: went on to build")
            check(bool(machine.calls("sudo")) == (account != "0"), f"{words}: sudo as {account}")
    machine.refusal(["no network"], "tools/quickstart.sh", FAKE_UPDATE=UPDATE_OFFLINE,
                    FAKE_INSTALL="echo 'E: Unable to locate package cmake' >&2; exit 100")
    machine.refusal(["no network"], "tools/test.sh", FAKE_UPDATE=UPDATE_OFFLINE,
                    FAKE_INSTALL="echo 'E: Unable to locate package cmake' >&2; exit 100")
    # One source of several that is out of reach is no fault.
    done = machine.run("tools/setup.sh", FAKE_UPDATE="echo 'E: The repository is gone' >&2; exit 100")
    check(done.returncode == 0 and machine.calls("cmake"), f"one bad source: {done.stderr}")


def accounts_without_rights(machine):
    machine.variables["FAKE_MISSING"] = "cmake catch2"
    refused = "echo 'sudo: a terminal is required to read the password' >&2; exit 1"
    machine.refusal([ADMINISTRATOR], "tools/setup.sh", FAKE_UID="1000", FAKE_SUDO=refused)
    check(len(machine.calls("sudo")) == 1, "sudo was asked again after its refusal")
    machine.remove("sudo")
    machine.refusal([ADMINISTRATOR], "tools/setup.sh", FAKE_UID="1000")
    check(not machine.calls("apt-get"), "apt-get without rights")
    check(machine.run("tools/setup.sh", FAKE_UID="0").returncode == 0, "root needs no sudo")


def nothing_to_install(machine):
    for script in ("tools/setup.sh", "tools/test.sh"):
        machine.run(script, "-DNAME=VALUE", "debug", FAKE_UID="1000")
        check(not machine.calls("sudo") and not machine.calls("apt-get"), f"{script} asks for rights or the network")
        configured = machine.calls("cmake")[0]
        check(configured.startswith("cmake --preset debug ") and " -DNAME=VALUE" in configured, configured)


def other_systems(machine):
    machine.remove("apt-get")
    error = """echo 'CMake Error at cmake/LenetDependencies.cmake:9 (message):
  fmt was not found.
  Install it.
Call Stack (most recent call first):
  CMakeLists.txt:5' >&2; exit 1"""
    machine.refusal(["set-up: fmt was not found. Install it."], "tools/setup.sh", FAKE_CONFIGURE=error)
    check(machine.run("tools/setup.sh").returncode == 0, "a system without apt-get that has all packages")
    machine.remove("ninja")
    machine.refusal(["no apt-get", "ninja is missing", "--list"], "tools/setup.sh")


def command_line(machine):
    for script in ("setup.sh", "test.sh", "quickstart.sh"):
        for option in ("-h", "--help"):
            done = machine.run(f"tools/{script}", option)
            check(done.returncode == 0 and f"tools/{script}" in done.stdout, f"{script} {option}: {done}")
            check(max(map(len, done.stdout.splitlines())) <= 80, f"{script} {option} is wider than 80 columns")
            check(machine.log.read_text() in ("", "dirname\n"), f"{script} {option} does more than to print")
    for script in ("setup.sh", "test.sh"):
        done = machine.run(f"tools/{script}", "release", "--help")
        check(done.returncode == 0 and f"tools/{script}" in done.stdout, f"{script} release --help: {done}")
    for arguments, words in [(["--frob"], "unknown option '--frob'"), (["fast"], "no preset 'fast': expected asan"),
                             (["debug", "release"], "two presets"), (["--cuda", "11"], "--cuda '11': expected pip"),
                             (["--cuda"], "--cuda '': expected pip"), (["-D"], "-D: a value was expected")]:
        for script in ("tools/setup.sh", "tools/test.sh"):
            done = machine.run(script, *arguments)
            check(done.returncode == 2 and words in done.stderr and len(done.stderr.splitlines()) == 1,
                  f"{script} {arguments}: {done.returncode} {done.stderr}")
            check(not machine.calls("cmake"), f"{script} {arguments} builds")
    listed = machine.run("tools/setup.sh", "--list")
    check(listed.returncode == 0 and not machine.log.read_text(), f"--list: {listed}")
    for words in ("Fedora (untested)", "Arch (untested)", "libfmt-dev", "fmt-devel", "fmt\n"):
        check(words in listed.stdout, f"--list lacks {words}")


def table_is_the_only_list():
    """Each library that CMake looks for has its packages in the table, and nothing else of the set-up names them."""
    table = (PROJECT / "tools/setup/packages.txt").read_text()
    rows = [line.split() for line in table.splitlines() if not line.startswith("#")]
    check(all(len(row) == 5 for row in rows), "a row of packages.txt has not five columns")
    asked = set(re.findall(r"^ *lenet_find(?:_pkg|_library)?\((\S+?)[ )]", (PROJECT / "cmake/LenetDependencies.cmake").read_text(), re.M))
    asked = {name for name in asked if not name.startswith("<") and name != "package"}
    check(asked == {row[1] for row in rows} - {"-"}, f"packages.txt and LenetDependencies.cmake differ: {asked}")
    libraries = [row[2] for row in rows if row[2].endswith("-dev")]
    for file in [*PROJECT.glob("tools/*.sh"), *PROJECT.glob("tools/setup/*.sh"), PROJECT / "cmake/LenetDependencies.cmake"]:
        for library in libraries:
            check(library not in file.read_text(), f"{file} names {library}, which packages.txt holds")


def main():
    for test in (apt_faults, accounts_without_rights, nothing_to_install, other_systems, command_line):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="lenet-setup-"))
        try:
            test(FakeMachine(folder))
        finally:
            shutil.rmtree(folder)
    table_is_the_only_list()


if __name__ == "__main__":
    main()
