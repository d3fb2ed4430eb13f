"""The three networks, their optimizers and their batches in PyTorch, for bench_pytorch.py."""
import gzip
import os

import numpy
import torch
from torch import nn

BATCH = {"cnn": 50, "mlp": 50, "regressor": 100}  # the recipes'


def read_idx(folder, name, header):
    path = os.path.join(folder, name)
    opener = open if os.path.exists(path) else lambda p, mode: gzip.open(p + ".gz", mode)
    with opener(path, "rb") as file:
        return torch.from_numpy(numpy.frombuffer(file.read(), dtype=numpy.uint8, offset=header).copy())


def read_images(folder, split, device):
    return read_idx(folder, split + "-images-idx3-ubyte", 16).view(-1, 1, 28, 28).to(device)


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


def make_network(name, device, layout):
    if name == "cnn":
        formats = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
        return Cnn().to(device, memory_format=formats[layout])
    if name == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10)).to(device)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).to(device)


def make_optimizer(name, network, implementation, captured):
    """The recipe's optimizer in one of PyTorch's implementations: "default" is PyTorch's own choice."""
    settings = {} if implementation == "default" else {implementation: True}
    if name == "regressor":
        return torch.optim.SGD(network.parameters(), 0.5, **settings)
    if captured:
        settings["capturable"] = True  # Adam's step counts are then on the device, where a CUDA graph can change them
    return torch.optim.Adam(network.parameters(), 1e-4, **settings)


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
    """Shuffled batches; the count is on the device, so that a CUDA graph can hold it."""

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
