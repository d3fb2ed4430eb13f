#!/usr/bin/env python3
"""Runs the README's lines that load a run's weights into PyTorch and save them again, for all networks.

readme_networks_test.py <folder of the programs> <logits_dump> <folder for its files>
"""

import os
import pathlib
import subprocess
import sys
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from interpreter import ROOT, forget_settings, run_with
from trained_models import MODELS, Programs

# Both sides sum in float32, in orders of their own.
LOGITS = 1e-4


def readme_lines():
    """Returns the README's indented block that loads weights."""
    blocks = (ROOT / "README.md").read_text().split("\n\n")
    found = [block for block in blocks if block.startswith("    ") and "load_state_dict" in block]
    assert len(found) == 1, f"the README has {len(found)} blocks with load_state_dict"
    return textwrap.dedent(found[0])


def logits_of(programs, dump, *weights):
    import numpy as np

    file, *model = weights
    subprocess.run([dump, file, programs.data, "logits.npy", *model], cwd=programs.folder, check=True)
    return np.load(programs.folder / "logits.npy")


def check_model(programs, dump, model, network, pixels):
    """Compares a network of the README with the run that it is for, there and back."""
    import torch
    from safetensors.torch import load_file, save_file

    best = programs.folder / "runs" / f"{model}-1" / "best.bin"
    network.load_state_dict(load_file(best))
    with torch.no_grad():
        theirs = network.eval()(pixels / 255)
    distance = (theirs - torch.from_numpy(logits_of(programs, dump, best))).abs().max().item()
    print(f"{model}: logits of {theirs.abs().max():.1f} at most differ by {distance:.1e}")
    assert distance <= LOGITS, (model, distance)

    ours = programs.evaluate(best)
    for dtype in (torch.float32, torch.float64):
        save_file({name: value.to(dtype) for name, value in network.state_dict().items()}, programs.folder / "weights.safetensors")
        saved = programs.evaluate("weights.safetensors", "--model", model)
        assert saved["loss"] == ours["loss"] and saved["confusion"] == ours["confusion"], (model, dtype, saved, ours)
    for dtype in (torch.float16, torch.bfloat16):
        rounded = {name: value.to(dtype) for name, value in network.state_dict().items()}
        save_file(rounded, programs.folder / "weights.safetensors")
        network.load_state_dict({name: value.float() for name, value in rounded.items()})
        with torch.no_grad():
            theirs = network(pixels / 255)
        distance = (theirs - torch.from_numpy(logits_of(programs, dump, "weights.safetensors", model))).abs().max().item()
        assert distance <= LOGITS, (model, dtype, distance)


def main():
    import torch

    forget_settings()
    torch.set_num_threads(1)
    programs = Programs(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[3]), digits=500)
    for model in MODELS:
        programs.train(model)
    os.chdir(programs.folder)
    names = {"pixels": torch.from_numpy(programs.test_pixels().copy())}
    with torch.no_grad():
        exec(readme_lines(), names)
    assert names["logits"].shape == (len(names["pixels"]), 10)
    assert programs.evaluate("weights.safetensors", "--model", "cnn")["confusion"] == programs.evaluate("runs/cnn-1")["confusion"]
    for model in MODELS:
        check_model(programs, sys.argv[2], model, names[model], names["pixels"])
    return 0


if __name__ == "__main__":
    sys.exit(run_with("numpy, torch, safetensors.torch", main))
