"""Write test/golden/entity-metrics.jsonl: invented tag sequences, well-formed and broken, with the scores that seqeval gives them.

Needs seqeval (the cases were made with 1.2.2). Run: python test/reference/make_entity_metric_cases.py
One case per line: `gold` and `predicted` hold the tags of each document; `conll` is seqeval's default mode, `strict` its strict mode with
IOB2: per type and per average [precision, recall, F1, support], and the entities it reads from the predicted tags as [document, start,
end, type] (end exclusive). Cases with a tag that is not BIO have `error`: what strict mode raises; the default mode scores them by accident.
"""

import json
import random
import warnings
from pathlib import Path

from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Entities

TARGET = Path(__file__).parent.parent / "golden" / "entity-metrics.jsonl"
TYPES = ["PER", "LOC", "ORG", "MISC-x"]
AVERAGES = ["micro avg", "macro avg", "weighted avg"]
FOREIGN = ["X", "[SEP]", "S-PER", "E-LOC", "U-PER", "Z-ORG"]
PATHOLOGICAL = [
    ("I-PER", "B-PER"),
    ("I-PER I-PER O", "B-PER I-PER O"),
    ("B-PER I-LOC", "B-PER I-PER"),
    ("B-PER I-LOC I-LOC I-PER", "B-PER I-LOC B-LOC I-PER"),
    ("B-PER B-PER B-PER", "B-PER I-PER B-PER"),
    ("O I-LOC B-LOC I-LOC", "O B-LOC I-LOC I-LOC"),
    ("B-LOC O I-LOC", "B-LOC O B-LOC"),
    ("I-ORG I-LOC I-PER I-MISC-x", "B-ORG B-LOC B-PER B-MISC-x"),
    ("O O O", "O O O"),
    ("O O O", "O I-PER O"),
    ("B-PER O O", "O O O"),
    ("B-PER", "B-LOC"),
]


def well_formed(rng, length):
    tags = []
    while len(tags) < length:
        if rng.random() < 0.45:
            tags.append("O")
            continue
        label = rng.choice(TYPES)
        tags += [f"B-{label}"] + [f"I-{label}"] * rng.choice([0, 0, 1, 2, 3])
    return tags[:length]


def broken(rng, tags, rate):
    every = ["O"] + [f"{prefix}-{label}" for label in TYPES for prefix in "BI"]
    changed = []
    for tag in tags:
        if rng.random() >= rate:
            changed.append(tag)
        elif tag[0] == "B" and rng.random() < 0.5:
            changed.append("I" + tag[1:])
        else:
            changed.append(rng.choice(every))
    return changed


def numbers(row):
    return [float(row["precision"]), float(row["recall"]), float(row["f1-score"]), int(row["support"])]


def scores(gold, predicted, read, **mode):
    report = classification_report(gold, predicted, output_dict=True, zero_division=0, **mode) if read["types"] else {}
    types = {label: numbers(row) for label, row in report.items() if label not in AVERAGES}
    averages = {name.split()[0]: numbers(report[name]) for name in AVERAGES if name in report}
    return {"entities": read["entities"], "types": types, **averages}


def read_default(gold, predicted):
    entities = [
        [document, start, end + 1, label]
        for document, tags in enumerate(predicted)
        for label, start, end in get_entities(tags)
    ]
    return {"entities": entities, "types": {label for tags in gold + predicted for label, _, _ in get_entities(tags)}}


def read_strict(gold, predicted):
    found = [
        [entity.sent_id, entity.start, entity.end, entity.tag]
        for document in Entities(predicted, IOB2).entities
        for entity in document
    ]
    return {"entities": found, "types": Entities(gold, IOB2).unique_tags | Entities(predicted, IOB2).unique_tags}


def case(gold, predicted):
    line = {"gold": [" ".join(tags) for tags in gold], "predicted": [" ".join(tags) for tags in predicted]}
    try:
        strict = read_strict(gold, predicted)
    except (KeyError, ValueError) as error:
        return line | {"error": type(error).__name__}
    return line | {
        "conll": scores(gold, predicted, read_default(gold, predicted)),
        "strict": scores(gold, predicted, strict, mode="strict", scheme=IOB2),
    }


def cases(rng):
    for gold, predicted in PATHOLOGICAL:
        yield [gold.split()], [predicted.split()]
    for _ in range(260):
        lengths = [rng.randint(1, 9) for _ in range(rng.randint(1, 3))]
        rate = rng.choice([0, 0.2, 0.5, 1])
        gold = [well_formed(rng, length) for length in lengths]
        if rng.random() < 0.4:
            gold = [broken(rng, tags, rate) for tags in gold]
        yield gold, [broken(rng, tags, rng.choice([0.1, 0.4, 1])) for tags in gold]
    for foreign in FOREIGN:
        tags = well_formed(rng, 5)
        yield [tags], [tags[:2] + [foreign] + tags[3:]]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    lines = [json.dumps(case(*pair), separators=(",", ":")) for pair in cases(random.Random(2310))]
    TARGET.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} cases in {TARGET}")
