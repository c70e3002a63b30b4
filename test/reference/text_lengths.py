"""Write how many tokens the texts of a CoNLL file have, for `relata bench predict --lengths`.

Word pieces of a lower-casing BERT vocabulary, [CLS] and [SEP] included; a sample that keeps the distribution: every n-th of the sorted lengths.
"""

import argparse
import json
from pathlib import Path


def texts(path):
    """The words of each text: lines "word ... tag", texts parted by empty lines, IMGID lines passed over."""
    words = []
    for line in path.read_text(encoding="utf-8").splitlines() + [""]:
        if line.startswith("IMGID:"):
            continue
        if line.strip():
            words.append(line.split("\t")[0].split(" ")[0])
        elif words:
            yield words
            words = []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="CoNLL file")
    parser.add_argument("vocabulary", help="vocab.txt of a BERT model")
    parser.add_argument("output", type=Path, help="JSON file to write: {lengths}")
    parser.add_argument("--count", type=int, default=512, help="texts to keep")
    parser.add_argument("--longest", type=int, default=128, help="longer texts count as this long")
    args = parser.parse_args()
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer(args.vocabulary, lowercase=True)
    lengths = sorted(min(args.longest, len(tokenizer.encode(words, is_pretokenized=True).ids)) for words in texts(args.data))
    kept = [lengths[(2 * i + 1) * len(lengths) // (2 * args.count)] for i in range(min(args.count, len(lengths)))]
    args.output.write_text(json.dumps({"lengths": kept}), encoding="utf-8")
    print(f"{len(lengths)} texts, mean {sum(lengths) / len(lengths):.2f}, longest {lengths[-1]}; kept {len(kept)}, mean {sum(kept) / len(kept):.2f}")


if __name__ == "__main__":
    main()
