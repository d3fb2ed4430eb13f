#!/usr/bin/env python3
"""What gpu_check.py makes of a GPU's results, with programs that play one."""
import pathlib
import re
import sys
import tempfile

from gpu_check_support import HERE, TOOLS, FakeMachine, check, report_in, run, tests_run

sys.path[:0] = [str(TOOLS / "gpu_check"), str(TOOLS / "bench")]
import gpu_sanitizer
import gpu_tests
from gpu_report import PRECISIONS


def check_order(calls):
    """What a report needs first runs first."""
    first = tests_run(calls)[:3]
    check(first == ["test_cuda_program a few steps in each precision stay finite",
                    "test_layers every kind of layer is right - ReLU", "test_layers the three models are right"], first)
    positions = [next(i for i, call in enumerate(calls) if re.search(pattern, call)) for pattern in
                 ("^test_layers the three", "--tool memcheck", "^lenet_bench", "--autotune", "--way",
                  "^lenet_train --model", "^test_cuda first", "--tool racecheck")]
    check(positions == sorted(positions), positions)


def check_sanitizer(calls, report):
    """initcheck and racecheck look at our kernels alone, but initcheck sees all that a network's kernels write."""
    runs = [call for call in calls if call.startswith("compute-sanitizer") and not "memcheck" in call]
    filtered = [call for call in runs if "--kernel-name kernel_substring=lenet " in call]
    check(len(runs) == 6 and len(filtered) == 5, runs)
    results = report["results"]["sanitizer"]
    network = results["initcheck: steps of a small network"]
    check(network["clean"] and network["summary"] == "ERROR SUMMARY: 1 errors, 0 of them ours", network)
    check("problem" in results["initcheck: every kernel, batch 7"], results)
    ours = "=========\n========= Uninitialized __global__ memory read of size 4 bytes\n=========     at {} in file.cu:3\n"
    host = "=========\n========= Host API memory access error at host access to 0x7f of size 400 bytes\n=========     Uninit"
    check(gpu_sanitizer.our_errors(ours.format("void lenet::kernels::adam<float>(Args)+0x150")) == 1, "ours is not counted")
    check(gpu_sanitizer.our_errors(ours.format("void cudnn::lenet_like<float>()+0x150")) == 0, "cuDNN's is counted")
    check(gpu_sanitizer.our_errors(host) == 1, "a copy to the host is not counted")


def check_names_of_tests():
    """The texts that tell what a test case is worth are in the names of the tests."""
    sources = "".join(path.read_text() for path in HERE.parent.rglob("*_test.cpp"))
    for text, _ in gpu_tests.VALUES:
        check(re.search(rf'TEST_CASE\(\s*"[^"]*{re.escape(text)}', sources), f"no test is named '{text}'")
    kernels = "".join(path.read_text() for path in (HERE.parents[1] / "kernels").glob("*.cu"))
    check(f"namespace {gpu_sanitizer.NAMESPACE}::" in kernels, "the kernels are in another namespace")


def check_quick_flow(machine):
    """What is right is reported so, and what is wrong as well."""
    out = machine.scratch / "gpu"
    done, calls = machine.run("--quick", "--out", out, FAKE_FAIL="test_cuda second")
    check(done.returncode == 1, f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    report = report_in(out)
    check(report["machine"]["nvidia_smi"].startswith("NVIDIA Fake"), report["machine"])
    outcomes = {name: result["outcome"] for name, result in report["results"]["tests"].items()}
    check(outcomes["test_cuda: second"] == "failed" and outcomes["test_cuda: third"] == "skipped", outcomes)
    check(sorted(outcomes.values()).count("passed") == 7, outcomes)
    problems = [line.split("] ")[-1] for line in done.stderr.splitlines()]
    check(len(problems) == 3 and "initcheck of every kernel, batch 7" in "".join(problems), problems)
    for way in ("no CUDA graph", "every switch, no CUDA graph"):
        check(any(problem.endswith(f"bf16, {way}: best.bin has other bits") for problem in problems), problems)
    text = (out / "report.md").read_text()
    check("| 50 | – |" in text and "| 50 | 50 % |" in text and "unknown (the driver reports no memory clock)" in text, text)
    check("| cnn | conv2 | forward | bf16 | cuDNN eng7 | 4,096 | captured; eager; " in text, text)
    check("| cnn | fc1 | weight gradient | fp32 | cuBLASLt algorithm 66 | 0 | captured; " in text, text)
    check("third: cuDNN is too old" in text and "- failed: test_cuda: second: exit code 1: it failed" in text, text)
    check_order(calls)
    check_sanitizer(calls, report)
    refused, _ = machine.run("--device", "9", "--out", out)
    check(refused.returncode == 2, refused)
    check(refused.stderr == "gpu_check: cuda:9 cannot be used: there is only cuda:0, cuda:1\n", refused.stderr)


def check_targets(machine):
    """Of a full check, with one part of it per run."""
    out = machine.scratch / "full"
    for part in ("recipes", "steps"):
        done, _ = machine.run("--parts", part, "--seeds", "1", "--out", out)
        check(done.returncode == 0, done)
    done, calls = machine.run("--parts", "pytorch", "--out", out)
    check(done.returncode == 0, done)
    report = report_in(out)
    targets = {target["what"]: target for target in report["targets"]}
    check(targets.pop("CNN, recipe tutorial: seconds of a whole run")["value"] > 0, targets)  # as fast as this machine is
    unmet = {f"{model}, {precision}: µs per step" for model in ("mlp", "regressor") for precision in PRECISIONS}
    unmet |= {f"{model}, {precision}: times faster than PyTorch" for model in ("mlp", "regressor") for precision in PRECISIONS}
    unmet |= {"cnn, tf32: µs per step", "cnn, bf16: µs per step", "cnn, bf16: times faster than PyTorch"}
    check({what for what, target in targets.items() if not target["met"]} == unmet, targets)
    values = {what: target["value"] for what, target in targets.items()}
    check(abs(values["cnn, tf32: times faster than PyTorch"] - 4) < 1e-9, values)
    check(abs(values["cnn, bf16: times faster than PyTorch"] - 1.25) < 1e-9, values)
    check(abs(values["CNN: per cent that determinism costs"] - 100 * (0.08 / 0.0784 - 1)) < 1e-9, values)
    check(abs(values["cnn, fp32: µs per step"] - 80) < 1e-9, values)  # not 78.4, which is not deterministic
    check_peer(calls, report)
    text = (out / "report.md").read_text()
    check("| --fork-steps | mlp | bf16 | 80.0 | 90.0 | -12.5 % | off |" in text, text)
    check("| --steps-per-launch 20 | cnn | tf32 | 80.0 | 80.8 | -1.0 % | either |" in text, text)
    check("| --histograms-on-device | cnn | fp32 | 12000.0 | 3000.0 | 75.0 % | on |" in text, text)
    check("| --fused head | cnn | fp32 | 80.0 | 88.0 | -10.0 % | off |" in text, text)
    check("| --fused steps | regressor | tf32 | 80.8 | 40.4 | 50.0 % | on |" in text, text)
    check("| --fused steps | cnn |" not in text and "| --fused steps | mlp | bf16 |" not in text, text)
    check("| cnn | tf32 | free | 78.4 | captured, data on device | 320.0 | graph, fused optimizer, channels_last | 4.08 (4.08–4.08) |" in text, text)
    check("| mlp | fp32 | deterministic | 40.4 | fused steps | 320.0 |" in text, text)
    check("| cnn | tutorial | tf32 | every switch | 0.9920 |" in text, text)
    check("- PyTorch's settings for tf32, free: autocast off, cudnn.benchmark False" in text, text)


def check_peer(calls, report):
    """PyTorch runs in each of its forms, the fastest counts, and both sides have the same settings."""
    results = report["results"]["pytorch"]
    compared = [result for result in results.values() if "times_faster" in result]
    kinds = {(r["model"], r["precision"], r["numerics"]) for r in compared}
    check(len(kinds) == len(compared) == 18, kinds)
    cnn = [result for name, result in results.items() if name.startswith("cnn, tf32, free: ")]
    check(len(cnn) == 16 and sum("failed" in result for result in cnn) == 4, cnn)
    check(results["cnn, tf32, free"]["form"] == "graph, fused optimizer, channels_last", results["cnn, tf32, free"])
    check(results["mlp, fp32, deterministic"]["form"] == "graph, fused optimizer", results["mlp, fp32, deterministic"])
    numerics = None  # of PyTorch's short runs, before lenet runs
    for call in calls:
        theirs = re.search(r"--numerics (\w+)", call)
        numerics = theirs[1] if theirs else numerics
        if call.startswith("lenet_bench"):
            check(("--no-deterministic --autotune" in call) == (numerics == "free"), f"{numerics}: {call}")


def check_new_pytorch(machine):
    """Its results are not mixed with those of another version."""
    out = machine.scratch / "versions"
    options = ("--quick", "--parts", "pytorch", "kernels", "--out", out)
    for version, kernels in (("2.0", 1), ("2.1", 0)):
        _, calls = machine.run(*options, FAKE_TORCH=version)
        timed = [call for call in calls if "--numerics" in call]
        check(len(timed) == 2 * 9 + 2 * 9, f"{version}: {len(timed)} runs of PyTorch")
        check(sum("kernel_bench" in call for call in calls) == kernels, f"{version}: {calls}")


def check_bench_compare(machine):
    """The comparison by itself: its table names PyTorch's fastest form."""
    command = [sys.executable, TOOLS / "bench/bench_compare.py", "--device", "cuda", "--data", "/folder", "--rounds", "1",
               "--bench", machine.build / "bin/lenet_bench", "--models", "regressor"]
    environment = {**machine.environment, "CUDA_VISIBLE_DEVICES": "1"}
    done = run(*command, "--python", machine.python, environment=environment)
    row = "| regressor | 50 | fp32 | deterministic | 0.0800 | 0.3200 | graph, fused optimizer | 4.00 (4.00–4.00) |"
    check(done.returncode == 0 and row in done.stdout, done)
    check("regressor: compile, fused optimizer: did not run: no compiler\n" in done.stderr, done.stderr)
    done = run(*command, "--python", "/no/python", environment=environment)
    check(done.returncode == 1 and done.stderr.endswith("bench_compare: regressor: PyTorch ran in none of its forms\n"), done)
    check("/no/python cannot be run" in done.stderr and "Traceback" not in done.stderr, done)


def main():
    with tempfile.TemporaryDirectory() as folder:
        machine = FakeMachine(pathlib.Path(folder))
        check_names_of_tests()
        check_quick_flow(machine)
        check_targets(machine)
        check_new_pytorch(machine)
        check_bench_compare(machine)


if __name__ == "__main__":
    main()
