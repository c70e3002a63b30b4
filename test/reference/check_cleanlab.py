"""Compares relata's ranking of suspicious labels with cleanlab's on the same out-of-fold probabilities.

Reads the files that scripts/plant-label-errors.mjs wrote and prints, for each, the precision at the number of planted errors.
Needs `pip install cleanlab`:

    python3 test/reference/check_cleanlab.py runs/planted/*.json
"""

import json
import sys

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from cleanlab.token_classification.filter import find_label_issues as find_token_issues
from cleanlab.token_classification.rank import get_label_quality_scores as token_quality_scores

METHODS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


def relations(run):
    given = np.array(run["given"])
    planted = np.array(run["planted_rows"])
    probabilities = np.array(run["probabilities"])
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    count = run["planted"]
    found = {}
    for method in METHODS:
        for adjusted in (False, True):
            if adjusted and method == "confidence_weighted_entropy":
                continue  # cleanlab refuses it
            scores = get_label_quality_scores(given, probabilities, method=method, adjust_pred_probs=adjusted)
            order = np.argsort(scores, kind="stable")
            found[method + (" adjusted" if adjusted else "")] = planted[order[:count]].sum() / count
    issues = find_label_issues(given, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
    hits = planted[issues]
    found["find_label_issues, first"] = hits[:count].sum() / count
    found["find_label_issues, all"] = hits.sum() / max(1, len(issues))
    found["find_label_issues, number"] = int(len(issues))
    return found


def distinct_regions(order, regions, hits, count):
    """Goes down a list of words; words of one region count once."""
    seen, right = set(), set()
    for word in order:
        if regions[word] in seen:
            continue
        seen.add(regions[word])
        if hits[regions[word]] is not None:
            right.add(hits[regions[word]])
        if len(seen) == count:
            break
    return len(right) / count


def entities(run):
    sentences = [sentence for sentence in run["sentences"] if sentence["given"]]
    given = [sentence["given"] for sentence in sentences]
    probabilities = [np.array(sentence["probabilities"]) for sentence in sentences]
    probabilities = [p / p.sum(axis=1, keepdims=True) for p in probabilities]
    regions = [region for sentence in sentences for region in sentence["region"]]
    hits, count = run["hits"], run["planted"]
    first = np.cumsum([0] + [len(words) for words in given])
    found = {}
    for method in METHODS:
        _, tokens = token_quality_scores(given, probabilities, token_score_method=method)
        order = np.argsort(np.concatenate([np.asarray(scores) for scores in tokens]), kind="stable")
        found["tokens by " + method] = distinct_regions(order, regions, hits, count)
    issues = find_token_issues(given, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
    order = [int(first[sentence] + word) for sentence, word in issues]
    found["token_classification.find_label_issues, first"] = distinct_regions(order, regions, hits, count)
    found["token_classification.find_label_issues, number"] = len(order)
    return found


for path in sys.argv[1:]:
    with open(path, encoding="utf8") as file:
        run = json.load(file)
    if run["planted"] == 0:
        continue
    found = relations(run) if run["task"] == "mre" else entities(run)
    shown = {name: round(float(value), 4) for name, value in found.items()}
    print(json.dumps({"task": run["task"], "documents": run["documents"], "rate": run["rate"], "seed": run["seed"], "relata": run["precision"], "cleanlab": shown}))
