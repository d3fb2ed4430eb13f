"""The report of gpu_check.py: which targets are met, and everything as markdown."""

TARGETS = [
    ("CNN, recipe tutorial: test accuracy", "≥ 0.9915"),
    ("CNN, recipe keras: test accuracy", "≥ 0.9910"),
    ("CNN, batch 50, fp32 or tf32: a step", "< 100 µs"),
    ("CNN: times faster than PyTorch", "≥ 3"),
    ("MLP: times faster than PyTorch", "≥ 3"),
    ("regressor: times faster than PyTorch", "≥ 3"),
    ("CNN: first step and capture", "< 2 s"),
    ("CNN: what determinism costs", "< 5 %"),
]


def targets(report):
    """Each target with the figure that was measured, or None, and whether it is met."""
    values = [accuracy(report, "tutorial"), accuracy(report, "keras"), step_microseconds(report),
              times_faster(report, "cnn"), times_faster(report, "mlp"), times_faster(report, "regressor"),
              ready_seconds(report), determinism_percent(report)]
    return [{"what": what, "goal": goal, "value": value, "met": None if value is None else meets(value, goal)}
            for (what, goal), value in zip(TARGETS, values)]


def meets(value, goal):
    sign, number = goal.split()[:2]
    return value >= float(number) if sign == "≥" else value < float(number)


def count(report, outcome):
    """Test cases that "passed", "failed" or were "skipped"."""
    found = [result[outcome] for result in report.get("tests", {}).get("programs", {}).values()]
    return sum(cases if outcome == "passed" else len(cases) for cases in found)


def tests_summary(report):
    return ", ".join(f"{count(report, outcome)} tests {outcome}" for outcome in ("passed", "failed", "skipped"))


def on_gpu(report):
    return bool(report["machine"]["nvidia_smi"]) or "compute capability" in report["machine"]["device"]


def accuracy(report, recipe):
    if report["machine"]["quick"]:
        return None  # a few steps tell nothing
    found = [run["accuracy"] for run in report.get("recipes", [])
             if run["model"] == "cnn" and run["recipe"] == recipe and run["precision"] in ("fp32", "tf32")]
    return min(found, default=None)  # a precision that loses accuracy is no way to be fast


def cnn_steps(report):
    if not on_gpu(report):
        return []
    return [run for run in report.get("steps", [])
            if run["model"] == "cnn" and run["precision"] in ("fp32", "tf32") and run["form"].startswith("captured")]


def step_microseconds(report):
    return min((1e3 * run["median_step_ms"] for run in cnn_steps(report) if run["deterministic"]), default=None)


def determinism_percent(report):
    """At the precision at which it costs most."""
    times = {(run["precision"], run["form"]): run["median_step_ms"] for run in cnn_steps(report)}
    costs = [100 * (times[precision, "captured"] / times[precision, form] - 1) for precision, form in times
             if form == "captured, not deterministic" and (precision, "captured") in times]
    return max(costs, default=None)


def ready_seconds(report):
    return max((run["ready_seconds"] for run in cnn_steps(report) if "autotuned" not in run["form"]), default=None)


def times_faster(report, model):
    """In float32 or TF32, at which of them PyTorch does best."""
    results = report.get("pytorch", {}).get("results", []) if on_gpu(report) else []
    return min((result["times_faster"] for result in results
                if result["model"] == model and result["precision"] in ("fp32", "tf32")), default=None)


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def section(title, text):
    return f"\n## {title}\n\n{text}"


def markdown(report):
    machine = report["machine"]
    text = f"# GPU check, {machine['date']}\n\n"
    rows = [("commit", machine["commit"]), ("version", machine["version"]), ("device", machine["device"]),
            ("nvidia-smi", machine["nvidia_smi"] or "–"), ("CPUs", machine["cpus"])]
    text += table(["", ""], rows)
    if machine["quick"]:
        text += "\nA quick check: a few steps of everything; accuracies mean nothing, and times little.\n"
    parts = [("Targets", "targets", targets_text), ("Tests", "tests", tests_text),
             ("compute-sanitizer", "sanitizer", sanitizer_text), ("Recipes", "recipes", recipes_text),
             ("Repeats", "repeats", repeats_text), ("Steps", "steps", steps_text), ("Kernels", "kernels", kernels_text),
             ("Beside PyTorch", "pytorch", pytorch_text)]
    for title, key, text_of in parts:
        if key in report:
            text += section(title, text_of(report[key]))
    problems = [f"- {part}: {problem}\n" for part, found in report["problems"].items() for problem in found]
    if problems:
        text += section("Problems", "".join(problems))
    return text


def targets_text(found):
    names = {True: "yes", False: "**no**", None: "not measured"}
    return table(["target", "goal", "measured", "met"],
                 [(t["what"], t["goal"], "–" if t["value"] is None else f"{t['value']:.4g}", names[t["met"]])
                  for t in found])


def tests_text(found):
    results = found["programs"]
    text = f"Only those whose names hold '{found['only']}'.\n\n" if found["only"] else ""
    text += table(["program", "passed", "failed", "skipped"],
                 [(program, r["passed"], len(r["failed"]), len(r["skipped"])) for program, r in results.items()])
    names = [f"- {kind}: {program}: {name}\n" for kind in ("failed", "skipped")
             for program, result in results.items() for name in result[kind]]
    return text + ("\n" + "".join(names) if names else "")


def sanitizer_text(found):
    if "skipped" in found:
        return f"Skipped: {found['skipped']}.\n"
    return table(["tool", "what", "clean", "summary"],
                 [(run["tool"], run["what"], "yes" if run["clean"] else "**no**", run["summary"])
                  for run in found["runs"]])


def recipes_text(runs):
    rows = [(run["model"], run["recipe"], run["precision"], f"{run['accuracy']:.4f}",
             ", ".join(f"{value:.4f}" for value in run["accuracies"]), f"{run['seconds']:.1f}") for run in runs]
    return "Best weights on the test images; seconds from start to end of the program.\n\n" + table(
        ["model", "recipe", "precision", "accuracy (median)", "each seed's", "s"], rows)


def repeats_text(runs):
    rows = [(run["precision"], run["way"], "yes" if run["same"] else "**no**") for run in runs]
    return "The CNN's best.bin beside that of a first run.\n\n" + table(["precision", "way", "the same bits"], rows)


def share(value):
    """Not every driver tells the memory's clock."""
    return f"{100 * value:.0f} %" if value else "–"


def steps_text(runs):
    rows = [(run["model"], run["batch"], run["precision"], run["form"], f"{1e3 * run['median_step_ms']:.1f}",
             f"{1e3 * run['p10_step_ms']:.1f}–{1e3 * run['p90_step_ms']:.1f}",
             f"{run['inference_images_per_second']:,.0f}", f"{run['first_step_seconds']:.2f}",
             f"{run['ready_seconds']:.2f}", f"{run.get('device_memory_mib', 0):.0f}") for run in runs]
    return table(["model", "batch", "precision", "form", "µs per step", "p10–p90", "inference images/s", "first step, s",
                  "captured, s", "MiB on the device"], rows)


def kernels_text(found):
    if "skipped" in found:
        return f"Skipped: {found['skipped']}.\n"
    rows = [(k["kernel"], k["where"], k["elements"], f"{k['cold_us']:.2f}", f"{k['replayed_us']:.2f}",
             f"{k['bytes']:,}", f"{k['gb_per_second']:.0f}", share(k["share_of_peak"]),
             f"{k['gflop_per_second']:.0f}" if "gflop_per_second" in k else "") for k in found["kernels"]]
    peak = f"{found['peak_gb_per_second']:.0f} GB/s" if found["peak_gb_per_second"] else "unknown (the driver tells no clock)"
    head = (f"Memory's peak: {peak}; of the cold times {found['timing_us']:.2f} µs are the timing's own. Cold: the L2 cache "
            "overwritten before. Replayed: one of 50 in a CUDA graph.\n\n")
    return head + table(["kernel", "where", "elements", "cold µs", "replayed µs", "bytes", "GB/s", "of peak",
                         "GFLOP/s (replayed)"], rows)


def pytorch_text(found):
    if "skipped" in found:
        return f"Skipped: {found['skipped']}.\n"
    rows = []
    for r in found["results"]:
        forms = ", ".join(f"{form} {1e3 * ms:.1f}" for form, ms in r["forms_step_ms"].items())
        rows.append((r["model"], r["precision"], f"{1e3 * r['lenet']['median_step_ms']:.1f}", forms,
                     f"{r['times_faster']:.2f} ({r['lowest']:.2f}–{r['highest']:.2f})",
                     "; ".join(f"{form}: {why}" for form, why in r["failed"].items())))
    versions = ", ".join(sorted({r["pytorch"] for r in found["results"]}))
    return f"{versions}; rounds in turn, medians, PyTorch's fastest form counts.\n\n" + table(
        ["model", "precision", "lenet, µs per step", "PyTorch's forms, µs per step", "times faster (lowest–highest)",
         "did not run"], rows)
