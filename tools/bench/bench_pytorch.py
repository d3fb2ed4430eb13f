#!/usr/bin/env python3
"""Times PyTorch on the three networks, with the fields that `lenet_bench --json` has.

Usage: bench_pytorch.py --model cnn|mlp|regressor --data DIR [--device cpu|cuda --precision fp32|tf32|bf16 --form …]
Each step fetches a shuffled batch of uint8 images, turns them into floats and trains on them, as lenet_train does.
On a GPU the data lie in its memory, Adam is fused, and three forms can be timed:
  eager    each operation as it comes
  graph    the whole step, fetching included, is one CUDA graph
  compile  the same, its forward and backward pass made by torch.compile
"""
import argparse
import contextlib
import gzip
import json
import os
import resource
import statistics
import time

import numpy
import torch
from torch import nn

INFERENCE_BATCH = 1000


def read_idx(folder, name, header):
    path = os.path.join(folder, name)
    opener = open if os.path.exists(path) else lambda p, mode: gzip.open(p + ".gz", mode)
    with opener(path, "rb") as file:
        return torch.from_numpy(numpy.frombuffer(file.read(), dtype=numpy.uint8, offset=header).copy())


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.fc1 = nn.Linear(3136, 1024)
        self.fc2 = nn.Linear(1024, 10)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc2(self.dropout(torch.relu(self.fc1(x.flatten(1)))))


def adam(model, device):
    fast = {"fused": True, "capturable": True} if device == "cuda" else {"foreach": True}
    return torch.optim.Adam(model.parameters(), 1e-4, **fast)


def make(name, device):
    """The model, its optimizer and its recipe's batch size."""
    if name == "cnn":
        model = Cnn().to(device, memory_format=torch.channels_last)
        return model, adam(model, device), 50
    if name == "mlp":
        model = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10)).to(device)
        return model, adam(model, device), 50
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).to(device)
    return model, torch.optim.SGD(model.parameters(), 0.5), 100


class HostBatches:
    """Shuffled batches; the host counts."""

    def __init__(self, images, labels, batch):
        self.images, self.labels, self.batch = images, labels, batch
        self.order = torch.randperm(len(images), device=images.device)
        self.step = 0

    def next(self):
        first = (self.step * self.batch) % (len(self.images) - self.batch)
        self.step += 1
        chosen = self.order[first:first + self.batch]
        return self.images[chosen], self.labels[chosen]


class DeviceBatches:
    """The same with the count on the device, so that a CUDA graph can hold it."""

    def __init__(self, images, labels, batch):
        self.images, self.labels = images, labels
        self.order = torch.randperm(len(images), device=images.device)
        self.offsets = torch.arange(batch, device=images.device)
        self.first = torch.zeros((), dtype=torch.long, device=images.device)
        self.end = len(images) // batch * batch

    def next(self):
        chosen = self.order.index_select(0, self.first + self.offsets)
        self.first.add_(len(self.offsets)).remainder_(self.end)
        return self.images.index_select(0, chosen), self.labels.index_select(0, chosen)


def arithmetic(options):
    """The context in which forward passes run."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.precision != "fp32"
    torch.backends.cudnn.benchmark = True
    if options.precision == "bf16":
        return lambda: torch.autocast(options.device, dtype=torch.bfloat16, cache_enabled=False)
    return contextlib.nullcontext


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


def make_step(options, model, optimizer, batches):
    context = arithmetic(options)

    def loss_of(images, labels):
        with context():
            return nn.functional.cross_entropy(model(images.float().div(255)), labels)

    loss = torch.compile(loss_of) if options.form == "compile" else loss_of

    def forget_gradients():
        optimizer.zero_grad(set_to_none=True)

    def update():
        loss(*batches.next()).backward()
        optimizer.step()

    def eager():
        forget_gradients()
        update()

    return eager if options.form == "eager" else captured(update, forget_gradients)


def wait(options):
    if options.device == "cuda":
        torch.cuda.synchronize()


def time_steps(options, step):
    """Seconds per step of each group of steps between two waits for the device."""
    for _ in range(options.warmup):
        step()
    seconds = []
    for _ in range(0, options.steps, options.wait_every):
        wait(options)
        start = time.perf_counter()
        for _ in range(options.wait_every):
            step()
        wait(options)
        seconds.append((time.perf_counter() - start) / options.wait_every)
    return seconds


def time_inference(options, model, images):
    model.eval()
    context = arithmetic(options)
    runs = []
    with torch.inference_mode():
        for _ in range(4):
            wait(options)
            start = time.perf_counter()
            for part in images.split(INFERENCE_BATCH):
                with context():
                    model(part.float().div_(255)).argmax(1)
            wait(options)
            runs.append(time.perf_counter() - start)
    return len(images) / statistics.median(runs[1:])


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=["regressor", "mlp", "cnn"], default="cnn")
    parser.add_argument("--data", required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
    parser.add_argument("--form", choices=["eager", "graph", "compile"], default="eager")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--warmup", type=int, default=30)
    parser.add_argument("--wait-every", type=int, help="steps between waits for the device (cpu 1, cuda 50)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    if options.device == "cpu" and (options.form != "eager" or options.precision != "fp32"):
        parser.error("on the CPU, eager float32 alone is timed")
    options.wait_every = min(options.steps, options.wait_every or (50 if options.device == "cuda" else 1))
    return options


def main():
    options = read_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)

    def images_of(split):
        return read_idx(options.data, split + "-images-idx3-ubyte", 16).view(-1, 1, 28, 28).to(options.device)

    images = images_of("train")[5000:]
    labels = read_idx(options.data, "train-labels-idx1-ubyte", 8)[5000:].long().to(options.device)
    model, optimizer, batch = make(options.model, options.device)
    batches = (HostBatches if options.form == "eager" else DeviceBatches)(images, labels, batch)
    seconds = time_steps(options, make_step(options, model, optimizer, batches))
    inference = time_inference(options, model, images_of("t10k"))

    deciles = statistics.quantiles(seconds, n=10) if len(seconds) > 1 else [seconds[0]] * 9
    median = statistics.median(seconds)
    figures = {
        "program": "PyTorch " + torch.__version__,
        "model": options.model,
        "batch": batch,
        "precision": options.precision,
        "form": options.form,
        "steps": len(seconds) * options.wait_every,
        "wait_every": options.wait_every,
        "median_step_ms": median * 1e3,
        "p10_step_ms": deciles[0] * 1e3,
        "p90_step_ms": deciles[-1] * 1e3,
        "training_images_per_second": batch / median,
        "inference_images_per_second": inference,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if options.device == "cuda":
        figures["device"] = torch.cuda.get_device_name()
        figures["device_memory_mib"] = torch.cuda.max_memory_reserved() / 2**20
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
