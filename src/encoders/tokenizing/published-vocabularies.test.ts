// Published vocabularies: ids and offsets as Python's tokenizers 0.23 gives them (is_split_into_words).
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadTokenizer } from "./load-tokenizer.ts";

const shared = resolve(process.env.RELATA_SHARED ?? "../shared");
const vocabularies = join(shared, "data/vocab");
const isPresent = existsSync(vocabularies);

type Expected = readonly [ids: readonly number[], offsets: readonly (readonly number[])[]];
interface Case {
  readonly word: string;
  readonly bert: Expected;
  readonly roberta?: Expected;
  readonly clip?: Expected;
}

// Emoji joined by ZWJ, combining marks, a ligature, CJK inside and beyond the basic plane, right-to-left, control characters, a very long word,
// nothing at all, a final sigma, a special token spelled out, a no-break space, a dotted capital I, a clitic, a new emoji.
// One range differs from Python's on purpose: of a decomposed e with accent, CLIP's token stands for both units.
const CASES: readonly Case[] = [
  {
    word: "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66",
    bert: [[100], [[0, 11]]],
    roberta: [
      [26964, 11423, 17, 8384, 31193, 15375, 17, 8384, 31193, 6248, 17, 8384, 31193, 18164],
      [
        [0, 2],
        [0, 2],
        [2, 3],
        [2, 3],
        [3, 5],
        [3, 5],
        [5, 6],
        [5, 6],
        [6, 8],
        [6, 8],
        [8, 9],
        [8, 9],
        [9, 11],
        [9, 11],
      ],
    ],
    clip: [
      [25023, 26304, 48938, 4244, 964, 355],
      [
        [0, 3],
        [3, 6],
        [6, 8],
        [8, 9],
        [9, 11],
        [9, 11],
      ],
    ],
  },
  {
    word: "e\u0301cole",
    bert: [[12431], [[0, 6]]],
    roberta: [
      [364, 44025, 10172, 876, 459],
      [
        [0, 1],
        [1, 2],
        [1, 2],
        [2, 4],
        [4, 6],
      ],
    ],
    clip: [
      [3459, 8166],
      [
        [0, 2],
        [2, 6],
      ],
    ],
  },
  {
    word: "\ufb01anc\u00e9",
    bert: [
      [1984, 6651],
      [
        [0, 1],
        [1, 5],
      ],
    ],
    roberta: [
      [33549, 11582, 10172, 3290, 1140],
      [
        [0, 1],
        [0, 1],
        [0, 1],
        [1, 4],
        [4, 5],
      ],
    ],
    clip: [
      [171, 105, 223, 1124, 4166],
      [
        [0, 1],
        [0, 1],
        [0, 1],
        [1, 4],
        [4, 5],
      ],
    ],
  },
  {
    word: "\u6771\u4eactower",
    bert: [
      [1879, 1755, 3578],
      [
        [0, 1],
        [1, 2],
        [2, 7],
      ],
    ],
    roberta: [
      [47416, 46, 15389, 46499, 11582, 40368],
      [
        [0, 1],
        [0, 1],
        [0, 1],
        [1, 2],
        [1, 2],
        [2, 7],
      ],
    ],
    clip: [
      [48338, 21078, 105, 4730],
      [
        [0, 1],
        [1, 2],
        [1, 2],
        [2, 7],
      ],
    ],
  },
  {
    word: "\u05e9\u05dc\u05d5\u05dd",
    bert: [
      [1266, 29799, 29792, 29800],
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
      ],
    ],
    roberta: [
      [42455, 15375, 47759, 46174, 42358, 46],
      [
        [0, 1],
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
        [3, 4],
      ],
    ],
    clip: [
      [147, 102, 147, 250, 147, 243, 147, 507],
      [
        [0, 1],
        [0, 1],
        [1, 2],
        [1, 2],
        [2, 3],
        [2, 3],
        [3, 4],
        [3, 4],
      ],
    ],
  },
  {
    word: "a\u0000b\u0007c",
    bert: [[5925], [[0, 5]]],
    roberta: [
      [10, 50108, 428, 50115, 438],
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 5],
      ],
    ],
    clip: [
      [320, 444, 321, 451, 322],
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 5],
      ],
    ],
  },
  { word: "x".repeat(101), bert: [[100], [[0, 101]]] },
  { word: "", bert: [[], []], roberta: [[], []], clip: [[], []] },
  {
    word: "\u039f\u0394\u039f\u03a3",
    bert: [
      [1169, 29722, 29730, 29733],
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
      ],
    ],
    roberta: [
      [43662, 4333, 41335, 10674, 41335, 4333, 41335, 2469],
      [
        [0, 1],
        [0, 1],
        [1, 2],
        [1, 2],
        [2, 3],
        [2, 3],
        [3, 4],
        [3, 4],
      ],
    ],
    clip: [
      [138, 123, 138, 112, 138, 123, 139, 481],
      [
        [0, 1],
        [0, 1],
        [1, 2],
        [1, 2],
        [2, 3],
        [2, 3],
        [3, 4],
        [3, 4],
      ],
    ],
  },
  {
    word: "\ud840\udc00\ud869\udf00",
    bert: [
      [100, 100],
      [
        [0, 2],
        [2, 4],
      ],
    ],
    roberta: [
      [1437, 49585, 21402, 7471, 7471, 49585, 10278, 48, 7471],
      [
        [0, 0],
        [0, 2],
        [0, 2],
        [0, 2],
        [0, 2],
        [2, 4],
        [2, 4],
        [2, 4],
        [2, 4],
      ],
    ],
    clip: [
      [172, 254, 222, 222, 172, 103, 250, 478],
      [
        [0, 2],
        [0, 2],
        [0, 2],
        [0, 2],
        [2, 4],
        [2, 4],
        [2, 4],
        [2, 4],
      ],
    ],
  },
  {
    word: "[MASK]",
    bert: [[103], [[0, 6]]],
    roberta: [
      [646, 32804, 530, 742],
      [
        [0, 1],
        [1, 4],
        [4, 5],
        [5, 6],
      ],
    ],
    clip: [
      [314, 8306, 316],
      [
        [0, 1],
        [1, 5],
        [5, 6],
      ],
    ],
  },
  { word: "\u00a0", bert: [[], []], roberta: [[50143], [[0, 1]]], clip: [[], []] },
  {
    word: "\u0130stanbul",
    bert: [[9960], [[0, 8]]],
    roberta: [
      [4236, 7487, 46770],
      [
        [0, 1],
        [0, 1],
        [1, 8],
      ],
    ],
    clip: [
      [328, 16384, 11231],
      [
        [0, 1],
        [0, 1],
        [1, 8],
      ],
    ],
  },
  {
    word: "don't",
    bert: [
      [2123, 1005, 1056],
      [
        [0, 3],
        [3, 4],
        [4, 5],
      ],
    ],
    roberta: [
      [218, 75],
      [
        [0, 3],
        [3, 5],
      ],
    ],
    clip: [
      [847, 713],
      [
        [0, 3],
        [3, 5],
      ],
    ],
  },
  {
    word: "\ud83e\udee0",
    bert: [[100], [[0, 2]]],
    roberta: [
      [8103, 4958, 21402],
      [
        [0, 2],
        [0, 2],
        [0, 2],
      ],
    ],
    clip: [
      [558, 104, 510],
      [
        [0, 2],
        [0, 2],
        [0, 2],
      ],
    ],
  },
];

describe.skipIf(!isPresent)("tokenizers from published vocabularies (need the shared data folder)", () => {
  it.each([
    ["bert", "bert-base-uncased", 30_522, 0],
    ["roberta", "roberta", 50_265, 1],
    ["clip", "clip", 49_408, 49_407],
  ] as const)("encodes nasty words as the %s tokenizer does", async (family, folder, size, padId) => {
    const tokenizer = await loadTokenizer(join(vocabularies, folder));
    expect(tokenizer.vocabularySize).toBe(size);
    expect(tokenizer.padId).toBe(padId);
    for (const { word, [family]: expected } of CASES) {
      if (expected === undefined) continue;
      const subwords = tokenizer.encodeWord(word);
      const ids = subwords.map((subword) => subword.id);
      const offsets = subwords.map((subword) => [subword.start, subword.end]);
      expect([ids, offsets], JSON.stringify(word)).toEqual(expected);
    }
  });

  it("puts a sentence together as Python does", async () => {
    const words = ["RT", "@AFP", ":", "UN", "says", "Libya", "'s", "Tripoli"];
    const bert = await loadTokenizer(join(vocabularies, "bert-base-uncased"));
    const roberta = await loadTokenizer(join(vocabularies, "roberta"));
    const clip = await loadTokenizer(join(vocabularies, "clip"));
    expect(bert.encodeWords(words).ids).toEqual([
      101, 19387, 1030, 21358, 2361, 1024, 4895, 2758, 12917, 1005, 1055, 21841, 102,
    ]);
    expect(roberta.encodeWords(words).ids).toEqual([
      0, 10541, 787, 11528, 4832, 2604, 161, 7662, 128, 29, 25679, 2,
    ]);
    expect(clip.encodeWords(words).ids).toEqual([
      49406, 8991, 287, 18311, 281, 2271, 1563, 16417, 568, 40095, 49407,
    ]);
    expect(bert.encodeWords(words).wordIndex).toEqual([-1, 0, 1, 1, 1, 2, 3, 4, 5, 6, 6, 7, -1]);
  });
});
