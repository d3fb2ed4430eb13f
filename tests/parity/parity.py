#!/usr/bin/env python3
"""Trains each model in PyTorch on the batches, weights and dropout masks that parity_dump wrote, and compares.

parity.py <parity_dump> <folder for its files>
"""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from interpreter import run_with

CASES = [("regressor", 0.0), ("mlp", 0.0), ("cnn", 0.0), ("cnn", 0.5)]

# How much farther from the exact run (PyTorch's in float64) than PyTorch's own float32 runs we may be. What
# float32 rounding does to a run has no fixed figure: a gradient smaller than its own error moves Adam by a whole
# step in either direction, and a ReLU's input or a pooling window nearer to its kink than that takes the other
# side. Such events come or not with the order of summation, so PyTorch runs in three orders (VARIANTS) and the
# farthest counts; another implementation may meet a few more. Parameters move by hundreds to
# 100,000 times more, and a wrong formula shows in the leading digits of how they move.
ROUNDING_FACTOR = 10
UNIT_ROUNDOFF = 2.0**-24
VARIANTS = ["as it is", "batches reversed", "without oneDNN"]


def build(model):
    from torch import nn

    class Regressor(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(784, 10)

        def forward(self, x, mask=None):
            return self.fc(x.flatten(1))

    class Mlp(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(784, 512)
            self.fc2 = nn.Linear(512, 10)

        def forward(self, x, mask=None):
            return self.fc2(self.fc1(x.flatten(1)).relu())

    class Cnn(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 32, 5, padding="same")
            self.conv2 = nn.Conv2d(32, 64, 5, padding="same")
            self.fc1 = nn.Linear(3136, 1024)
            self.fc2 = nn.Linear(1024, 10)

        def forward(self, x, mask=None):
            pool = nn.MaxPool2d(2)
            x = pool(self.conv1(x).relu())
            x = pool(self.conv2(x).relu())
            x = self.fc1(x.flatten(1)).relu()
            return self.fc2(x if mask is None else x * mask)

    return {"regressor": Regressor, "mlp": Mlp, "cnn": Cnn}[model]()


def train(model, folder, dtype, variant=VARIANTS[0]):
    """Returns the logits before and after training and all parameters after it, by name, in float64."""
    import numpy as np
    import torch
    from safetensors.torch import load_file

    def load(name):
        return np.load(folder / f"{name}.npy")

    network = build(model)
    network.load_state_dict(load_file(folder / "initial.bin"))
    network.to(dtype)
    numbers = load("optimizer").tolist()
    if len(numbers) == 1:
        optimizer = torch.optim.SGD(network.parameters(), lr=numbers[0])
    else:
        rate, beta1, beta2, epsilon = numbers
        optimizer = torch.optim.Adam(network.parameters(), lr=rate, betas=(beta1, beta2), eps=epsilon)
    order = slice(None, None, -1 if variant == "batches reversed" else 1)
    torch.backends.mkldnn.set_flags(variant != "without oneDNN")

    unseen = torch.from_numpy(load("unseen")).to(dtype) / 255
    values = {}
    with torch.no_grad():
        values["initial logits"] = network(unseen)
    for pixels, labels, mask in zip(load("pixels"), load("labels"), load("masks")):
        pixels, labels, mask = (torch.from_numpy(array[order].copy()) for array in (pixels, labels, mask))
        optimizer.zero_grad()
        logits = network(pixels.to(dtype) / 255, mask.to(dtype) if mask.numel() else None)
        torch.nn.functional.cross_entropy(logits, labels.long()).backward()
        optimizer.step()
    with torch.no_grad():
        values["final logits"] = network(unseen)
    values.update(network.state_dict())
    return {name: value.detach().double() for name, value in values.items()}


def rms(values):
    return values.double().square().mean().sqrt().item()


def compare(model, folder):
    """Prints a line a tensor; returns how many do not agree."""
    import numpy as np
    import torch
    from safetensors.torch import load_file

    initial = load_file(folder / "initial.bin")
    ours = load_file(folder / "final.bin")
    for name in ["initial logits", "final logits"]:
        ours[name] = torch.from_numpy(np.load(folder / f"{name.replace(' ', '_')}.npy"))
    exact = train(model, folder, torch.float64)
    singles = [train(model, folder, torch.float32, variant) for variant in VARIANTS]
    if ours.keys() != exact.keys():
        raise SystemExit(f"final.bin holds {sorted(ours)}, PyTorch's model {sorted(exact)}")
    failures = 0
    for name in exact:
        distance = rms(ours[name].double() - exact[name])
        theirs = max(rms(single[name] - exact[name]) for single in singles)
        # The last bit of each value may round at least: PyTorch can happen to be exact.
        allowed = ROUNDING_FACTOR * theirs + UNIT_ROUNDOFF * rms(exact[name])
        # What is compared must have moved by far more than it is allowed to differ.
        moved = rms(exact[name] - initial[name].double()) if name in initial else rms(exact[name])
        good = distance <= allowed and 10 * allowed <= moved  # both false for NaN
        failures += not good
        print(
            f"  {name:<15} moved {moved:8.2e}  distance {distance:8.2e}  allowed {allowed:8.2e}"
            f"  PyTorch float32 {theirs:8.2e}  {'ok' if good else 'FAILED'}"
        )
    return failures


def main():
    program, out = sys.argv[1], pathlib.Path(sys.argv[2])
    devices = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.split()
    failures = 0
    for device in devices:
        for model, dropout in CASES:
            folder = out / f"{device.replace(':', '')}-{model}-{dropout}"
            subprocess.run([program, model, str(dropout), device, folder], check=True)
            print(f"{model}, dropout {dropout}, on {device}: 20 steps, RMS distances to PyTorch in float64")
            failures += compare(model, folder)
    return 1 if failures else 0


if __name__ == "__main__":
    # One thread: OpenMP's and the BLAS' own threads would wait for each other, and for other tests.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    sys.exit(run_with("numpy, torch, safetensors.torch", main))
