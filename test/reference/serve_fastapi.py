"""A text-only bundle behind FastAPI and uvicorn, computed by PyTorch: what `relata bench serve --against` compares with.

The same weights and the same decisions as relata: words, constrained Viterbi over the tag chain, all ordered pairs of entities that the types
allow (at most 64), markers around both mentions, labels masked by type. Left out, which spares this server work: probabilities of entities,
windows of texts longer than the model (they are cut), notes.

--batching none: one post after the other. --batching waiting: whatever waits is read together, sorted by length, as relata does.

  python3 test/reference/serve_fastapi.py BUNDLE --port 8090
  python3 test/reference/serve_fastapi.py BUNDLE --check http://127.0.0.1:8080 --posts posts.txt
"""

import argparse
import asyncio
import json
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import regex
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, BertConfig, BertModel

MAX_PAIRS = 64
LETTER = r"(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}_]\p{M}*)"
PICTURE = r"\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?[\U000E0020-\U000E007F]*\u20E3?"
WORD = regex.compile(
    "|".join(
        [
            r"(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,!?;:'()\[\]{}\u2026\u2019\u201D]",
            rf"{LETTER}(?:[.+-]?{LETTER}){{0,63}}@{LETTER}+(?:[.-]{LETTER}+)*\.{LETTER}+",
            r"@[\p{L}\p{N}_]+",
            r"\p{Regional_Indicator}{2}",
            r"[0-9#*]\uFE0F?\u20E3",
            rf"{PICTURE}(?:\u200D{PICTURE})*",
            r"&(?:amp|lt|gt|quot|#\d+);",
            r"(?<=[\p{L}\p{M}])['\u2019](?:s|m|d|re|ve|ll)(?![\p{L}\p{N}])",
            r"[A-Za-z]+(?=n['\u2019]t(?![\p{L}\p{N}]))",
            r"(?<=[A-Za-z])n['\u2019]t(?![\p{L}\p{N}])",
            r"(?:\p{L}\.){2,}",
            r"\p{Nd}+(?:[.,:]\p{Nd}+)+",
            rf"{LETTER}+(?:[-\u2010\u2011]{LETTER}+|['\u2019](?!(?:s|m|d|re|ve|ll)(?![\p{{L}}\p{{N}}])){LETTER}+)*",
            r"([.!?*=~_-])\1+",
            r"\S\p{M}*",
        ]
    ),
    regex.IGNORECASE,
)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--batching", choices=["none", "waiting"], default="none")
    parser.add_argument("--max-batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--check", metavar="URL", help="compare with the answers of a server of relata, then end")
    parser.add_argument("--posts", type=Path, help="texts to compare, one per line, or MNRE's lines")
    parser.add_argument("--limit", type=int, default=200, help="texts to compare")
    return parser.parse_args()


def encoder_of(folder, config, weights, rows):
    """A BERT with the weights of a relata model."""
    model = BertModel(BertConfig(**{**config["encoder"], "vocab_size": rows}), add_pooling_layer=False)
    own = {name.removeprefix("encoder."): value for name, value in weights.items() if name.startswith("encoder.")}
    missing, unexpected = model.load_state_dict(own, strict=False)
    if unexpected or [name for name in missing if "position_ids" not in name]:
        sys.exit(f"{folder}: weights do not fit: missing {missing}, unexpected {unexpected}")
    return model.eval()


def padded(rows, fill):
    width = max(map(len, rows))
    return torch.tensor([[*row, *[fill] * (width - len(row))] for row in rows])


class Entities:
    """Finds entities: emissions of the encoder, then the best well-formed tag sequence."""

    def __init__(self, folder):
        config = json.loads((folder / "config.json").read_text())
        if config["subwords"] != "x" or config["visual"] is not None or not config["constrained"]:
            sys.exit(f"{folder}: this server reads text-only models with tags X and constrained decoding")
        weights = load_file(folder / "model.safetensors")
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.max_length = config["maxLength"]
        self.types = config["entityTypes"]
        self.encoder = encoder_of(folder, config, weights, config["encoder"]["vocab_size"])
        # Two linear layers without anything between them.
        self.fc = (weights["fc.weight"], weights["fc.bias"])
        self.linear = (weights["linear.weight"], weights["linear.bias"])
        self.build_lattice({name: weights[f"crf.{name}"].numpy() for name in ("start", "end", "transitions")})

    def build_lattice(self, crf):
        """States: tags of first subwords, then one per memory (outside or a type) for X, [CLS] and [SEP]."""
        count = 1 + 2 * len(self.types)
        memories = 1 + len(self.types)
        special = [count, count + 1, count + 2]
        self.tags = numpy.array([*range(count), *[tag for tag in special for _ in range(memories)]])
        self.group = numpy.array([0] * count + [1] * memories + [2] * memories + [3] * memories)
        self.memory = numpy.array([(tag + 1) // 2 for tag in range(count)] + [*range(memories)] * 3)
        inside = numpy.array([tag > 0 and tag % 2 == 0 for tag in range(count)] + [False] * 3 * memories)
        first = self.group == 0
        follows = numpy.where(first, ~inside | (self.memory[:, None] == self.memory), self.memory[:, None] == self.memory)
        transitions = crf["transitions"][self.tags[:, None], self.tags].astype(numpy.float64)
        self.transitions = numpy.where(follows, transitions, -numpy.inf)
        starts = numpy.where(first, ~inside, self.memory == 0)
        self.start = numpy.where(starts, crf["start"][self.tags], -numpy.inf)
        self.end = crf["end"][self.tags].astype(numpy.float64)

    def find(self, texts):
        """Entities of texts: lists of (first word, word after the last, type)."""
        words = [[*WORD.finditer(text)] for text in texts]
        encoded = self.tokenizer(
            [[word.group() for word in some] for some in words],
            is_split_into_words=True,
            truncation=True,
            max_length=self.max_length,
        )
        ids = padded(encoded["input_ids"], self.tokenizer.pad_token_id)
        mask = padded(encoded["attention_mask"], 0)
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        emissions = torch.nn.functional.linear(torch.nn.functional.linear(hidden, *self.fc), *self.linear).numpy()
        positions = [encoded.word_ids(i) for i in range(len(texts))]
        paths = self.best_paths(emissions, [self.groups_of(some) for some in positions])
        return [(words[i], self.spans_of(paths[i], positions[i])) for i in range(len(texts))]

    @staticmethod
    def groups_of(word_ids):
        groups = []
        for at, word in enumerate(word_ids):
            if word is None:
                groups.append(2 if at == 0 else 3)
            else:
                groups.append(1 if at > 0 and word_ids[at - 1] == word else 0)
        return groups

    def best_paths(self, emissions, groups):
        """Viterbi over a batch; positions after a text's end repeat the state before."""
        width = max(map(len, groups))
        lengths = numpy.array([len(some) for some in groups])
        batch = numpy.arange(len(groups))
        scores = numpy.where(self.group == 2, self.start, -numpy.inf) + emissions[:, 0, self.tags]
        origins = numpy.zeros((width, *scores.shape), dtype=numpy.int64)
        for t in range(1, width):
            inside = t < lengths
            group = numpy.array([some[t] if t < len(some) else -1 for some in groups])
            candidates = scores[:, :, None] + self.transitions
            origins[t] = numpy.where(inside[:, None], candidates.argmax(1), numpy.arange(len(self.tags)))
            allowed = numpy.where(group[:, None] == self.group, candidates.max(1) + emissions[:, t, self.tags], -numpy.inf)
            scores = numpy.where(inside[:, None], allowed, scores)
        state = (scores + self.end).argmax(1)
        path = [state]
        for t in range(width - 1, 0, -1):
            state = origins[t][batch, state]
            path.append(state)
        path = numpy.stack(path[::-1], 1)
        return [path[i, : lengths[i]] for i in batch]

    def spans_of(self, path, word_ids):
        spans = []
        for state, word in zip(path, word_ids):
            if self.group[state] != 0:
                continue
            tag = self.tags[state]
            if tag > 0 and tag % 2 == 1:
                spans.append([word, word + 1, self.types[(tag - 1) // 2]])
            elif tag > 0:
                spans[-1][1] = word + 1
        return spans


class Relations:
    """Asks about pairs of entities."""

    def __init__(self, folder, constraints, types):
        config = json.loads((folder / "config.json").read_text())
        if config["visual"] is not None:
            sys.exit(f"{folder}: this server reads text-only models")
        weights = load_file(folder / "model.safetensors")
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.max_length = config["maxLength"]
        self.labels = config["relations"]
        rows = config["encoder"]["vocab_size"]
        self.encoder = encoder_of(folder, config, weights, rows + config["addedTokens"])
        self.markers = [rows, rows + 1, rows + 2, rows + 3]
        self.classifier = (weights["classifier.weight"], weights["classifier.bias"])
        calibration = folder / "calibration.json"
        self.temperature = json.loads(calibration.read_text())["temperature"] if calibration.exists() else 1
        self.types = set(types)
        self.possible = {
            (pair["head"], pair["tail"]): {label["label"] for label in pair["labels"]} if "labels" in pair else None
            for pair in (constraints or {"pairs": []})["pairs"]
        }
        self.constrained = constraints is not None

    def allows(self, head, tail):
        known = self.constrained and head in self.types and tail in self.types
        return not known or (head, tail) in self.possible

    def pairs_of(self, words, entities):
        """Neighbours first, then pairs with one mention between them, and so on; in a ring the closest first."""
        pairs = []
        for distance in range(1, len(entities)):
            ring = []
            for at in range(len(entities) - distance):
                for head, tail in ((at, at + distance), (at + distance, at)):
                    if self.allows(entities[head][2], entities[tail][2]):
                        ring.append((head, tail))
            ring.sort(key=lambda pair: gap(words, entities[pair[0]], entities[pair[1]]))
            pairs += ring[: MAX_PAIRS - len(pairs)]
        return pairs

    def input_of(self, subwords, head, tail):
        """Token ids with markers, and the ranges of both mentions; over-long texts keep the words around and between the mentions."""
        room = self.max_length - 6
        start, hole_start, hole_end, end = 0, len(subwords), len(subwords), len(subwords)
        if sum(map(len, subwords)) > room:
            start, hole_start, hole_end, end = keep_around(subwords, head, tail, room)
        ids, spans = [self.tokenizer.cls_token_id], {}
        kept = [*range(start, hole_start), *range(hole_end, end)]
        for at in kept:
            if at == head[0]:
                ids.append(self.markers[0])
                spans["head"] = len(ids)
            if at == tail[0]:
                ids.append(self.markers[2])
                spans["tail"] = len(ids)
            ids += subwords[at]
            if at == head[1] - 1:
                spans["head"] = (spans["head"], len(ids))
                ids.append(self.markers[1])
            if at == tail[1] - 1:
                spans["tail"] = (spans["tail"], len(ids))
                ids.append(self.markers[3])
        ids.append(self.tokenizer.sep_token_id)
        return ids, spans["head"], spans["tail"]

    def questions(self, words, entities):
        if len(entities) < 2:
            return []
        encoded = self.tokenizer([word.group() for word in words], is_split_into_words=True, add_special_tokens=False)
        subwords = [[] for _ in words]
        for token, word in zip(encoded["input_ids"], encoded.word_ids()):
            subwords[word].append(token)
        asked = []
        for head, tail in self.pairs_of(words, entities):
            asked.append((head, tail, *self.input_of(subwords, entities[head], entities[tail])))
        return asked

    def answer(self, posts, max_batch):
        """Relations of posts, given as (words, entities)."""
        questions = [(post, *one) for post, some in enumerate(posts) for one in self.questions(*some)]
        questions.sort(key=lambda one: len(one[3]))
        found = [[] for _ in posts]
        for at in range(0, len(questions), max_batch):
            batch = questions[at : at + max_batch]
            ids = padded([one[3] for one in batch], self.tokenizer.pad_token_id)
            mask = padded([[1] * len(one[3]) for one in batch], 0)
            hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
            spans = [torch.stack([hidden[i, one[k][0] : one[k][1]].mean(0) for i, one in enumerate(batch)]) for k in (4, 5)]
            logits = torch.nn.functional.linear(torch.cat(spans, 1), *self.classifier)
            for (post, head, tail, *_), row in zip(batch, logits):
                entities = posts[post][1]
                types = (entities[head][2], entities[tail][2])
                allowed = self.possible.get(types) if self.constrained and self.types.issuperset(types) else None
                if allowed is not None:
                    row = row.masked_fill(torch.tensor([label != "None" and label not in allowed for label in self.labels]), -1e30)
                best = int(row.argmax())
                if self.labels[best] != "None":
                    probability = float((row / self.temperature).softmax(0)[best])
                    found[post].append({"head": head, "tail": tail, "label": self.labels[best], "probability": probability})
        return [sorted(some, key=lambda one: (one["head"], one["tail"])) for some in found]


def gap(words, one, other):
    starts = max(words[one[0]].start(), words[other[0]].start())
    return starts - min(words[one[1] - 1].end(), words[other[1] - 1].end())


def keep_around(subwords, head, tail, room):
    """The words [start, hole_start) and [hole_end, end) that fit: both mentions, then words between them, then around them."""
    first, second = sorted([head[:2], tail[:2]])
    length = [len(tokens) for tokens in subwords]
    left = room - sum(length[first[0] : first[1]]) - sum(length[second[0] : second[1]])
    up, down = first[1], second[0] - 1
    rises = falls = True
    while rises or falls:
        rises = rises and up <= down and length[up] <= left
        if rises:
            left -= length[up]
            up += 1
        falls = falls and up <= down and length[down] <= left
        if falls:
            left -= length[down]
            down -= 1
    start, end = first[0], second[1]
    rises = falls = True
    while rises or falls:
        falls = falls and start > 0 and length[start - 1] <= left
        if falls:
            start -= 1
            left -= length[start]
        rises = rises and end < len(subwords) and length[end] <= left
        if rises:
            left -= length[end]
            end += 1
    return start, up, max(up, down + 1), end


class Bundle:
    def __init__(self, folder, max_batch):
        bundle = json.loads((folder / "bundle.json").read_text())
        self.max_batch = max_batch
        self.entities = Entities(folder / "entities")
        self.relations = Relations(folder / "relations", bundle.get("typeConstraints"), self.entities.types)

    @torch.inference_mode()
    def extract(self, texts):
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found = self.entities.find([texts[i] for i in order])
        answers = self.relations.answer(found, self.max_batch)
        results = [None] * len(texts)
        for i, (words, entities), relations in zip(order, found, answers):
            named = [
                {"start": words[a].start(), "end": words[b - 1].end(), "text": texts[i][words[a].start() : words[b - 1].end()], "label": label}
                for a, b, label in entities
            ]
            for relation in relations:
                relation["headText"], relation["tailText"] = named[relation["head"]]["text"], named[relation["tail"]]["text"]
            results[i] = {"entities": named, "relations": relations, "offsets": "code-point"}
        return results


class Batcher:
    """Reads posts one after the other, or whatever waits together; one thread computes."""

    def __init__(self, bundle, max_batch):
        self.bundle, self.max_batch = bundle, max_batch
        self.executor = ThreadPoolExecutor(1)
        self.queue = asyncio.Queue()

    async def run(self):
        while True:
            batch = [await self.queue.get()]
            while len(batch) < self.max_batch and not self.queue.empty():
                batch.append(self.queue.get_nowait())
            loop = asyncio.get_running_loop()
            try:
                results = await loop.run_in_executor(self.executor, self.bundle.extract, [text for text, _ in batch])
            except Exception as error:
                for _, future in batch:
                    future.set_exception(error)
                continue
            for (_, future), result in zip(batch, results):
                if not future.done():
                    future.set_result(result)

    async def extract(self, text):
        future = asyncio.get_running_loop().create_future()
        await self.queue.put((text, future))
        return await future


def serve(args, bundle):
    from contextlib import asynccontextmanager

    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Post(BaseModel):
        text: str

    batcher = Batcher(bundle, args.max_batch if args.batching == "waiting" else 1)

    @asynccontextmanager
    async def lifespan(app):
        task = asyncio.create_task(batcher.run())
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.get("/readyz")
    async def ready():
        return {"status": "ready"}

    @app.post("/v1/extract")
    async def extract(post: Post):
        return await batcher.extract(post.text)

    uvicorn.run(app, host=args.host, port=args.port, log_level="warning", access_log=False)


def read_posts(path, limit):
    import ast

    with open(path, encoding="utf-8") as lines:
        texts = [" ".join(ast.literal_eval(line)["token"]) if line.startswith("{'") else line.rstrip("\n") for line in lines if line.strip()]
    return [*dict.fromkeys(texts)][:limit]


def check(args, bundle):
    """Compares answers post by post; those that are cut here are left out."""
    counts = {"posts": 0, "cut": 0, "entities": 0, "relations": 0, "other entities": 0, "other relations": 0}
    largest = 0.0
    for text in read_posts(args.posts, args.limit):
        words = [word.group() for word in WORD.finditer(text)]
        if len(bundle.entities.tokenizer(words, is_split_into_words=True)["input_ids"]) > bundle.entities.max_length:
            counts["cut"] += 1
            continue
        body = json.dumps({"text": text, "options": {"offsets": "code-point"}}).encode()
        request = urllib.request.Request(f"{args.check}/v1/extract", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as response:
            theirs = json.load(response)
        [ours] = bundle.extract([text])
        counts["posts"] += 1
        sets = [{(e["start"], e["end"], e["label"]) for e in answer["entities"]} for answer in (ours, theirs)]
        counts["entities"] += len(sets[1])
        counts["other entities"] += len(sets[0] ^ sets[1])
        maps = [{(r["headText"], r["tailText"], r["label"]): r["probability"] for r in answer["relations"]} for answer in (ours, theirs)]
        counts["relations"] += len(maps[1])
        counts["other relations"] += len(maps[0].keys() ^ maps[1].keys())
        largest = max([largest, *[abs(maps[0][key] - maps[1][key]) for key in maps[0].keys() & maps[1].keys()]])
    print(json.dumps({**counts, "largest difference of a relation's probability": round(largest, 4)}))
    sys.exit(1 if counts["posts"] == 0 else 0)


def main():
    args = parse()
    torch.set_num_threads(args.threads)
    begun = time.perf_counter()
    bundle = Bundle(args.bundle, args.max_batch)
    bundle.extract(["Ada Novak met Bo in Rome"])
    print(json.dumps({"torch": torch.__version__, "threads": args.threads, "batching": args.batching, "seconds to load": round(time.perf_counter() - begun, 2)}), file=sys.stderr)
    if args.check:
        check(args, bundle)
    else:
        serve(args, bundle)


if __name__ == "__main__":
    main()
