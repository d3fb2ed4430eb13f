#!/usr/bin/env python3
"""Times PyTorch on the three networks, with the fields of `lenet_bench --json`.

Usage: bench_pytorch.py --model cnn|mlp|regressor --data DIR [--device cpu|cuda
         --precision fp32|tf32|bf16 --numerics deterministic|free --way …
         --optimizer default|foreach|fused --layout channels_last|contiguous]
Each step fetches a shuffled batch of uint8 images, turns them into floats and
trains on them, as lenet_train does. On a GPU the data are in its memory.
--way is one of
  eager            each operation as it comes
  compile          forward and backward pass by torch.compile; on a GPU the whole
                   step, fetching included, is then one CUDA graph
  graph            on a GPU: the whole step is one CUDA graph, without compiling
  reduce-overhead  on a GPU: torch.compile with its own CUDA graphs
--numerics deterministic asks for deterministic algorithms only; free lets cuDNN
time its algorithms and take the fastest, whatever the order of its sums.
"""
import argparse
import contextlib
import json
import os
import resource
import statistics
import sys
import time
import warnings

# cuBLAS reads it when it starts; without it, PyTorch calls its products nondeterministic.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
try:
    import torch
    from torch import nn
    from pytorch_networks import BATCH, DeviceBatches, HostBatches, make_network, make_optimizer, read_idx, read_images
except ImportError as error:
    sys.exit(f"bench_pytorch: {sys.executable} lacks a module: {error}: name a python3 that has PyTorch and numpy")

INFERENCE_BATCH = 1000
CAPTURED = ("graph", "compile")  # on a GPU the whole step is then one CUDA graph


def set_numerics(options):
    """Sets PyTorch's switches; the context in which forward passes run."""
    deterministic = options.numerics == "deterministic"
    if deterministic:
        torch.use_deterministic_algorithms(True, warn_only=True)  # some operations have no other algorithm
        with contextlib.suppress(AttributeError):  # PyTorch 2: filling new memory serves debugging alone
            torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cudnn.benchmark = not deterministic
    torch.set_float32_matmul_precision("highest" if options.precision == "fp32" else "high")
    torch.backends.cudnn.allow_tf32 = options.precision != "fp32"
    if options.precision == "bf16":
        return lambda: torch.autocast(options.device, dtype=torch.bfloat16, cache_enabled=False)
    return contextlib.nullcontext


def settings(options, warned):
    """PyTorch's switches as it has them."""
    return {
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "cudnn.allow_tf32": torch.backends.cudnn.allow_tf32,
        "autocast": "bfloat16" if options.precision == "bf16" else "off",
        "use_deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "cudnn.deterministic": torch.backends.cudnn.deterministic,
        "cudnn.benchmark": torch.backends.cudnn.benchmark,
        "not deterministic all the same": sorted({str(found.message).split(" ")[0] for found in warned
                                                  if "deterministic" in str(found.message)}),
    }


def captured(step, forget_gradients):
    """The step as one CUDA graph. Its gradients are its own: it writes them and never adds to them."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(5):
            forget_gradients()
            step()
    torch.cuda.current_stream().wait_stream(side)
    forget_gradients()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def compiled(options, function):
    """The function as the form has it."""
    if options.way == "compile":
        return torch.compile(function)
    return torch.compile(function, mode="reduce-overhead") if options.way == "reduce-overhead" else function


def make_step(options, context, network, optimizer, batches):
    def loss_of(images, labels):
        with context():
            return nn.functional.cross_entropy(network(images.float().div(255)), labels)

    loss = compiled(options, loss_of)

    def forget_gradients():
        optimizer.zero_grad(set_to_none=True)

    def update():
        loss(*batches.next()).backward()
        optimizer.step()

    def eager():
        forget_gradients()
        update()

    return captured(update, forget_gradients) if options.captured else eager


def synchronize(options):
    if options.device == "cuda":
        torch.cuda.synchronize()


def time_steps(options, step):
    """Seconds per step of each group of steps between two synchronizations with the device."""
    for _ in range(options.warmup):
        step()
    seconds = []
    for _ in range(0, options.steps, options.sync_every):
        synchronize(options)
        start = time.perf_counter()
        for _ in range(options.sync_every):
            step()
        synchronize(options)
        seconds.append((time.perf_counter() - start) / options.sync_every)
    return seconds


def time_inference(options, context, network, images):
    network.eval()

    def predictions_of(pixels):
        with context():
            return network(pixels.float().div(255)).argmax(1)

    predict = compiled(options, predictions_of)
    runs = []
    with torch.inference_mode():
        for _ in range(4):
            synchronize(options)
            start = time.perf_counter()
            for part in images.split(INFERENCE_BATCH):
                predict(part)
            synchronize(options)
            runs.append(time.perf_counter() - start)
    return len(images) / statistics.median(runs[1:])


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=["regressor", "mlp", "cnn"], default="cnn")
    parser.add_argument("--data", required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
    parser.add_argument("--numerics", choices=["deterministic", "free"], default="deterministic")
    parser.add_argument("--way", choices=["eager", "compile", "graph", "reduce-overhead"], default="eager")
    parser.add_argument("--optimizer", choices=["default", "foreach", "fused"], default="default")
    parser.add_argument("--layout", choices=["channels_last", "contiguous"], default="channels_last",
                        help="of the CNN's images and weights")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--warmup", type=int, default=30)
    parser.add_argument("--sync-every", type=int, help="steps per synchronization with the device (cpu 1, cuda 50)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    if options.device == "cpu" and (options.way not in ("eager", "compile") or options.precision != "fp32"):
        parser.error("on the CPU, float32 is timed, eager or compiled")
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: this PyTorch sees no GPU")
    options.sync_every = min(options.steps, options.sync_every or (50 if options.device == "cuda" else 1))
    options.captured = options.device == "cuda" and options.way in CAPTURED
    return options


def read_data(options):
    try:
        labels = read_idx(options.data, "train-labels-idx1-ubyte", 8)[5000:].long().to(options.device)
        return read_images(options.data, "train", options.device)[5000:], labels, read_images(options.data, "t10k",
                                                                                           options.device)
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f"bench_pytorch: --data {options.data}: MNIST's four files cannot be read: {error}")


def measure(options):
    """Seconds per step, images per second in inference, and PyTorch's warnings about its first step."""
    images, labels, test_images = read_data(options)
    context = set_numerics(options)
    network = make_network(options.model, options.device, options.layout)
    optimizer = make_optimizer(options.model, network, options.optimizer, options.captured)
    batches = (DeviceBatches if options.captured else HostBatches)(images, labels, BATCH[options.model])
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        step = make_step(options, context, network, optimizer, batches)
        step()
    warnings.simplefilter("ignore")  # each step would give them again, and take time for it
    return time_steps(options, step), time_inference(options, context, network, test_images), warned


def main():
    options = read_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    seconds, inference, warned = measure(options)
    deciles = statistics.quantiles(seconds, n=10) if len(seconds) > 1 else [seconds[0]] * 9
    median = statistics.median(seconds)
    figures = {
        "program": "PyTorch " + torch.__version__,
        "model": options.model,
        "batch": BATCH[options.model],
        "precision": options.precision,
        "numerics": options.numerics,
        "way": options.way,
        "optimizer": options.optimizer,
        "layout": options.layout,
        "settings": settings(options, warned),
        "steps": len(seconds) * options.sync_every,
        "sync_every": options.sync_every,
        "median_step_ms": median * 1e3,
        "p10_step_ms": deciles[0] * 1e3,
        "p90_step_ms": deciles[-1] * 1e3,
        "training_images_per_second": BATCH[options.model] / median,
        "inference_images_per_second": inference,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if options.device == "cuda":
        figures["device"] = torch.cuda.get_device_name()
        figures["device_memory_mib"] = torch.cuda.max_memory_reserved() / 2**20
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
