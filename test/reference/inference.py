"""Forward passes only, in PyTorch: the BERT classifier of `train_step.py` or I2SRM-MRE with cached picture maps.

The peer of relata's extraction speed. bf16 is the whole model cast, not autocast: no weight is converted while it runs.
"""

import argparse
import sys

from measuring import Stopwatch, add_arguments, machine, restart_with_environment, run_steps, set_precision


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser, steps=None)
    parser.add_argument("--model", choices=["bert", "i2srm"], default="bert")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=64, help="of bert's batches")
    parser.add_argument("--batches", help="of i2srm's: JSON file {batch, lengths} or a list of padded lengths; MNRE's own by default")
    parser.add_argument("--vocab", type=int, default=30522, help="of bert")
    parser.add_argument("--labels", type=int, default=23)
    return parser.parse_args()


def bert(torch, args, dtype):
    from transformers import BertConfig, BertModel

    encoder = BertModel(BertConfig(vocab_size=args.vocab, attn_implementation="sdpa"), add_pooling_layer=False).eval().to(dtype)
    classifier = torch.nn.Linear(768, args.labels).to(dtype)
    ids = torch.randint(0, args.vocab, (args.batch, args.length))
    mask = torch.ones_like(ids)
    return [(args.length, lambda: classifier(encoder(input_ids=ids, attention_mask=mask).last_hidden_state.mean(1)))]


def i2srm(torch, args, dtype):
    from i2srm_batches import random_batch, read_lengths
    from i2srm_model import I2SRM, ROBERTA_BASE

    model = I2SRM({**ROBERTA_BASE, "labels": args.labels}).eval().to(dtype)
    _, lengths = read_lengths(args.batches, args.batch)
    generator = torch.Generator().manual_seed(args.seed)

    def forward(batch):
        return model.classifier(model.features(batch)["pair"].to(dtype)).float()

    batches = [(length, random_batch(model.c, args.batch, length, generator)) for length in lengths]
    return [(length, lambda batch=batch: forward({**batch, "maps": batch["maps"].to(dtype)})) for length, batch in batches]


def main():
    args = parse()
    restart_with_environment(args)
    import torch

    precision = set_precision(torch, args)
    torch.manual_seed(args.seed)
    runs = (bert if args.model == "bert" else i2srm)(torch, args, torch.bfloat16 if args.precision == "bf16" else torch.float32)
    if args.steps is None:
        args.steps = max(12, len(runs))

    def step(index):
        length, forward = runs[(index - (0 if args.serve else args.warmup)) % len(runs)]
        watch = Stopwatch()
        with torch.inference_mode():
            logits = forward()
        watch.lap("forward")
        return {"seconds": watch.phases["forward"], "phases": watch.phases, "samples": args.batch, "length": length, "loss": logits.float().mean().item()}

    description = {"script": "inference", "model": args.model, "batch": args.batch, "lengths": [length for length, _ in runs][:40], **precision, "machine": machine(torch, args)}
    run_steps(args, description, step)


if __name__ == "__main__":
    sys.exit(main())
