"""What the results of a check add up to: its targets and its counts."""
import statistics

PRECISIONS = ["fp32", "tf32", "bf16"]
STEP_GOALS = {  # microseconds per step, by model and precision
    "cnn": {"fp32": 150, "tf32": 60, "bf16": 60},
    "mlp": {precision: 5 for precision in PRECISIONS},
    "regressor": {precision: 2.5 for precision in PRECISIONS},
}
PEER_GOALS = {"cnn": 3, "mlp": 8, "regressor": 10}  # times faster than PyTorch, at each precision

# Settings that are off until they are measured: the forms without and with each. What each is measured by is the time
# of a step, or of the histograms of an evaluation.
SWITCHES = [("--fork-steps", "captured", "captured, forked"),
            ("--steps-per-launch 20", "captured, data on device", "captured, data on device, 20 steps per launch"),
            ("--fused head", "captured", "captured, fused head"),
            ("--fused steps", "captured, data on device, 20 steps per launch", "fused steps"),
            ("--histograms-on-device", "captured", "captured, histograms on device")]
MEASURES = {"--histograms-on-device": "histograms_ms"}
WORTHWHILE = 0.02  # of a step's time: less may be noise


def measured_targets(report):
    """Each target: what, the goal, and the figure or None."""
    yield "CNN, recipe tutorial: test accuracy", "≥ 0.9915", accuracy(report, "tutorial")
    yield "CNN, recipe keras: test accuracy", "≥ 0.9910", accuracy(report, "keras")
    for model, goals in STEP_GOALS.items():
        for precision, goal in goals.items():
            yield f"{model}, {precision}: µs per step", f"≤ {goal}", step_microseconds(report, model, precision)
    for model, goal in PEER_GOALS.items():
        for precision in PRECISIONS:
            yield f"{model}, {precision}: times faster than PyTorch", f"≥ {goal}", times_faster(report, model, precision)
    yield "CNN: seconds to the first step and capture", "< 2", ready_seconds(report)
    yield "CNN, recipe tutorial: seconds of a whole run", "≤ 2", tutorial_seconds(report)
    yield "CNN: per cent that determinism costs", "< 5", determinism_percent(report)


def targets(report):
    """Each target with the figure that was measured, or None, and whether it is met."""
    return [{"what": what, "goal": goal, "value": value, "met": None if value is None else meets(value, goal)}
            for what, goal, value in measured_targets(report)]


def meets(value, goal):
    sign, number = goal.split()
    bound = float(number)
    return {"≥": value >= bound, "≤": value <= bound, "<": value < bound}[sign]


def results(report, part):
    """Those without a problem."""
    return [result for result in report["results"].get(part, {}).values() if not result.get("problem")]


def count(report, outcome):
    """Test cases that "passed", "failed" or were "skipped"."""
    return sum(result.get("outcome") == outcome for result in report["results"].get("tests", {}).values())


def tests_summary(report):
    return ", ".join(f"{count(report, outcome)} tests {outcome}" for outcome in ("passed", "failed", "skipped"))


def left_out(report):
    return sum(map(len, report["left_out"].values()))


def on_gpu(report):
    return bool(report["machine"]["nvidia_smi"]) or "compute capability" in report["machine"]["device"]


def is_mnist(report):
    return bool(report["data"]) and report["data"]["kind"] == "MNIST"


def recipes(report):
    """The trainings of each model, recipe, precision and form; their median accuracy and time."""
    grouped = {}
    for run in sorted(results(report, "recipes"), key=lambda run: run["seed"]):
        grouped.setdefault((run["model"], run["recipe"], run["precision"], run["form"]), []).append(run)
    return [{"model": model, "recipe": recipe, "precision": precision, "form": form,
             "accuracies": [run["accuracy"] for run in runs],
             "accuracy": statistics.median(run["accuracy"] for run in runs),
             "seconds": statistics.median(run["train_seconds"] for run in runs)}
            for (model, recipe, precision, form), runs in grouped.items()]


def accuracy(report, recipe):
    """Of the precision that is worst: one that loses accuracy is no way to be fast."""
    if report["machine"]["quick"] or not is_mnist(report):
        return None
    return min((run["accuracy"] for run in recipes(report)
                if run["model"] == "cnn" and run["recipe"] == recipe and run["precision"] in ("fp32", "tf32")), default=None)


def cnn_steps(report):
    if not on_gpu(report):
        return []
    return [run for run in results(report, "steps")
            if run["model"] == "cnn" and run["precision"] in ("fp32", "tf32") and run["form"].startswith("captured")]


def step_microseconds(report, model, precision):
    """Of the fastest deterministic form."""
    if not on_gpu(report):
        return None
    return min((1e3 * run["median_step_ms"] for run in results(report, "steps") if run["deterministic"]
                and (run["model"], run["precision"]) == (model, precision)), default=None)


def tutorial_seconds(report):
    """Of the fastest precision whose accuracy counts, from the program's start to its end."""
    if report["machine"]["quick"] or not on_gpu(report):
        return None
    return min((run["seconds"] for run in recipes(report) if (run["model"], run["recipe"]) == ("cnn", "tutorial")
                and run["precision"] in ("fp32", "tf32")), default=None)


def determinism_percent(report):
    """At the precision at which it costs most."""
    times = {(run["precision"], run["form"]): run["median_step_ms"] for run in cnn_steps(report)}
    costs = [100 * (times[precision, "captured"] / times[precision, form] - 1) for precision, form in times
             if form == "captured, not deterministic" and (precision, "captured") in times]
    return max(costs, default=None)


def switches(report):
    """What each switch saves of a step, or of what else it is for, and the setting that pays."""
    runs = {(run["model"], run["precision"], run["form"]): run for run in results(report, "steps")}
    found = []
    for switch, off, on in SWITCHES:
        measure = MEASURES.get(switch, "median_step_ms")
        for (model, precision, form), run in runs.items():
            if form != off or (model, precision, on) not in runs:
                continue
            before, after = run[measure], runs[model, precision, on][measure]
            saved = 1 - after / before
            pays = "on" if saved > WORTHWHILE else "off" if saved < -WORTHWHILE else "either"
            found.append({"switch": switch, "model": model, "precision": precision, "off_ms": before, "on_ms": after,
                          "saved": saved, "pays": pays})
    return found


def ready_seconds(report):
    return max((run["ready_seconds"] for run in cnn_steps(report) if "autotuned" not in run["form"]), default=None)


def comparisons(report):
    return [result for result in results(report, "pytorch") if "times_faster" in result]


def times_faster(report, model, precision):
    """Where PyTorch does best: deterministic next to deterministic, or free next to free."""
    if not on_gpu(report):
        return None
    return min((result["times_faster"] for result in comparisons(report)
                if (result["model"], result["precision"]) == (model, precision)), default=None)
