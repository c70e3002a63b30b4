"""Draws the sentences of WebNLG on which docs/measurements.md compares separate and packed pairs: train.json and val.json in this folder."""

import json
import random
import sys
from pathlib import Path

SIZES = {"train": 300, "val": 120}


def main(folder: str) -> None:
    parts = {name: json.loads((Path(folder) / f"{name}_triples.json").read_text()) for name in SIZES}
    random.seed(5)
    for sentences in parts.values():
        random.shuffle(sentences)
    for name, size in SIZES.items():
        Path(f"{name}.json").write_text(json.dumps(parts[name][:size]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 test/reference/webnlg_sample.py FOLDER")
    main(sys.argv[1])
