#!/usr/bin/env python3
"""Trains each model for a few epochs on synthetic digits and reads its event files back through TensorBoard's own server.

tensorboard_test.py <lenet_train> <lenet_data> <folder for its files>; lenet_eval is next to lenet_train
"""

import csv
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from interpreter import forget_settings, run_with

EPOCHS = 3
LAYERS = {"regressor": ["fc"], "mlp": ["fc1", "fc2"], "cnn": ["conv1", "conv2", "fc1", "fc2"]}
WEIGHTS = {"regressor/fc": 7840, "mlp/fc1": 784 * 512, "mlp/fc2": 5120, "cnn/conv1": 800, "cnn/conv2": 51200,
           "cnn/fc1": 3136 * 1024, "cnn/fc2": 10240}
STEPS = [125 * (epoch + 1) for epoch in range(EPOCHS)]  # 500 images in batches of 4
TRAINING = {"evaluation/loss": "loss", "evaluation/accuracy": "accuracy"}
VALIDATION = {"evaluation/loss": "val_loss", "evaluation/accuracy": "val_accuracy"}


def as_float32(text):
    return struct.unpack("f", struct.pack("f", float(text)))[0]


class Server:
    """Serves a folder of runs with TensorBoard, which keeps more samples than there are."""

    def __init__(self, runs):
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(runs), "--port", "0",
                   "--samples_per_plugin", "scalars=1000,images=1000,histograms=1000"]
        self.log = open(runs / "server.log", "w+")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        self.address = None
        eventually(self.find_address)

    def find_address(self):
        self.log.seek(0)
        text = self.log.read()
        found = re.search(r"at (http://\S+/)", text)
        assert found, text
        self.address = found.group(1)

    def read(self, path, body=None, raw=False, **arguments):
        """Requests a path. `raw` says that it already contains its arguments."""
        url = f"{self.address}data/{path}" + ("" if raw else "?" + urllib.parse.urlencode(arguments))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        headers = {"Content-Type": "application/json"}
        return opener.open(urllib.request.Request(url, body and json.dumps(body).encode(), headers), timeout=60).read()

    def json(self, path, body=None, **arguments):
        return json.loads(self.read(path, body, **arguments))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def train(program, folder, model):
    """Trains two epochs, a third in a resumed run, and evaluates the weights; returns the result."""
    command = [program, "--quiet", "--device", "cpu", "--threads", "1"]
    subprocess.run(command + ["--model", model, "--epochs", str(EPOCHS - 1), "--data", str(folder / "digits"),
                              "--validation", "200", "--batch", "4", "--out", str(folder / "runs" / model)],
                   check=True)
    subprocess.run(command + ["--resume", str(folder / "runs" / model), "--epochs", str(EPOCHS)], check=True)
    evaluation = [pathlib.Path(program).with_name("lenet_eval"), folder / "runs" / model, "--data", folder / "digits",
                  "--device", "cpu", "--threads", "1", "--json"]
    return json.loads(subprocess.run(evaluation, check=True, capture_output=True).stdout)


def check_scalars(server, runs, model):
    rows = list(csv.DictReader(open(runs / model / "metrics.csv")))
    assert len(rows) == EPOCHS
    for run, tags in ((f"{model}/train", TRAINING), (f"{model}/validation", VALIDATION)):
        for tag, column in tags.items():
            points = server.json("plugin/scalars/scalars", run=run, tag=tag)
            assert [point[1] for point in points] == STEPS == [int(row["step"]) for row in rows], (run, tag, points)
            assert [point[2] for point in points] == [as_float32(row[column]) for row in rows], (run, tag, points)
    check_batches(server, model, rows)


def check_batches(server, model, rows):
    """Checks that each point is the mean of the steps since the previous one. 500 images in batches of 4 are 125 steps."""
    points = server.json("plugin/scalars/scalars", run=f"{model}/train", tag="steps/loss")
    steps = [point[1] for point in points]
    assert steps == sorted(set(steps)) and {125, 250, 375} <= set(steps) <= {100, 125, 200, 250, 300, 375}, steps
    for epoch, row in enumerate(rows):
        before, total = 125 * epoch, 0
        for _, step, loss in points:
            if 125 * epoch < step <= 125 * (epoch + 1):
                total += loss * (step - before)
                before = step
        # Each point was rounded to float32.
        assert abs(total / 125 - float(row["loss"])) <= 2**-24 * float(row["loss"]), (model, epoch, total / 125)
    speeds = server.json("plugin/scalars/scalars", run=f"{model}/train", tag="steps/images_per_second")
    assert [point[1] for point in speeds] == steps and all(point[2] > 0 for point in speeds), speeds


def check_histograms(server, model):
    tags = server.json("plugin/histograms/tags")[f"{model}/train"]
    expected = {f"weights/{layer}/{kind}{suffix}" for layer in LAYERS[model] for kind in ("weight", "bias")
                for suffix in ("", "_gradient")}
    assert set(tags) == expected, tags
    for tag in tags:
        histograms = server.json("plugin/histograms/histograms", run=f"{model}/train", tag=tag)
        steps = [histogram[1] for histogram in histograms]
        assert set(STEPS[-2:]) <= set(steps) and steps == sorted(set(steps)), (tag, steps)
        _, layer, kind = tag.split("/")
        for _, _, buckets in histograms:
            assert len(buckets) == 30 and all(left < right for left, right, _ in buckets), (tag, buckets)
            if kind.startswith("weight"):
                assert sum(bucket[2] for bucket in buckets) == WEIGHTS[f"{model}/{layer}"], (tag, buckets)


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[-8:-4] == b"IEND", data[:16]
    return struct.unpack(">II", data[16:24])


def check_images(server, model):
    """Checks that each picture is a whole PNG of constant size, and that the last evaluation of each part has one."""
    expected = {f"{model}/train": ["images/filters"], f"{model}/validation": ["images/digits", "images/confusion"]}
    for run, tags in expected.items():
        assert set(server.json("plugin/images/tags")[run]) == set(tags), (run, tags)
        for tag in tags:
            images = server.json("plugin/images/images", run=run, tag=tag, sample=0)
            steps = [image["step"] for image in images]
            assert set(STEPS[-2:]) <= set(steps) and steps == sorted(set(steps)), (tag, steps)
            assert tag != "images/confusion" or steps[0] == STEPS[0], steps
            sizes = {png_size(server.read("plugin/images/individualImage?" + image["query"], raw=True))
                     for image in images}
            assert len(sizes) == 1 and min(sizes.pop()) >= 50, (tag, sizes)


def check_hparams(server, runs, tests):
    experiment = server.json("plugin/hparams/experiment", {"experimentName": ""})
    metrics = {info["name"]["tag"] for info in experiment["metricInfos"]}
    assert metrics == {"result/best_val_loss", "result/best_val_accuracy", "result/test_accuracy"}, experiment
    names = [info["name"] for info in experiment["hparamInfos"]]
    assert set(names[:5]) == {"model", "recipe", "length", "batch", "learning_rate"}, names
    assert {"model", "optimizer", "learning_rate", "batch", "dropout", "seed", "steps"} <= set(names), names
    request = {"allowedStatuses": ["STATUS_SUCCESS"], "colParams": [], "startIndex": 0, "sliceSize": 10}
    groups = server.json("plugin/hparams/session_groups", request)["sessionGroups"]
    found = {group["hparams"]["model"]: group for group in groups}
    assert set(found) == set(LAYERS), groups
    assert {model: found[model]["hparams"]["learning_rate"] for model in found} == {
        "regressor": 0.5, "mlp": 0.0001, "cnn": 0.0001}, groups
    assert found["cnn"]["hparams"]["dropout"] == 0.5 and found["mlp"]["hparams"]["steps"] == 375, groups
    for model, group in found.items():
        values = {metric["name"]["tag"]: metric["value"] for metric in group["metricValues"]}
        rows = list(csv.DictReader(open(runs / model / "metrics.csv")))
        best = min(rows, key=lambda row: float(row["val_loss"]))
        assert values["result/best_val_loss"] == as_float32(best["val_loss"]), (model, values)
        assert values["result/best_val_accuracy"] == as_float32(best["val_accuracy"]), (model, values)
        assert values["result/test_accuracy"] == as_float32(tests[model]["accuracy"]), (model, values)
        assert group["hparams"]["length"] == f"{EPOCHS} epochs", group


def check_entries(server):
    assert set(server.json("runs")) == {f"{model}/{part}" for model in LAYERS for part in ("train", "validation")}


def check_graph(server, model):
    graph = server.read("plugin/graphs/graph", run=f"{model}/train", conceptual="false").decode()
    names = set(re.findall(r'^  name: "(.*)"', graph, re.M))
    for layer in LAYERS[model]:
        kind = "Conv2d" if layer.startswith("conv") else "Linear"
        assert {f"{layer}/{kind}", f"{layer}/weight", f"{layer}/bias"} <= names, names
    assert {"images", "labels", "loss"} <= names, names
    inputs = set(re.findall(r'^  input: "(.*)"', graph, re.M))
    assert inputs <= names and names - inputs == {"loss"}, (names, inputs)


def check_text(server, runs, model):
    text = server.json("plugin/text/text", run=f"{model}/train", tag="configuration")[-1]["text"]
    for line in (runs / model / "config.toml").read_text().splitlines():
        if "'" not in line and not line.startswith("#"):  # quotes are shown as HTML has them
            assert line in text, (line, text)


def check_that_no_step_is_twice(runs, model):
    """Reads the files themselves, because the server would hide a repeated step."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    for split in ("train", "validation"):
        files = sorted((runs / model / split).glob("events.out.tfevents.*"))
        assert len(files) == (4 if split == "train" else 2), files  # in train/ also those of the session and the test
        seen = [(value.tag, event.step) for file in files for event in EventFileLoader(str(file)).Load()
                for value in event.summary.value]
        assert len(seen) == len(set(seen)), sorted(seen)


def check_all(server, runs, tests):
    for model in LAYERS:
        check_scalars(server, runs, model)
        check_histograms(server, model)
        check_images(server, model)
        check_graph(server, model)
        check_text(server, runs, model)
    check_hparams(server, runs, tests)
    check_entries(server)


def eventually(check, seconds=60):
    """Repeats a check: until TensorBoard has read all files, it answers with a part of the data or with an error."""
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except (AssertionError, KeyError, IndexError, urllib.error.HTTPError):
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def main(program, data_program, folder):
    forget_settings()
    shutil.rmtree(folder, ignore_errors=True)
    runs = folder / "runs"
    runs.mkdir(parents=True)
    subprocess.run([data_program, "synthesize", "--out", str(folder / "digits"), "--train", "700", "--test", "100"],
                   check=True, stdout=subprocess.DEVNULL)
    tests = {}  # the results on the test images
    for model in LAYERS:
        tests[model] = train(program, folder, model)
        check_that_no_step_is_twice(runs, model)
    server = Server(runs)
    try:
        eventually(lambda: check_all(server, runs, tests))
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(run_with("tensorboard.main", lambda: main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))))
