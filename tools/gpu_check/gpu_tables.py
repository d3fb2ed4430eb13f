"""The report of gpu_check.py as markdown."""
import gpu_report
from gpu_report import PRECISIONS, results

MOST_NAMES = 12  # of a part's cases that were left out


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def ordered(found):
    """By model and precision; the cases ran in another order."""
    return sorted(found, key=lambda result: (result["model"], PRECISIONS.index(result["precision"])))


def markdown(report):
    text = f"# GPU check, {report['machine']['date']}\n\n{head(report)}"
    sections = [("Targets", targets), ("Tests", tests), ("compute-sanitizer", sanitizer), ("Recipes", recipes),
                ("Repeats", repeats), ("Steps", steps), ("Switches", switches), ("Algorithms", algorithms), ("Kernels", kernels),
                ("Next to PyTorch", pytorch), ("PyTorch's forms", forms), ("Left out", left_out), ("Problems", problems)]
    for title, text_of in sections:
        body = text_of(report)
        if body:
            text += f"\n## {title}\n\n{body}"
    return text


def head(report):
    machine, data = report["machine"], report["data"] or {}
    text = table(["", ""], [("commit", machine["commit"]), ("version", machine["version"]), ("device", machine["device"]),
                            ("nvidia-smi", machine["nvidia_smi"] or "–"), ("CPUs", machine["cpus"]),
                            ("data", data.get("kind", "not needed"))])
    if gpu_report.left_out(report):
        text += f"\n**Unfinished:** {gpu_report.left_out(report)} cases were left out; the same command goes on with them.\n"
    if data.get("note"):
        text += f"\n**{data['note'][:1].upper()}{data['note'][1:]}.**\n"
    if machine["quick"]:
        text += "\nA quick check: a few steps of everything; accuracies mean nothing, and times little.\n"
    return text


def with_note(report, part, text):
    """A part's table after its note, if it has one: for example why it was skipped."""
    note = report["notes"].get(part)
    return "\n".join(part for part in (f"{note[:1].upper()}{note[1:]}.\n" if note else "", text) if part)


def targets(report):
    names = {True: "yes", False: "**no**", None: "not measured"}

    def verdict(target):
        unjudged = "accuracy" in target["what"] and report["data"] and not gpu_report.is_mnist(report)
        return "not judged: not MNIST" if unjudged else names[target["met"]]

    return table(["target", "goal", "measured", "met"],
                 [(t["what"], t["goal"], "–" if t["value"] is None else f"{t['value']:.4g}", verdict(t))
                  for t in report["targets"]])


def tests(report):
    found = report["results"].get("tests", {})
    programs = {}
    for name, result in found.items():
        programs.setdefault(name.split(": ")[0], []).append(result["outcome"])
    text = table(["program", "passed", "failed", "skipped"],
                 [(program, *(outcomes.count(outcome) for outcome in ("passed", "failed", "skipped")))
                  for program, outcomes in programs.items()]) if found else ""
    names = [f"- {result['outcome']}: {name}: {result['why']}\n" for outcome in ("failed", "skipped")
             for name, result in found.items() if result["outcome"] == outcome]
    return with_note(report, "tests", text + ("\n" + "".join(names) if names else ""))


def sanitizer(report):
    runs = [run for run in report["results"].get("sanitizer", {}).values() if "tool" in run]
    rows = [(run["tool"], run["what"], "yes" if run["clean"] else "**no**", run["summary"]) for run in runs]
    text = ("racecheck and initcheck judge our kernels alone.\n\n" + table(["tool", "what", "clean", "summary"], rows)
            if rows else "")
    return with_note(report, "sanitizer", text)


def recipes(report):
    rows = [(run["model"], run["recipe"], run["precision"], run["form"], f"{run['accuracy']:.4f}",
             ", ".join(f"{value:.4f}" for value in run["accuracies"]), f"{run['seconds']:.1f}")
            for run in ordered(gpu_report.recipes(report))]
    return rows and "Best weights on the test images; seconds from start to end of the program.\n\n" + table(
        ["model", "recipe", "precision", "form", "accuracy (median)", "each seed's", "s"], rows)


def repeats(report):
    names = {True: "yes", False: "**no**"}
    rows = [(run["model"], run["precision"], run["way"], names[run["same"]])
            for run in report["results"].get("repeats", {}).values() if "same" in run]
    return rows and "best.bin next to that of a first run.\n\n" + table(["model", "precision", "way", "the same bits"], rows)


def steps(report):
    rows = [(run["model"], run["batch"], run["precision"], run["form"], f"{1e3 * run['median_step_ms']:.1f}",
             f"{1e3 * run['p10_step_ms']:.1f}–{1e3 * run['p90_step_ms']:.1f}",
             f"{run['inference_images_per_second']:,.0f}", f"{run['first_step_seconds']:.2f}",
             f"{run['ready_seconds']:.2f}", f"{run.get('device_memory_mib', 0):.0f}") for run in ordered(results(report, "steps"))]
    return rows and table(["model", "batch", "precision", "form", "µs per step", "p10–p90", "inference images/s",
                           "first step, s", "captured, s", "MiB on the device"], rows)


def switches(report):
    rows = [(run["switch"], run["model"], run["precision"], f"{1e3 * run['off_ms']:.1f}", f"{1e3 * run['on_ms']:.1f}",
             f"{100 * run['saved']:.1f} %", run["pays"]) for run in ordered(gpu_report.switches(report))]
    return rows and ("Settings that are off by default, with the time of a step, or, for the histograms, of those of an "
                     "evaluation. What pays is on, off, or either where the difference is below 2 %.\n\n") + table(
        ["switch", "model", "precision", "off, µs", "on, µs", "saved", "pays"], rows)


def algorithms(report):
    """Each choice once, with the forms of a step that share it."""
    shared = {}
    for run in results(report, "steps"):
        for layer in run.get("layers", []):
            key = (run["model"], layer["layer"], layer["product"], run["precision"], layer["chosen"],
                   f"{layer['workspace_bytes']:,}")
            shared.setdefault(key, []).append(run["form"])
    rows = [(*key, "; ".join(forms)) for key, forms in sorted(shared.items())]
    return rows and "The algorithm of each product in a training step.\n\n" + table(
        ["model", "layer", "product", "precision", "algorithm", "workspace, bytes", "form of the step"], rows)


def kernels(report):
    found = next(iter(results(report, "kernels")), None)
    if not found:
        return with_note(report, "kernels", "")
    rows = [(k["kernel"], k["where"], k["elements"], f"{k['cold_us']:.2f}", f"{k['replayed_us']:.2f}",
             f"{k['bytes']:,}", f"{k['gb_per_second']:.0f}", f"{100 * k['share_of_peak']:.0f} %" if k["share_of_peak"] else "–",
             f"{k['gflop_per_second']:.0f}" if "gflop_per_second" in k else "") for k in found["kernels"]]
    # Not every driver reports the memory's clock.
    peak = f"{found['peak_gb_per_second']:.0f} GB/s" if found["peak_gb_per_second"] else "unknown (the driver reports no memory clock)"
    text = (f"Memory's peak: {peak}; of the cold times {found['timing_us']:.2f} µs are the timing's own. Cold: the L2 cache "
            "overwritten before. Replayed: one of 50 in a CUDA graph.\n\n")
    return text + table(["kernel", "where", "elements", "cold µs", "replayed µs", "bytes", "GB/s", "of peak",
                         "GFLOP/s (replayed)"], rows)


def pytorch(report):
    found = ordered(gpu_report.comparisons(report))
    rows = [(r["model"], r["precision"], r["numerics"], f"{1e3 * r['lenet']['median_step_ms']:.1f}",
             r["our_form"], f"{1e3 * r['theirs']['median_step_ms']:.1f}", r["form"],
             f"{r['times_faster']:.2f} ({r['lowest']:.2f}–{r['highest']:.2f})",
             f"{r['lenet']['inference_images_per_second']:,.0f}", f"{r['theirs']['inference_images_per_second']:,.0f}")
            for r in found]
    if not rows:
        return with_note(report, "pytorch", "")
    text = (f"{', '.join(sorted({r['pytorch'] for r in found}))}; rounds in turn, medians; each side's fastest form counts. "
            "Deterministic: lenet's default, and PyTorch with deterministic algorithms only. Free: lenet with "
            "--no-deterministic --autotune, and PyTorch with cudnn.benchmark.\n\n")
    text += table(["model", "precision", "numerics", "lenet, µs per step", "lenet's form", "PyTorch, µs per step", "PyTorch's form",
                   "times faster (lowest–highest)", "lenet, inference images/s", "PyTorch"], rows)
    return text + "\n" + "".join(settings_lines(found))


def settings_lines(found):
    """PyTorch's switches, as it had them, for each precision and numerics."""
    lines = {}
    for r in found:
        switches = ", ".join(f"{name} {', '.join(value) or 'none' if isinstance(value, list) else value}"
                             for name, value in r["settings"].items())
        lines[f"- PyTorch's settings for {r['precision']}, {r['numerics']}: {switches}\n"] = None
    return lines


def forms(report):
    found = ordered(r for r in results(report, "pytorch") if "step_ms" in r or "failed" in r)
    rows = [(r["model"], r["precision"], r["numerics"], r["form"],
             f"{1e3 * r['step_ms']:.1f}" if "step_ms" in r else f"did not run: {r['failed']}") for r in found]
    return rows and "Short runs; the fastest of each kind then ran next to lenet.\n\n" + table(
        ["model", "precision", "numerics", "form", "µs per step"], rows)


def left_out(report):
    lines = []
    for part, names in report["left_out"].items():
        more = f"; and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        lines.append(f"- {part}: {len(names)} cases: {'; '.join(names[:MOST_NAMES])}{more}\n")
    return "".join(lines)


def problems(report):
    found = [f"- {part}: {problem}\n" for part, lines in report["problems"].items() for problem in lines]
    return "".join(found + [f"- {part}: {result['problem']}\n" for part, cases in report["results"].items()
                            for result in cases.values() if result.get("problem")])
