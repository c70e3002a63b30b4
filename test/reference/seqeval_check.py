"""Scores predicted entities with seqeval against the tags of a CoNLL file as they are, broken BIO included.

    relata evaluate <model> valid.txt --format conll --predictions predicted.jsonl --json > scores.json
    python3 test/reference/seqeval_check.py valid.txt predicted.jsonl scores.json

Fails when a number of seqeval's report differs from relata's.
"""

import json
import sys

from seqeval.metrics import classification_report


def gold_tags(path):
    blocks, tags = [], []
    for line in open(path, encoding="utf-8", newline="\n"):
        line = line.rstrip("\n")
        if line.startswith("IMGID:"):
            continue
        if line == "":
            if tags:
                blocks.append(tags)
            tags = []
        else:
            tags.append(line.split("\t")[-1])
    if tags:
        blocks.append(tags)
    return blocks


def predicted_tags(path):
    blocks = []
    for line in open(path, encoding="utf-8"):
        document = json.loads(line)
        tokens = document["meta"]["tokens"]
        starts = {start: i for i, (start, _) in enumerate(tokens)}
        ends = {end: i for i, (_, end) in enumerate(tokens)}
        tags = ["O"] * len(tokens)
        for entity in document["entities"]:
            first, last = starts[entity["start"]], ends[entity["end"]]
            tags[first] = "B-" + entity["label"]
            for i in range(first + 1, last + 1):
                tags[i] = "I-" + entity["label"]
        blocks.append(tags)
    return blocks


def main():
    gold, predicted = gold_tags(sys.argv[1]), predicted_tags(sys.argv[2])
    ours = json.load(open(sys.argv[3]))["metrics"]
    report = classification_report(gold, predicted, output_dict=True, zero_division=0)
    pairs = [("micro", report["micro avg"], ours["micro"]), ("macro", report["macro avg"], ours["macro"])]
    pairs += [(score["label"], report[score["label"]], score) for score in ours["types"]]
    worst = 0.0
    for name, theirs, mine in pairs:
        difference = max(
            abs(theirs["precision"] - mine["precision"]),
            abs(theirs["recall"] - mine["recall"]),
            abs(theirs["f1-score"] - mine["f1"]),
        )
        worst = max(worst, difference)
        print(f"{name:8} seqeval F1 {theirs['f1-score']:.6f}  relata F1 {mine['f1']:.6f}")
    print(f"largest difference of any number: {worst:.2e}")
    sys.exit(0 if worst < 1e-12 else 1)


main()
