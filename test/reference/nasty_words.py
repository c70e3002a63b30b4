"""Compare relata's tokens with the published tokenizers' on 5,000 nasty words per family: ids and offsets.

Trains a small tokenizer of every family (no hub is needed), writes it in the layout in which such models are published, lets
`nasty_words.mjs` read the folder with relata's built program, and reports each family's mismatches; exit code 1 if any ids differ.
Needs transformers, tokenizers, sentencepiece and protobuf; first `npm run build`.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import sentencepiece
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers.convert_slow_tokenizer import DebertaV2Converter, XLMRobertaConverter

ROOT = Path(__file__).resolve().parents[2]

LETTERS = {
    "latin": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "accents": "éèüñçøåßœæĳŁşžȟİıſÅﬁﬂ",
    "greek": "αβγδσςΣΩΆήϊΰ",
    "cyrillic": "абвгджЁёЙйѝЩ",
    "hebrew": "אבגדהוזחטײַשׁ",
    "arabic": "ابتثجحخدذرزسشﷺﻻ٠١٢٣",
    "devanagari": "कखगघङचछजक्षत्रज्ञ",
    "thai": "กขคงจฉชซำเแโ",
    "cjk": "漢字東京中国𠀀𪚥々〆ｶﾞカガが㍿㌔",
    "hangul": "한국어각각",
    "digits": "0123456789٣४५½²①Ⅷ",
    "punctuation": "!?.,;:'\"-–—…“”‘’«»()[]{}<>/\\|@#$%^&*_+=~`¿¡。、「」・",
    "symbols": "©®™€£¥°±×÷←→∞≠♥★☺✓µΩ",
}
MARKS = "\u0301\u0308\u0327\u0323\u20dd\u0489\u093f\u0e31\u064b\u05b0\u3099\ufe0f\ufe0e\u200d"
CONTROLS = "\u0000\u0001\u0007\u001b\u007f\u0085\u00ad\u200b\u200e\u200f\u202a\u202e\u2028\u2029\u2060\ufeff\ufffd\ufffe\ue000\U000e0001"
SPACES = "\u00a0\u1680\u2000\u2003\u2009\u202f\u205f\u3000\t"
EMOJI = ["😀", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "1️⃣", "🧑🏿‍🚀", "☹︎", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🤷‍♀️"]
PARTS = ["https://t.co/", "www.", "example.com", "?q=", "@user", "#tag", "n't", "'s", "'ll", "I'm", "RT", "e-mail", "U.S.", "1,000.50", "10:30", "C++", "<b>", "&amp;", "\\n"]
SEED_TEXT = "The quick brown fox jumps over the lazy dog . Anna and Ben went to Paris on 3 May 2021 , didn't they ? "


def some(draw, letters, low=1, high=8):
    return "".join(draw.choice(letters) for _ in range(draw.randint(low, high)))


def nasty_word(draw):
    """One word of one of twelve kinds; a space never, since words are split there."""
    script = draw.choice(list(LETTERS))
    letters = LETTERS[script]
    kind = draw.randrange(12)
    if kind == 0:
        return some(draw, letters)
    if kind == 1:  # combining marks, also at the beginning
        return "".join(c + (draw.choice(MARKS) if draw.random() < 0.5 else "") for c in draw.choice(MARKS + letters) + some(draw, letters))
    if kind == 2:
        return some(draw, letters, 0, 4) + draw.choice(EMOJI) + draw.choice([""] + EMOJI) + some(draw, LETTERS["latin"], 0, 3)
    if kind == 3:
        return some(draw, letters, 0, 4) + draw.choice(CONTROLS) + some(draw, letters, 0, 4)
    if kind == 4:
        return some(draw, letters, 0, 4) + draw.choice(SPACES) + some(draw, letters, 0, 4)
    if kind == 5:
        return "".join(draw.choice(PARTS) + some(draw, LETTERS["latin"] + LETTERS["digits"], 0, 5) for _ in range(draw.randint(1, 3)))
    if kind == 6:
        return "".join(some(draw, LETTERS[draw.choice(list(LETTERS))], 1, 3) for _ in range(draw.randint(2, 5)))
    if kind == 7:
        return some(draw, LETTERS["digits"] + ".,:-/", 1, 12)
    if kind == 8:
        return some(draw, LETTERS["punctuation"] + LETTERS["symbols"], 1, 6)
    if kind == 9:  # very long
        return some(draw, letters, 90, 140) if draw.random() < 0.5 else draw.choice(letters) * draw.randint(30, 300)
    if kind == 10:  # any code point but surrogates
        return "".join(chr(draw.choice([draw.randrange(0x20, 0xD800), draw.randrange(0xE000, 0x110000)])) for _ in range(draw.randint(1, 5)))
    return draw.choice(PARTS) + draw.choice(MARKS) + draw.choice(CONTROLS) + draw.choice(EMOJI) + some(draw, letters)


def nasty_words(count, seed):
    draw = random.Random(seed)
    words = []
    while len(words) < count:
        word = nasty_word(draw).replace(" ", "").replace("\n", "").replace("\r", "")
        if word.strip():
            words.append(word)
    return words


def corpus(words):
    """Half of the words, so that vocabularies know some pieces and not others."""
    return [SEED_TEXT] * 20 + [" ".join(words[at : at + 10]) for at in range(0, len(words) // 2, 10)]


def save(tokenizer, folder, settings, config):
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "config.json").write_text(json.dumps(config))
    return tokenizer


def wordpiece(folder, lines, lowercase, tokens, model_type):
    """BERT, DistilBERT (the same) and MPNet (other special tokens), from vocab.txt alone."""
    pad, unk, cls, sep, mask = tokens
    tokenizer = Tokenizer(models.WordPiece(unk_token=unk, max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=1500, special_tokens=list(tokens), show_progress=False))
    folder.mkdir(parents=True)
    by_id = sorted(tokenizer.get_vocab().items(), key=lambda one: one[1])
    kept = [token for token, _ in by_id if not any(c in token for c in "\n\r\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e")]
    (folder / "vocab.txt").write_text("\n".join(kept) + "\n", encoding="utf-8", newline="\n")
    settings = {"do_lower_case": lowercase, "pad_token": pad, "unk_token": unk, "cls_token": cls, "sep_token": sep, "mask_token": mask}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    read = Tokenizer(models.WordPiece({token: at for at, token in enumerate(kept)}, unk_token=unk, max_input_chars_per_word=100))
    read.normalizer = tokenizer.normalizer
    read.pre_tokenizer = tokenizer.pre_tokenizer
    return read


def byte_level(folder, lines, model_type):
    """RoBERTa from vocab.json and merges.txt; ModernBERT from tokenizer.json, with NFC. Words come with a space, as both require."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    if model_type == "modernbert":
        tokenizer.normalizer = normalizers.NFC()
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"] if model_type == "modernbert" else ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=1500, special_tokens=special, initial_alphabet=alphabet, show_progress=False))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    if model_type == "modernbert":
        save(tokenizer, folder, {"pad_token": "[PAD]"}, {"model_type": model_type})
        written = json.loads((folder / "tokenizer.json").read_text())
        written["pre_tokenizer"]["add_prefix_space"] = False  # as published
        (folder / "tokenizer.json").write_text(json.dumps(written))
    else:
        folder.mkdir(parents=True)
        tokenizer.model.save(str(folder))
        (folder / "tokenizer_config.json").write_text("{}")
        (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    return tokenizer


def pieces(folder, lines, name, rule, extra):
    """Trains a SentencePiece unigram model and writes it under the name that its family publishes."""
    folder.mkdir(parents=True)
    text = folder / "corpus.txt"
    clean = [line.replace("\x00", "") for line in lines]
    text.write_text("\n".join(clean), encoding="utf-8", newline="\n")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "m"), vocab_size=1200, character_coverage=0.985, hard_vocab_limit=False,
        normalization_rule_name=rule, minloglevel=2, **extra,
    )
    text.unlink()
    (folder / "m.vocab").unlink()
    (folder / "m.model").rename(folder / name)
    return folder / name


def converted(converter, model, ids, **options):
    """The fast tokenizer that transformers makes of a SentencePiece model."""
    original = SimpleNamespace(vocab_file=str(model), convert_tokens_to_ids=ids, add_prefix_space=True, legacy=True, **options)
    return converter(original).converted()


def deberta(folder, lines, rule, settings):
    model = pieces(folder, lines, "spm.model", rule, dict(
        pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"vocab_type": "spm", **settings}))
    (folder / "config.json").write_text(json.dumps({"model_type": "deberta-v2"}))
    ids = {"[CLS]": 1, "[SEP]": 2}.get
    return converted(DebertaV2Converter, model, ids, do_lower_case=settings.get("do_lower_case", False), split_by_punct=settings.get("split_by_punct", False))


def xlm_roberta(folder, lines):
    model = pieces(folder, lines, "sentencepiece.bpe.model", "nmt_nfkc", dict(unk_id=0, bos_id=1, eos_id=2))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "XLMRobertaTokenizer"}))
    (folder / "config.json").write_text(json.dumps({"model_type": "xlm-roberta"}))
    return converted(XLMRobertaConverter, model, {"<s>": 0, "</s>": 2}.get)


def as_json(tokenizer, folder, settings, config):
    """The same tokenizer, published as tokenizer.json."""
    save(tokenizer, folder, settings, config)
    return tokenizer


def utf16(word, at):
    return len(word[:at].encode("utf-16-le", "surrogatepass")) // 2


def expected(tokenizer, words):
    answers = []
    for word in words:
        encoding = tokenizer.encode([word], is_pretokenized=True, add_special_tokens=False)
        answers.append([encoding.ids, [[utf16(word, start), utf16(word, end)] for start, end in encoding.offsets]])
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5, help="mismatches to show per family")
    options = parser.parse_args()
    words = nasty_words(options.words, options.seed)
    lines = corpus(words)
    bert = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    mpnet = ("<pad>", "[UNK]", "<s>", "</s>", "<mask>")
    with tempfile.TemporaryDirectory() as temporary:
        at = Path(temporary)
        families = {
            "bert": wordpiece(at / "bert", lines, True, bert, "bert"),
            "bert-cased": wordpiece(at / "bert-cased", lines, False, bert, "bert"),
            "distilbert": wordpiece(at / "distilbert", lines, True, bert, "distilbert"),
            "mpnet": wordpiece(at / "mpnet", lines, True, mpnet, "mpnet"),
            "roberta": byte_level(at / "roberta", lines, "roberta"),
            "modernbert": byte_level(at / "modernbert", lines, "modernbert"),
            "deberta-v3-spm": deberta(at / "deberta-v3-spm", lines, "nmt_nfkc", {}),
            "deberta-v3-spm-identity": deberta(at / "deberta-v3-spm-identity", lines, "identity", {}),
            "deberta-v3-spm-lower": deberta(at / "deberta-v3-spm-lower", lines, "nmt_nfkc", {"do_lower_case": True, "split_by_punct": True}),
            "xlm-roberta-spm": xlm_roberta(at / "xlm-roberta-spm", lines),
        }
        for name, settings, config in (
            ("deberta-v3", {"pad_token": "[PAD]"}, {"model_type": "deberta-v2"}),
            ("xlm-roberta", {"pad_token": "<pad>"}, {"model_type": "xlm-roberta"}),
        ):
            families[name] = as_json(families[f"{name}-spm"], at / name, settings, config)
        (at / "expected.json").write_text(json.dumps({"words": words, "families": {name: expected(one, words) for name, one in families.items()}}))
        script = ROOT / "test" / "reference" / "nasty_words.mjs"
        sys.exit(subprocess.run(["node", str(script), str(at), str(options.show)], check=False).returncode)


if __name__ == "__main__":
    main()
