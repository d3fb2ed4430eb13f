#!/usr/bin/env python3
"""Exports each model, and all graphs that test a kind of layer, and runs them in ONNX's runtime.

onnx_test.py <folder of the programs> <logits_dump> <folder for its files>
"""

import json
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from interpreter import forget_settings, run_with
from trained_models import MODELS, Programs

# Both sides sum in float32, in orders of their own.
LOGITS = 1e-4
BATCHES = [1, 7, 256]


def session_of(file):
    """Checks a model as strictly as ONNX can, and opens it."""
    import onnx
    import onnxruntime

    onnx.checker.check_model(str(file), full_check=True)
    assert onnx.load(str(file)).opset_import[0].version >= 13
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def run(session, images, batch):
    """Returns the output for all images, in batches; the last one may be smaller."""
    import numpy as np

    return np.concatenate([session.run(None, {"images": images[first:first + batch]})[0]
                           for first in range(0, len(images), batch)])


def softmax(logits):
    import numpy as np

    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def metadata_in(weights):
    """Returns the metadata of a safetensors file."""
    content = weights.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:8 + length])["__metadata__"]


def check_metadata(model_file, weights):
    import onnx

    model = onnx.load(str(model_file))
    written = {entry.key: entry.value for entry in model.metadata_props}
    expected = metadata_in(weights)
    for key in ("format", "digest"):
        del expected[key]
    assert written == expected, (written, expected)
    tensors = {tensor.name for tensor in model.graph.initializer}
    assert {"fc.weight", "fc.bias"} <= tensors or {"fc1.weight", "fc2.bias"} <= tensors, tensors


def check_model(programs, dump, pixels, model):
    import numpy as np

    programs.train(model)
    folder = programs.folder
    run_folder = folder / "runs" / f"{model}-1"
    subprocess.run([dump, run_folder / "best.bin", programs.data, folder / "logits.npy"], cwd=folder, check=True)
    ours = np.load(folder / "logits.npy")

    programs.run("lenet_export", run_folder)
    check_metadata(run_folder / "best.onnx", run_folder / "best.bin")
    session = session_of(run_folder / "best.onnx")
    theirs = run(session, pixels, 256)
    distance = np.abs(theirs - ours).max()
    print(f"{model}: {len(ours)} images, logits of {np.abs(ours).max():.1f} at most differ by {distance:.1e}")
    assert ours.shape == theirs.shape and distance <= LOGITS, distance
    assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).all(), "predictions differ"
    for batch in BATCHES:
        assert np.abs(run(session, pixels[:300], batch) - ours[:300]).max() <= LOGITS, batch

    programs.run("lenet_export", run_folder / "best.bin", "other.onnx", "--no-scale", "--softmax")
    probabilities = run(session_of(folder / "other.onnx"), pixels.astype(np.float32) / 255, 256)
    assert np.abs(probabilities - softmax(ours)).max() <= LOGITS, "probabilities differ"
    (folder / "other.onnx").unlink()


def check_cases(dump, folder):
    import numpy as np

    subprocess.run([dump, "--cases", folder], check=True)
    count = len(list(folder.glob("*.onnx")))
    assert count >= 40, count
    for case in range(count):
        expected = np.load(folder / f"{case}-logits.npy")
        session = session_of(folder / f"{case}.onnx")
        for batch in (1, len(expected)):
            logits = run(session, np.load(folder / f"{case}-pixels.npy"), batch)
            distance = np.abs(logits - expected).max()
            assert logits.shape == expected.shape and distance <= LOGITS, (case, distance)
    print(f"{count} graphs agree")


def main():
    forget_settings()
    programs = Programs(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[3]))
    pixels = programs.test_pixels()
    assert len(pixels) == 10000
    for model in MODELS:
        check_model(programs, sys.argv[2], pixels, model)
    check_cases(sys.argv[2], programs.folder / "cases")
    return 0


if __name__ == "__main__":
    sys.exit(run_with("onnx, onnxruntime", main))
