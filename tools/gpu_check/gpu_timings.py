"""Timings: steps of every model, precision and form, each kernel alone, and PyTorch next to ours."""
import dataclasses
import itertools
import json

import bench_compare
from gpu_cases import Case, Value
from gpu_trainings import ALL_SWITCHES, MODELS, failure

FORMS = {"captured": [], "eager": ["--no-cuda-graph"], "captured, forked": ["--fork-steps"],
         "captured, data on device": ["--data-on-device"],
         "captured, data on device, 20 steps per launch": ["--data-on-device", "--steps-per-launch", "20"],
         "captured, histograms on device": ["--histograms-on-device"],
         "captured, fused head": ["--fused", "head"], "captured, every switch": ALL_SWITCHES["cnn"],
         "fused steps": ALL_SWITCHES["mlp"],
         "captured, not deterministic": ["--no-deterministic"],
         "captured, autotuned": ["--autotune"], "captured, not deterministic, autotuned": ["--no-deterministic", "--autotune"]}


# Of steps that take microseconds: the wait at the end of a sample must not count.
MANY_STEPS = ["--steps", "50000", "--sync-every", "1000"]


def is_taken(model, precision, form):
    """Fused steps are for networks without convolutions, in float32; the other switches go together for the CNN alone."""
    return {"fused steps": model != "cnn" and precision != "bf16", "captured, every switch": model == "cnn"}.get(form, True)


def run_step(check, model, precision, form):
    if check.options.quick:
        steps = ["--steps", str(check.options.quick_steps)]
    else:
        steps = MANY_STEPS if check.on_gpu and model != "cnn" else ["--steps", "3000"]
    command = [check.program("lenet_bench"), "--json", "--model", model, "--precision", precision, *steps,
               "--device", check.device, *(FORMS[form] if check.on_gpu else []), *check.data()]
    done = check.run(f"bench-{model}-{precision}-{form}", command)
    if done.returncode != 0:
        return failure(f"timing {model}, {precision}, {form}", done)
    return {**json.loads(done.stdout), "form": form}


def step_cases(check):
    forms = FORMS if check.on_gpu else ["eager"]
    default = next(iter(forms))
    return [Case("steps", f"{model}, {precision}, {form}", Value.TIMES if form == default else Value.SWITCHES,
                 lambda run=(model, precision, form): run_step(check, *run))
            for model, precision, form in itertools.product(MODELS, check.precisions(), forms)
            if is_taken(model, precision, form)]


def run_kernels(check):
    repeats = "20" if check.options.quick else "200"
    command = [check.program("kernel_bench"), "--json", "--repeats", repeats, "--device", check.device]
    done = check.run("kernel_bench", command)
    return failure("kernel_bench", done) if done.returncode != 0 else json.loads(done.stdout)


def kernel_cases(check):
    if not check.on_gpu:
        return check.skip("kernels", "needs a GPU")
    return [Case("kernels", "every kernel", Value.TIMES, lambda: run_kernels(check))]


def peer_settings(check, precision, numerics):
    """Both programs get "cuda": the one GPU that is visible."""
    quick = check.options.quick
    return bench_compare.Settings(
        data=check.data_folder, bench=check.program("lenet_bench"), python=check.python,
        device="cuda" if check.on_gpu else "cpu", precision=precision, numerics=numerics, rounds=1 if quick else 3,
        steps=check.options.quick_steps if quick else None)


def run_form(check, model, form, settings):
    """A form that does not run is no problem of ours: others do, or the comparison says that there is none."""
    about = {"model": model, "precision": settings.precision, "numerics": settings.numerics, "form": str(form)}
    try:
        return {**about, "step_ms": bench_compare.qualify(model, form, settings, check.runner(f"pytorch-{model}"))}
    except (RuntimeError, KeyError) as error:
        return {**about, "failed": str(error)}


def fastest_form(check, model, precision):
    """Of those of lenet that have their data on the device, as PyTorch has, and are deterministic; that of
    bench_compare.py if none was timed."""
    times = {run["form"]: run["median_step_ms"] for run in check.results("steps").values() if "problem" not in run
             and (run["model"], run["precision"], run["deterministic"]) == (model, precision, True)
             and "--data-on-device" in FORMS.get(run["form"], [])}
    return min(times, key=times.get, default=None)


def run_comparison(check, model, settings, forms):
    """PyTorch's fastest forms by their short runs, and lenet's fastest, in turn."""
    ours = fastest_form(check, model, settings.precision)
    if ours:
        settings = dataclasses.replace(settings, ours=FORMS[ours])
    short = {form: check.results("pytorch").get(form_case_name(model, form, settings), {}) for form in forms}
    times = {form: result["step_ms"] for form, result in short.items() if "step_ms" in result}
    try:
        compared = bench_compare.compare(model, times, settings, check.runner(f"compare-{model}"))
        return {**compared, "our_form": ours or "captured, data on device"}
    except (RuntimeError, KeyError) as error:
        return {"problem": f"next to PyTorch, {comparison_name(model, settings)}: {error}"}


def comparison_name(model, settings):
    return f"{model}, {settings.precision}, {settings.numerics}"


def form_case_name(model, form, settings):
    return f"{comparison_name(model, settings)}: {form}"


def comparison_cases(check, model, precision, numerics):
    settings = peer_settings(check, precision, numerics)
    forms = bench_compare.forms(model, settings.device)
    if check.options.quick:  # starting PyTorch takes longer than its steps
        forms = [form for form in forms if form.way in ("eager", "graph") and form.optimizer == "fused"
                 and form.layout in ("", "channels_last")]
    first = numerics == "deterministic" and precision != "bf16"
    value = Value.PEER if first else Value.OTHER_PEERS
    for form in forms:
        yield Case("pytorch", form_case_name(model, form, settings), value,
                   lambda form=form: run_form(check, model, form, settings))
    yield Case("pytorch", comparison_name(model, settings), value, lambda: run_comparison(check, model, settings, forms))


def pytorch_cases(check):
    test = "import torch" + ("; assert torch.cuda.is_available()" if check.on_gpu else "") + "; print(torch.__version__)"
    tried = check.run("pytorch", [check.python, "-c", test])
    if tried.returncode != 0:
        if check.options.python:  # asked for
            check.problem("pytorch", failure(f"--python {check.python}", tried)["problem"])
        return check.skip("pytorch", f"{check.python} has no PyTorch" + (" that sees a GPU" if check.on_gpu else ""))
    check.note("pytorch", "")
    check.record.of_version("pytorch", tried.stdout.strip())
    kinds = ["deterministic", "free"] if check.on_gpu and not check.options.quick else ["deterministic"]
    return [case for model, numerics, precision in itertools.product(MODELS, kinds, check.precisions())
            for case in comparison_cases(check, model, precision, numerics)]
