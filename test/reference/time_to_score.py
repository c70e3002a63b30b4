"""The peer of `relata bench time-to-score`: trains in PyTorch on the same token ids with the same settings, part of an epoch by part.

`--bench <folder>` names what relata wrote: `data.json` with the settings, the training examples and the validation texts. Relations: the mean of
each mention's tokens, both concatenated, one Linear. Entities: two Linear layers and a linear-chain CRF. AdamW (fused) with decay groups, warm-up,
linear decay and clipping; batches of similar length; sampling of batches is not timed, collation is. After every part it predicts the validation
texts (not counted in `seconds`) and writes their scores to a file: logits, or emissions with the CRF's chain. relata decodes and counts them as its own.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

from measuring import add_arguments, autocast, emit, machine, peak_rss_bytes, restart_with_environment, set_precision
from mre_minilm import batches
from train_step import clip_and_update, decay_groups


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--bench", required=True, help="folder with data.json")
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    return parser.parse_args()


def collate(torch, examples, pad):
    """ids, mask int64 [batch, length]."""
    length = max(len(e["ids"]) for e in examples)
    ids = torch.full((len(examples), length), pad)
    mask = torch.zeros_like(ids)
    for i, e in enumerate(examples):
        ids[i, : len(e["ids"])] = torch.tensor(e["ids"])
        mask[i, : len(e["ids"])] = 1
    return ids, mask


def read_encoder(torch, folder, data):
    """Sizes and weights of a BERT in the Hugging Face layout; markers are further rows of the word table, drawn at random."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] != "bert":
        sys.exit(f"read_encoder: {folder} is a {config['model_type']}, and this reference has BERT only")
    dropout = config.get("hidden_dropout_prob", 0.1) if data["dropout"] is None else data["dropout"]
    sizes = {"encoder": "bert", "vocab": data["vocabulary"], "hidden": config["hidden_size"], "positions": config["max_position_embeddings"],
             "layers": config["num_hidden_layers"], "heads": config["num_attention_heads"], "ffn": config["intermediate_size"],
             "eps": config.get("layer_norm_eps", 1e-12), "dropout": dropout, "attention": data["attention"]}
    content = (folder / "model.safetensors").read_bytes()
    header = int.from_bytes(content[:8], "little")
    weights = {}
    for name, spec in json.loads(content[8 : 8 + header]).items():
        if name == "__metadata__" or spec["dtype"] != "F32":
            continue
        start, end = (8 + header + offset for offset in spec["data_offsets"])
        weights[name.removeprefix("bert.")] = torch.frombuffer(bytearray(content[start:end]), dtype=torch.float32).reshape(spec["shape"])
    words = weights["embeddings.word_embeddings.weight"]
    markers = 0.02 * torch.randn(data["vocabulary"] - len(words), words.shape[1])
    weights["embeddings.word_embeddings.weight"] = torch.cat([words, markers])
    return sizes, weights


def build(torch, data):
    """The model: `loss(examples)` and `predict(examples)`, a list of numbers for each example."""
    from i2srm_model import TextEncoder

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            sizes, weights = read_encoder(torch, Path(data["encoder"]), data)
            self.encoder = TextEncoder(sizes)
            missing = self.encoder.load_state_dict(weights, strict=False).missing_keys
            if missing:
                sys.exit(f"build: {data['encoder']} lacks {missing}")
            self.width, self.layers = sizes["hidden"], sizes["layers"]

        def states(self, examples):
            ids, mask = collate(torch, examples, data["padId"])
            bias = torch.zeros(mask.shape).masked_fill(mask == 0, -1e9)[:, None, None]
            return self.encoder(ids, mask, [(None, None)] * self.layers, bias).float(), mask

    class Relations(Encoder):
        def __init__(self):
            super().__init__()
            self.head = torch.nn.Linear(2 * self.width, data["labels"])

        def logits(self, examples):
            hidden, _ = self.states(examples)
            spans = torch.zeros(2, *hidden.shape[:2])
            for i, e in enumerate(examples):
                for side, (start, end) in enumerate((e["head"], e["tail"])):
                    spans[side, i, start:end] = 1 / (end - start)
            return self.head(torch.cat([torch.bmm(side[:, None], hidden)[:, 0] for side in spans], -1))

        def loss(self, examples):
            return torch.nn.functional.cross_entropy(self.logits(examples), torch.tensor([e["label"] for e in examples]))

        def predict(self, examples):
            return self.logits(examples).tolist()

    class Entities(Encoder):
        def __init__(self):
            super().__init__()
            tags = data["labels"]
            self.fc = torch.nn.Linear(self.width, data["emissionWidth"])
            self.linear = torch.nn.Linear(data["emissionWidth"], tags)
            self.start, self.end = (torch.nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1)) for _ in range(2))
            self.transitions = torch.nn.Parameter(torch.empty(tags, tags).uniform_(-0.1, 0.1))

        def emissions(self, examples):
            hidden, mask = self.states(examples)
            return self.linear(self.fc(hidden)), mask

        def loss(self, examples):
            emissions, mask = self.emissions(examples)
            tags = torch.zeros(mask.shape, dtype=torch.long)
            for i, e in enumerate(examples):
                tags[i, : len(e["tags"])] = torch.tensor(e["tags"])
            own = emissions.gather(2, tags[..., None])[..., 0] * mask
            last = mask.sum(1) - 1
            steps = self.transitions[tags[:, :-1], tags[:, 1:]] * mask[:, 1:]
            score = self.start[tags[:, 0]] + own.sum(1) + steps.sum(1) + self.end[tags.gather(1, last[:, None])[:, 0]]
            alpha = self.start + emissions[:, 0]
            for t in range(1, mask.shape[1]):
                after = torch.logsumexp(alpha[:, :, None] + self.transitions, 1) + emissions[:, t]
                alpha = torch.where(mask[:, t, None].bool(), after, alpha)
            return (torch.logsumexp(alpha + self.end, 1) - score).mean()

        def predict(self, examples):
            emissions, mask = self.emissions(examples)
            return [row[: int(count)].flatten().tolist() for row, count in zip(emissions, mask.sum(1))]

    return Relations() if data["task"] == "mre" else Entities()


def parameter_groups(model, data):
    """Encoder, tagger and everything else have their own rates; matrices decay."""
    tagger = ("fc.", "linear.") if data["task"] == "mner" else ()
    parts = {"encoder": [], "tagger": [], "heads": []}
    for name, parameter in model.named_parameters():
        part = "encoder" if name.startswith("encoder.") else "tagger" if name.startswith(tagger) or name in ("start", "end", "transitions") else "heads"
        parts[part].append(parameter)
    groups = []
    for part, parameters in parts.items():
        for decays in (True, False):
            own = [p for p in parameters if (p.ndim > 1) == decays]
            if own:
                groups.append({"params": own, "lr": data["rates"][part], "weight_decay": data["weightDecay"] if decays else 0.0})
    return groups


def main():
    args = parse()
    restart_with_environment(args)
    import torch

    precision = set_precision(torch, args)
    folder = Path(args.bench)
    data = {**json.loads((folder / "data.json").read_text(encoding="utf-8")), "attention": args.attention}
    torch.manual_seed(data["seed"])
    rng = random.Random(data["seed"])
    model = build(torch, data)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameter_groups(model, data), fused=True)
    train, validation = data["train"], data["validation"]
    steps = data["epochs"] * -(-len(train) // data["batchSize"])
    warm_up = -(-int(data["warmupRatio"] * steps * 1_000_000) // 1_000_000)
    rate = lambda s: s / warm_up if s < warm_up else max(0.0, (steps - s) / max(1, steps - warm_up))  # noqa: E731
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    queue = [batch for _ in range(data["epochs"]) for batch in batches(train, data["batchSize"], rng)]
    ends = [round(len(queue) * (i + 1) / (data["epochs"] * data["parts"])) for i in range(data["epochs"] * data["parts"])]
    done = 0

    def train_until(end):
        nonlocal done
        model.train()
        while done < end:
            with autocast(torch, args):
                loss = model.loss([train[i] for i in queue[done]])
            loss.backward()
            clip_and_update(torch, optimizer, parameters, "stock") if data["maxGradientNorm"] else (optimizer.step(), optimizer.zero_grad(set_to_none=True))
            schedule.step()
            done += 1

    def predict():
        model.eval()
        answers = [None] * len(validation)
        with torch.inference_mode(), autocast(torch, args):
            for batch in batches(validation, 64):
                for i, answer in zip(batch, model.predict([validation[i] for i in batch])):
                    answers[i] = answer
        return answers

    emit({"ready": True, "script": "time_to_score", "parameters": sum(p.numel() for p in parameters), **precision, "machine": machine(torch, args),
          "peakRssBytes": peak_rss_bytes()})
    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            break
        number = int(words[1])
        begin, processor = time.perf_counter(), time.process_time()
        train_until(ends[number])
        seconds, processor = time.perf_counter() - begin, time.process_time() - processor
        chain = {name: getattr(model, name).flatten().tolist() for name in ("start", "end", "transitions")} if data["task"] == "mner" else None
        path = folder / f"answers-{args.precision}-{number}.json"
        path.write_text(json.dumps({"answers": predict(), "chain": chain}), encoding="utf-8")
        emit({"step": number, "seconds": seconds, "processorSeconds": processor, "answers": str(path), "peakRssBytes": peak_rss_bytes()})


if __name__ == "__main__":
    sys.exit(main())
