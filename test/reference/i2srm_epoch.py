"""Training steps of I2SRM-MRE at RoBERTa-base size in PyTorch, tuned: dynamic padding, cached picture maps, fused AdamW.

The peer of relata's epoch benchmark: samples per second over batches of given lengths. Weights, ids and maps are random; reading the
cached maps from disk is not timed. `check_golden.py` shows that the model is the golden one.
"""

import argparse
import sys

from measuring import Stopwatch, add_arguments, autocast, machine, restart_with_environment, run_steps, set_precision
from train_step import clip_and_update, decay_groups


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser, steps=None)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--batches", help="JSON file {batch, lengths} or a list of padded lengths; MNRE's own (19 of them) by default")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--mix-dropout", type=float, default=0.2)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--ffn", type=int, default=3072)
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    parser.add_argument("--clip", choices=["stock", "fused"], default="stock")
    return parser.parse_args()


def main():
    args = parse()
    restart_with_environment(args)
    import torch
    from i2srm_batches import random_batch, read_lengths
    from i2srm_model import I2SRM, ROBERTA_BASE

    precision = set_precision(torch, args)
    torch.manual_seed(args.seed)
    size, lengths = read_lengths(args.batches, args.batch)
    config = {**ROBERTA_BASE, "dropout": args.dropout, "mix_dropout": args.mix_dropout, "layers": args.layers, "hidden": args.hidden,
              "heads": args.heads, "ffn": args.ffn, "attention": args.attention}
    model = I2SRM(config).train()
    optimizer = torch.optim.AdamW(decay_groups(model), lr=3e-5, fused=True)
    parameters = list(model.parameters())
    generator = torch.Generator().manual_seed(args.seed)
    if args.steps is None:
        args.steps = len(lengths)

    def step(index):
        length = lengths[(index - (0 if args.serve else args.warmup)) % len(lengths)]
        batch = random_batch(config, size, length, generator)  # not timed
        watch = Stopwatch()
        with autocast(torch, args):
            loss = model(batch, mix=True)["loss"]
        watch.lap("forward")
        loss.backward()
        watch.lap("backward")
        clip_and_update(torch, optimizer, parameters, args.clip)
        watch.lap("update")
        return {"seconds": sum(watch.phases.values()), "phases": watch.phases, "loss": loss.item(), "samples": size, "length": length}

    description = {"script": "i2srm_epoch", "model": f"i2srm-mre {args.layers}x{args.hidden}", "batch": size, "lengths": lengths[:40], "dropout": args.dropout,
                   "attention": args.attention, "clip": args.clip, **precision, "machine": machine(torch, args)}
    run_steps(args, description, step)


if __name__ == "__main__":
    sys.exit(main())
