"""What the results of a check add up to: its targets and its counts."""
import statistics

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
    """The trainings of each model, recipe and precision; their median accuracy and time."""
    grouped = {}
    for run in sorted(results(report, "recipes"), key=lambda run: run["seed"]):
        grouped.setdefault((run["model"], run["recipe"], run["precision"]), []).append(run)
    return [{"model": model, "recipe": recipe, "precision": precision,
             "accuracies": [run["accuracy"] for run in runs],
             "accuracy": statistics.median(run["accuracy"] for run in runs),
             "seconds": statistics.median(run["train_seconds"] for run in runs)}
            for (model, recipe, precision), runs in grouped.items()]


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


def comparisons(report):
    return [result for result in results(report, "pytorch") if "times_faster" in result]


def times_faster(report, model):
    """In float32 or TF32, deterministic or free, wherever PyTorch does best."""
    if not on_gpu(report):
        return None
    return min((result["times_faster"] for result in comparisons(report)
                if result["model"] == model and result["precision"] in ("fp32", "tf32")), default=None)
