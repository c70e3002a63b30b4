"""Writes the tables of test/golden/huggingface with Hugging Face's datasets: python make_huggingface_tables.py <folder>. Needs datasets and pillow."""
import io
import sys
from pathlib import Path

import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Image, List, Sequence, Value
from PIL import Image as Pillow

FOLDER = Path(sys.argv[1])
TOKENS = ["😀", "Ann", "Lee", "in", "Rome", "e\u0301"]
STRING = Value("string")
INT = Value("int32")


def picture(red):
    file = io.BytesIO()
    Pillow.new("RGB", (8, 8), (red, 0, 0)).save(file, "PNG")
    return file.getvalue()


def save(name, rows, features, **options):
    path = FOLDER / f"{name}.parquet"
    Dataset.from_list(rows, features=Features(features)).to_parquet(path, **options)
    return path


path = save(
    "tags-and-pictures",
    [
        {
            "id": f"row-{i}",
            "tokens": TOKENS,
            "ner_tags": [0, 1, 2, 0, 3, 0],
            # Rows 0 and 1 have the same name for different pictures, row 2 has none, and row 3 repeats the picture of row 0.
            "image": {"bytes": picture(i % 3), "path": [f"a/b.png", "b.png", None, "c.png"][i]},
        }
        for i in range(4)
    ],
    {"id": STRING, "tokens": List(STRING), "ner_tags": List(ClassLabel(names=["O", "B-PER", "I-PER", "B-LOC"])), "image": Image()},
)
pq.write_table(pq.read_table(path), path, compression="zstd", row_group_size=3)
save(
    "bioes",
    [{"tokens": TOKENS, "tags": [0, 1, 2, 0, 3, 0]}],
    {"tokens": List(STRING), "tags": List(ClassLabel(names=["O", "B-PER", "E-PER", "S-LOC"]))},
)
save(
    "spert",
    [
        {
            "tokens": TOKENS,
            "entities": [{"type": "Per", "start": 1, "end": 3}, {"type": "Loc", "start": 4, "end": 5}],
            "relations": [{"type": "in", "head": 0, "tail": 1}],
            "orig_id": 7,
        }
    ],
    {
        "tokens": List(STRING),
        "entities": List({"type": STRING, "start": INT, "end": INT}),
        "relations": List({"type": ClassLabel(names=["out", "in"]), "head": INT, "tail": INT}),
        "orig_id": Value("int64"),
    },
)
save(
    "dygie",
    [
        {
            "doc_key": "k",
            "sentences": [["Ann", "left"], ["She", "saw", "New", "York"]],
            "ner": [[["0", "0", "Per"]], [["4", "5", "Loc"]]],
            "relations": [[["0", "0", "4", "5", "SAW"]], []],
        }
    ],
    {"doc_key": STRING, "sentences": List(List(STRING)), "ner": List(List(List(STRING))), "relations": List(List(List(STRING)))},
)
save(
    "tacred",
    [
        {"id": f"e{i}", "relation": i % 2, "token": TOKENS, "subj_start": 1, "subj_end": 3, "obj_start": 4, "obj_end": 5, "subj_type": "PERSON", "obj_type": "CITY"}
        for i in range(6)
    ],
    {
        "id": STRING,
        "relation": ClassLabel(names=["no_relation", "per:city"]),
        "token": List(STRING),
        "subj_start": INT,
        "subj_end": INT,
        "obj_start": INT,
        "obj_end": INT,
        "subj_type": STRING,
        "obj_type": STRING,
    },
)
# A Sequence of a dict is a struct of lists.
LABEL = ClassLabel(names=["PER", "LOC"])
save(
    "mentions-in-columns",
    [{"id": "a", "text": "Ann left Rome", "entities": {"start": [0, 9], "end": [3, 13], "label": [0, 1]}, "relations": {"head": [0], "tail": [1], "label": ["left"]}}],
    {
        "id": STRING,
        "text": STRING,
        "entities": Sequence({"start": INT, "end": INT, "label": LABEL}),
        "relations": Sequence({"head": INT, "tail": INT, "label": STRING}),
    },
)
# -1 stands for a label that is not published.
save("unlabelled", [{"text": "Ann left", "label": 1}, {"text": "Bo came", "label": -1}], {"text": STRING, "label": LABEL})
