"""One training step of a BERT classifier in PyTorch: forward, backward, clip at 1.0, fused AdamW with decay groups.

The peer of relata's step benchmark. Weights and ids are random; the arithmetic does not depend on them.
"""

import argparse
import sys

from measuring import Stopwatch, add_arguments, autocast, machine, restart_with_environment, run_steps, set_precision


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--length", type=int, default=64)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--ffn", type=int, default=3072)
    parser.add_argument("--vocab", type=int, default=30522)
    parser.add_argument("--labels", type=int, default=23)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    parser.add_argument("--compile", action="store_true", help="torch.compile the model (needs a C++ compiler)")
    parser.add_argument("--clip", choices=["stock", "fused"], default="stock", help="stock: clip_grad_norm_; fused: the scale is handed to AdamW's kernel")
    return parser.parse_args()


def decay_groups(model, weight_decay=0.01):
    """AdamW's usual two groups: biases and LayerNorm are not decayed."""
    decayed = [p for name, p in model.named_parameters() if p.ndim > 1]
    others = [p for name, p in model.named_parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def clip_and_update(torch, optimizer, parameters, how, max_norm=1.0):
    if how == "stock":
        torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    else:  # AdamW's fused kernel divides the gradients by grad_scale as it reads them
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm([p.grad for p in parameters])))
        optimizer.grad_scale = torch.clamp((norm + 1e-6) / max_norm, min=1.0)
        optimizer.found_inf = torch.zeros(())
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def main():
    args = parse()
    restart_with_environment(args)
    import torch
    from transformers import BertConfig, BertModel

    precision = set_precision(torch, args)
    torch.manual_seed(args.seed)

    class Classifier(torch.nn.Module):
        def __init__(self):
            super().__init__()
            config = BertConfig(vocab_size=args.vocab, hidden_size=args.hidden, num_hidden_layers=args.layers, num_attention_heads=args.heads,
                                intermediate_size=args.ffn, hidden_dropout_prob=args.dropout, attention_probs_dropout_prob=args.dropout,
                                attn_implementation=args.attention)
            self.encoder = BertModel(config, add_pooling_layer=False)
            self.classifier = torch.nn.Linear(args.hidden, args.labels)

        def forward(self, ids, mask, labels):
            hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
            logits = self.classifier(hidden.mean(1))
            return torch.nn.functional.cross_entropy(logits.float(), labels)

    model = Classifier().train()
    optimizer = torch.optim.AdamW(decay_groups(model), lr=3e-5, fused=True)
    parameters = list(model.parameters())
    loss_of = torch.compile(model) if args.compile else model

    ids = torch.randint(0, args.vocab, (args.batch, args.length))
    mask = torch.ones_like(ids)
    labels = torch.randint(0, args.labels, (args.batch,))

    def step(_index):
        watch = Stopwatch()
        with autocast(torch, args):
            loss = loss_of(ids, mask, labels)
        watch.lap("forward")
        loss.backward()
        watch.lap("backward")
        clip_and_update(torch, optimizer, parameters, args.clip)
        watch.lap("update")
        return {"seconds": sum(watch.phases.values()), "phases": watch.phases, "loss": loss.item(), "samples": args.batch}

    description = {"script": "train_step", "model": f"bert {args.layers}x{args.hidden}", "batch": args.batch, "length": args.length, "dropout": args.dropout,
                   "attention": args.attention, "compiled": args.compile, "clip": args.clip, **precision, "machine": machine(torch, args)}
    run_steps(args, description, step)


if __name__ == "__main__":
    sys.exit(main())
