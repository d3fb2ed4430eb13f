"""Models that were trained for a moment, and the data for it."""

import gzip
import json
import pathlib
import re
import shutil
import subprocess

MODELS = ["regressor", "mlp", "cnn"]
CPU = ["--device", "cpu", "--threads", "1"]
STEPS = 60


class Programs:
    """Runs the programs of a build in a folder of their own, on MNIST."""

    def __init__(self, programs, folder, digits=None):
        """`digits`: how many synthetic test digits to take instead of MNIST; as many as MNIST has where there is none."""
        self.programs, self.folder = programs, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.data = self.draw_digits(digits) if digits else self.find_mnist() or self.draw_digits(10000)

    def find_mnist(self):
        """Returns MNIST's folder, or None if it is not on this machine."""
        command = [self.programs / "lenet_data", "verify"]
        found = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        images = re.search(r"^MNIST +(.*)/t10k-images", found.stdout, re.MULTILINE)
        return pathlib.Path(images.group(1)) if found.returncode == 0 else None

    def draw_digits(self, count):
        self.run("lenet_data", "synthesize", "--out", "digits", "--train", 6000, "--test", count)
        return self.folder / "digits"

    def test_pixels(self):
        """Returns all test images as N×1×28×28: their IDX file has a header of 16 bytes."""
        import numpy as np

        path = self.data / "t10k-images-idx3-ubyte"
        content = path.read_bytes() if path.exists() else gzip.decompress(path.with_suffix(".gz").read_bytes())
        return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 1, 28, 28)

    def run(self, program, *arguments):
        """Returns what a program prints. A failure ends the test."""
        command = [self.programs / program, *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.returncode} {done.stdout}{done.stderr}"
        return done.stdout

    def train(self, model):
        """Trains into runs/<model>-1, as a user does."""
        self.run("lenet_train", "--model", model, "--steps", STEPS, "--data", self.data, "--no-tensorboard", "--quiet", *CPU)

    def evaluate(self, *weights):
        return json.loads(self.run("lenet_eval", *weights, "--data", self.data, "--json", *CPU))
