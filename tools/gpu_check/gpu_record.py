"""The report as a file that grows with every case: what an earlier run of the same check found stays in it."""
import json
import shutil

import gpu_report
import gpu_tables

SAME = ("build", "device", "nvidia_smi", "quick", "quick_steps")  # of the machine: else the results do not belong together
NEED_DATA = ("recipes", "repeats", "steps", "pytorch")


def failed(result):
    return bool(result.get("problem")) or result.get("outcome") == "failed"


def replace_file(file, text):
    """So that it is never half written."""
    new = file.with_name(file.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def read_report(file):
    """The report of an earlier run, or None where there is none that can be read."""
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
        results = report["results"]
        fits = isinstance(report["machine"], dict) and all(
            isinstance(result, dict) for part in results.values() for result in part.values())
        return report if fits else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


class Record:
    """`results` has a dictionary per part: a result per case."""

    def __init__(self, folder, machine, data, fresh, parts):
        self.folder = folder
        self.report = {"machine": machine, "data": data, "versions": {}, "results": {}, "notes": {}, "problems": {},
                       "left_out": {}}
        self.waiting = []  # cases that have not run yet
        self.other_left_out = {}  # names by part, of parts that this run does not look at
        earlier = read_report(folder / "report.json")
        if not earlier:
            return
        if fresh or any(earlier["machine"].get(key) != machine[key] for key in SAME):
            self.keep_earlier()
            return
        self.report["results"] = earlier["results"]
        for key in ("notes", "versions"):
            self.report[key] = earlier.get(key, {})
        self.other_left_out = {part: names for part, names in earlier.get("left_out", {}).items() if part not in parts}
        self.report["problems"] = {part: lines for part, lines in earlier.get("problems", {}).items()
                                   if part not in parts and part != "data"}
        if data and earlier.get("data") and earlier["data"]["kind"] != data["kind"]:
            self.keep_earlier()
            for part in NEED_DATA:
                self.report["results"].pop(part, None)
        self.report["data"] = data or earlier.get("data")

    def of_version(self, part, version):
        """Forgets a part's results if they are of another version of what it compares with."""
        versions = self.report["versions"]
        if versions.get(part, version) != version:
            self.keep_earlier()
            self.report["results"].pop(part, None)
        versions[part] = version

    def keep_earlier(self):
        for ending in ("md", "json"):
            file = self.folder / f"report.{ending}"
            if file.exists():
                shutil.copyfile(file, self.folder / f"earlier-report.{ending}")

    def result(self, case):
        return self.report["results"].get(case.part, {}).get(case.name)

    def choose(self, cases):
        """The cases that this run has to do: those without a result, then those that failed; all if there are none of
        either."""
        cases = sorted(cases, key=lambda case: case.value)
        missing = [case for case in cases if self.result(case) is None]
        again = [case for case in cases if self.result(case) is not None and failed(self.result(case))]
        if not missing and not again:
            self.keep_earlier()
            for case in cases:
                del self.report["results"][case.part][case.name]
            missing = cases
        self.waiting = missing + again
        return list(self.waiting)

    def add(self, case, result):
        self.report["results"].setdefault(case.part, {})[case.name] = result
        self.waiting.remove(case)
        self.write()

    def write(self):
        """After every case, so that a check that is cut off leaves what it has."""
        left_out = dict(self.other_left_out)
        for case in self.waiting:
            if self.result(case) is None:
                left_out.setdefault(case.part, []).append(case.name)
        self.report["left_out"] = left_out
        self.report["targets"] = gpu_report.targets(self.report)
        replace_file(self.folder / "report.json", json.dumps(self.report, indent=2) + "\n")
        replace_file(self.folder / "report.md", gpu_tables.markdown(self.report))

    def problems(self):
        """One line each."""
        found = [problem for part in self.report["problems"].values() for problem in part]
        return found + [f"{part}: {result['problem']}" for part, results in self.report["results"].items()
                        for result in results.values() if result.get("problem")]
