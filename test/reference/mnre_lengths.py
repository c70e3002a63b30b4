"""Write the padded lengths of MNRE's batches as JSON, so that every side of a benchmark runs the same shapes.

Lengths are RoBERTa byte-level BPE tokens with four markers and the two special tokens, sorted, cut into batches and padded to the longest.
"""

import argparse
import ast
import json
import os
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", help="JSON file to write: {batch, lengths}")
    parser.add_argument("--shared", default=os.environ.get("RELATA_SHARED", "../shared"))
    parser.add_argument("--split", choices=["train", "val"], default="train")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--every", type=int, default=1, help="keep every n-th batch, from the middle of the first n")
    args = parser.parse_args()
    from tokenizers import ByteLevelBPETokenizer

    vocab = Path(args.shared) / "data" / "vocab" / "roberta"
    tokenizer = ByteLevelBPETokenizer(str(vocab / "vocab.json"), str(vocab / "merges.txt"), add_prefix_space=True)
    with open(Path(args.shared) / "data" / "mnre" / f"{args.split}.txt", encoding="utf-8") as lines:
        rows = [ast.literal_eval(line)["token"] for line in lines if line.strip()]
    lengths = sorted(sum(len(tokenizer.encode(word).ids) for word in row) + 6 for row in rows)
    padded = [max(lengths[i : i + args.batch]) for i in range(0, len(lengths), args.batch)]
    kept = padded[args.every // 2 :: args.every]
    Path(args.output).write_text(json.dumps({"batch": args.batch, "samples": len(rows), "batches": len(padded), "lengths": kept}), encoding="utf-8")
    print(f"{len(rows)} rows, {len(padded)} batches, mean length {sum(lengths) / len(lengths):.2f}, mean padded {sum(padded) / len(padded):.2f}, kept {len(kept)} with mean {sum(kept) / len(kept):.2f}")


if __name__ == "__main__":
    main()
