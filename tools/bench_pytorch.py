#!/usr/bin/env python3
"""Times PyTorch (eager) on the three networks, with the fields that `lenet_bench --json` has.

Usage: bench_pytorch.py --model cnn|mlp|regressor --data DIR [--steps N --warmup N --threads N]
Each step fetches a shuffled batch of uint8 images, turns them into floats and trains on them, as lenet_train does.
"""
import argparse
import gzip
import json
import os
import resource
import statistics
import time

import numpy
import torch
from torch import nn


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


def make(name):
    """The model, its optimizer and its recipe's batch size."""
    if name == "cnn":
        model = Cnn().to(memory_format=torch.channels_last)
        return model, torch.optim.Adam(model.parameters(), 1e-4, foreach=True), 50
    if name == "mlp":
        model = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
        return model, torch.optim.Adam(model.parameters(), 1e-4, foreach=True), 50
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    return model, torch.optim.SGD(model.parameters(), 0.5), 100


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=["regressor", "mlp", "cnn"], default="cnn")
    parser.add_argument("--data", required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--warmup", type=int, default=30)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)

    images = read_idx(options.data, "train-images-idx3-ubyte", 16).view(-1, 1, 28, 28)[5000:]
    labels = read_idx(options.data, "train-labels-idx1-ubyte", 8)[5000:].long()
    test_images = read_idx(options.data, "t10k-images-idx3-ubyte", 16).view(-1, 1, 28, 28)
    model, optimizer, batch = make(options.model)

    seconds = []
    order = torch.randperm(len(images))
    last = time.perf_counter()
    for step in range(options.warmup + options.steps):
        chosen = order[(step * batch) % (len(images) - batch):][:batch]
        pixels = images[chosen].float().div_(255)
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(pixels), labels[chosen]).backward()
        optimizer.step()
        now = time.perf_counter()
        if step >= options.warmup:
            seconds.append(now - last)
        last = now

    model.eval()
    with torch.inference_mode():
        runs = []
        for _ in range(4):
            start = time.perf_counter()
            for part in test_images.split(1000):
                model(part.float().div_(255)).argmax(1)
            runs.append(time.perf_counter() - start)
    deciles = statistics.quantiles(seconds, n=10)
    median = statistics.median(seconds)
    print(json.dumps({
        "program": "PyTorch " + torch.__version__,
        "model": options.model,
        "batch": batch,
        "steps": len(seconds),
        "median_step_ms": median * 1e3,
        "p10_step_ms": deciles[0] * 1e3,
        "p90_step_ms": deciles[-1] * 1e3,
        "training_images_per_second": batch / median,
        "inference_images_per_second": len(test_images) / statistics.median(runs[1:]),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }, indent=2))


if __name__ == "__main__":
    main()
