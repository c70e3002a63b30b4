"""Hold `i2srm_model.py` against the golden I2SRM relation cases: outputs, losses and every gradient, dropout off."""

import argparse
import json
import os
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from i2srm_model import I2SRM, ROBERTA_BASE


def check(folder, attention):
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    model = I2SRM({**ROBERTA_BASE, **case["config"], "dropout": 0.0, "mix_dropout": 0.0, "attention": attention})
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    model.train()
    batch, expected = load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")
    worst, compared = ("", 0.0), 0
    for mode in ("eval", "train"):
        model.zero_grad()
        out = model(batch, mix=mode == "train")
        out["loss"].backward()
        key, value = out["prefixes"][0]
        got = {"hidden": out["hidden"] * batch["attention_mask"][..., None], "entity_pair": out["pair"], "prefix_key_0": key, "prefix_value_0": value}
        got |= {name: out[name] for name in ("logits", "loss", "semantic_loss", "attended", "plain_loss", "mixed_loss") if name in out}
        got |= {f"grad.{name}": p.grad for name, p in model.named_parameters() if p.grad is not None}
        for name, value in expected.items():
            if not name.startswith(f"{mode}."):
                continue
            mine = got[name.removeprefix(f"{mode}.")].detach()
            if name.endswith(".hidden"):
                value = value * batch["attention_mask"][..., None]
            tolerance = case["tolerance"]
            excess = ((mine - value).abs() / (tolerance["absolute"] + tolerance["relative"] * value.abs())).max().item() if mine.shape == value.shape else float("inf")
            compared += 1
            if excess > worst[1]:
                worst = (name, excess)
    passed = worst[1] <= 1
    print(f"{'ok' if passed else 'FAILED'} {folder.name} ({attention}): {compared} tensors, largest error {worst[1]:.3f} of the tolerance in {worst[0]}")
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=os.path.join(os.environ.get("RELATA_SHARED", "../shared"), "golden", "i2srm"))
    args = parser.parse_args()
    folders = sorted(Path(args.folder).glob("mre-*"))
    if not folders:
        sys.exit(f"check_golden: no mre-* cases in {args.folder}; give the folder that holds them or set RELATA_SHARED")
    results = [check(folder, attention) for folder in folders for attention in ("sdpa", "eager")]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
