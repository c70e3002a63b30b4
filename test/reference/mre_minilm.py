"""NOT a benchmark: what text-only relation extraction on MNRE reaches with a small pretrained encoder in PyTorch.

A cross-check of scores: markers around both mentions, mean of each mention's tokens, both concatenated, one Linear; AdamW with linear
warm-up and decay. Optionally the picture's caption follows the text as a second segment (a caption is another model's reading of the
picture, not pixels). Prints one JSON line per epoch: validation micro-F1 without None.
"""

import argparse
import ast
import json
import os
import random
import sys
import time
from pathlib import Path

from measuring import add_arguments, autocast, emit, restart_with_environment, set_precision
from train_step import clip_and_update, decay_groups

MARKERS = ["<s>", "</s>", "<o>", "</o>"]


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.set_defaults(threads=1)
    parser.add_argument("--model", required=True, help="folder of the encoder: config.json, model.safetensors, tokenizer.json")
    parser.add_argument("--data", default=os.path.join(os.environ.get("RELATA_SHARED", "../shared"), "data", "mnre"))
    parser.add_argument("--captions", choices=["none", "blip2", "instructblip", "llava-next"], default="none")
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--head-lr", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--stop-after", type=int, default=None, help="end after this many epochs of the schedule")
    parser.add_argument("--warm-up", type=float, default=0.06)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--limit", type=int, default=None, help="train on the first rows only")
    return parser.parse_args()


def read_rows(file):
    """MNRE lines are Python literals."""
    with open(file, encoding="utf-8") as lines:
        return [ast.literal_eval(line) for line in lines if line.strip()]


def read_captions(args, split):
    if args.captions == "none":
        return None
    with open(Path(args.data) / "captions" / f"{args.captions}-{split}.jsonl", encoding="utf-8") as lines:
        return {row["image"]: row["caption"] for row in map(json.loads, lines)}


def encode(row, tokenizer, labels, captions, max_length):
    """Ids of [CLS] words with markers [SEP] (caption [SEP]), and the token ranges of both mentions without their markers."""
    (head_start, head_end), (tail_start, tail_end) = row["h"]["pos"], row["t"]["pos"]
    ids, spans = [tokenizer.cls_token_id], {}
    marker = dict(zip(MARKERS, tokenizer.convert_tokens_to_ids(MARKERS)))
    for index in range(len(row["token"]) + 1):
        for name, start, end, close in (("head", head_start, head_end, "</s>"), ("tail", tail_start, tail_end, "</o>")):
            if index == end:
                spans[name] = (spans[name], len(ids))
                ids.append(marker[close])
        for name, start, opening in (("head", head_start, "<s>"), ("tail", tail_start, "<o>")):
            if index == start:
                ids.append(marker[opening])
                spans[name] = len(ids)
        if index < len(row["token"]):
            ids += tokenizer(row["token"][index], add_special_tokens=False)["input_ids"]
    ids.append(tokenizer.sep_token_id)
    if len(ids) > max_length:
        sys.exit(f"encode: {len(ids)} tokens exceed --max-length {max_length}: {' '.join(row['token'])}")
    text_length = len(ids)
    if captions is not None:
        caption = tokenizer(captions[row["img_id"]], add_special_tokens=False)["input_ids"][: max_length - len(ids) - 1]
        ids += [*caption, tokenizer.sep_token_id]
    return {"ids": ids, "text_length": text_length, "head": spans["head"], "tail": spans["tail"], "label": labels[row["relation"]]}


def collate(torch, examples, pad):
    length = max(len(e["ids"]) for e in examples)
    ids = torch.full((len(examples), length), pad)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    spans = torch.zeros(2, len(examples), length)
    for i, e in enumerate(examples):
        ids[i, : len(e["ids"])] = torch.tensor(e["ids"])
        mask[i, : len(e["ids"])] = 1
        types[i, e["text_length"] : len(e["ids"])] = 1
        for side, name in enumerate(("head", "tail")):
            start, end = e[name]
            spans[side, i, start:end] = 1 / (end - start)
    return ids, mask, types, spans, torch.tensor([e["label"] for e in examples])


def batches(examples, size, rng=None):
    """Batches of similar lengths: shuffle, sort within windows of 50 batches, shuffle the batches."""
    order = list(range(len(examples)))
    if rng is None:
        order.sort(key=lambda i: len(examples[i]["ids"]))
        return [order[i : i + size] for i in range(0, len(order), size)]
    rng.shuffle(order)
    out = []
    for start in range(0, len(order), size * 50):
        window = sorted(order[start : start + size * 50], key=lambda i: len(examples[i]["ids"]))
        out += [window[i : i + size] for i in range(0, len(window), size)]
    rng.shuffle(out)
    return out


def micro_f1(gold, predicted):
    """Micro-averaged over all relations but None (id 0)."""
    hit = sum(g == p != 0 for g, p in zip(gold, predicted))
    asked, wanted = sum(p != 0 for p in predicted), sum(g != 0 for g in gold)
    precision, recall = hit / max(asked, 1), hit / max(wanted, 1)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(2 * precision * recall / max(precision + recall, 1e-12), 4)}


def main():
    args = parse()
    restart_with_environment(args)
    import torch
    from transformers import AutoModel, AutoTokenizer

    precision = set_precision(torch, args)
    torch.manual_seed(args.seed)
    rng = random.Random(args.seed)
    tokenizer = AutoTokenizer.from_pretrained(args.model, local_files_only=True)
    tokenizer.add_special_tokens({"additional_special_tokens": MARKERS})
    data = Path(args.data)
    labels = json.loads((data / "rel2id.json").read_text(encoding="utf-8"))
    train, val = ([encode(row, tokenizer, labels, captions, args.max_length) for row in read_rows(data / f"{split}.txt")[: args.limit if split == "train" else None]]
                  for split, captions in ((s, read_captions(args, s)) for s in ("train", "val")))

    encoder = AutoModel.from_pretrained(args.model, local_files_only=True, add_pooling_layer=False, dtype=torch.float32)
    encoder.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    head = torch.nn.Linear(2 * encoder.config.hidden_size, len(labels))
    dropout = torch.nn.Dropout(0.1)
    groups = [{**g, "lr": args.lr} for g in decay_groups(encoder, args.weight_decay)] + [{**g, "lr": args.head_lr} for g in decay_groups(head, args.weight_decay)]
    optimizer = torch.optim.AdamW(groups, fused=True)
    parameters = [*encoder.parameters(), *head.parameters()]
    steps = args.epochs * -(-len(train) // args.batch)
    warm_up = max(1, round(args.warm_up * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) / warm_up, max(0.0, (steps - s) / max(1, steps - warm_up))))

    def logits_of(ids, mask, types, spans):
        with autocast(torch, args):
            hidden = encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state.float()
        pair = torch.cat([torch.bmm(side[:, None], hidden)[:, 0] for side in spans], -1)
        return head(dropout(pair) if encoder.training else pair)

    for epoch in range(args.stop_after or args.epochs):
        start, total = time.perf_counter(), 0.0
        encoder.train()
        order = batches(train, args.batch, rng)
        for batch in order:
            *inputs, gold = collate(torch, [train[i] for i in batch], tokenizer.pad_token_id)
            loss = torch.nn.functional.cross_entropy(logits_of(*inputs), gold)
            loss.backward()
            clip_and_update(torch, optimizer, parameters, "stock")
            schedule.step()
            total += loss.item()
        trained = time.perf_counter() - start
        encoder.eval()
        gold, predicted = [], []
        with torch.no_grad():
            for batch in batches(val, 64):
                *inputs, labels_of = collate(torch, [val[i] for i in batch], tokenizer.pad_token_id)
                predicted += logits_of(*inputs).argmax(-1).tolist()
                gold += labels_of.tolist()
        emit({"script": "mre_minilm", "lr": args.lr, "headLr": args.head_lr, "batch": args.batch, "epochs": args.epochs, "captions": args.captions, "seed": args.seed,
              "precision": precision["precision"], "arithmetic": precision["arithmetic"], "epoch": epoch + 1, "loss": round(total / len(order), 4),
              "validation": micro_f1(gold, predicted), "accuracy": round(sum(g == p for g, p in zip(gold, predicted)) / len(gold), 4),
              "trainSeconds": round(trained, 1), "seconds": round(time.perf_counter() - start, 1)})


if __name__ == "__main__":
    sys.exit(main())
