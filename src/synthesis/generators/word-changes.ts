// Texts from texts by changing single words, as in EDA (arXiv 1901.11196): some words are replaced, inserted, swapped or deleted.
// Mentions are never touched, and their places in the new text are known. Neither labels nor types of mentions are read.
import { z } from "zod";
import { sha256 } from "../../base/sha256.ts";
import { AUTO } from "../../data/guess-format.ts";
import { formatNames } from "../../data/readers.ts";
import { type RandomStream, stream } from "../../training/random.ts";
import { GeneratorRefusal, PLAIN_TEXT, type TextToText } from "./generator.ts";
import { type Block, blocksOf, joinBlocks } from "./word-blocks.ts";
import { openWordSources, type Replacement } from "./word-sources.ts";

const ADAPTER = "word-changes";
const OPERATIONS = ["replace", "insert", "swap", "delete"] as const;
type Operation = (typeof OPERATIONS)[number];
const NEEDS_WORDS: readonly Operation[] = ["replace", "insert"];

export const schema = z
  .strictObject({
    adapter: z.literal(ADAPTER),
    operations: z
      .array(z.enum(OPERATIONS))
      .min(1)
      .optional()
      .describe(
        "What may be done to a text; the seed of a call chooses one. `replace`: some words become others. `insert`: others of some words are put in anywhere. `swap`: two words change places. `delete`: some words are left out. Absent: all four, or the last two if neither `words` nor `corpus` is named.",
      ),
    share: z
      .number()
      .positive()
      .lt(1)
      .default(0.1)
      .describe("Share of the words that a text changes (alpha), at least one. Mentions do not count."),
    words: z
      .string()
      .min(1)
      .optional()
      .describe(
        "List of words that can stand for each other: a group per line, with commas or tabs between the words.",
      ),
    corpus: z
      .string()
      .min(1)
      .optional()
      .describe(
        "File of documents. A word is replaced by one that stands between the same two words there, or else after the same word, as often as it does so there. Only its texts and the places of its mentions are read. For words that are in `words`, the list is used.",
      ),
    corpusFormat: z
      .enum(formatNames())
      .default(AUTO)
      .describe("Format of `corpus`, as `data.format` of the plan."),
  })
  .refine(
    ({ operations = [], words, corpus }) =>
      words !== undefined ||
      corpus !== undefined ||
      !operations.some((operation) => NEEDS_WORDS.includes(operation)),
    { path: ["operations"], message: "`replace` and `insert` need other words: name `words` or `corpus`" },
  );

type Settings = z.output<typeof schema>;

/** @throws ConfigError `config/not-found`, `config/unreadable` for the list; the errors of readers for the corpus */
export async function openWordChanges(settings: Settings): Promise<TextToText> {
  const { share, words, corpus, corpusFormat } = settings;
  const sources = await openWordSources({ words, corpus, corpusFormat });
  const operations =
    settings.operations ?? OPERATIONS.filter((one) => sources.any || !NEEDS_WORDS.includes(one));
  return {
    identity: {
      adapter: ADAPTER,
      model: `${ADAPTER} 1`,
      settings: { operations, share, sources: sources.fingerprint },
    },
    concurrency: 1,
    costPerCall: 0,
    async rewrite({ text, mentions, seed }) {
      // The draws follow from seed and text: two texts with one seed are not changed alike.
      const draws = stream(seed, 0, `${ADAPTER}/${sha256(text)}`);
      const order = [...draws.permutation(operations.length)].map((i) => operations[i]!);
      for (const operation of order) {
        const blocks = blocksOf(text, mentions);
        const changes = CHANGES[operation](blocks, { share, draws, replacement: sources.replacement });
        if (changes === 0) continue;
        const made = joinBlocks(blocks, mentions.length);
        return {
          content: { mediaType: PLAIN_TEXT, bytes: new TextEncoder().encode(made.text) },
          mentions: made.mentions,
          details: { operation, changes },
        };
      }
      throw new GeneratorRefusal(
        "nothing-to-change",
        `no word of the text can be changed by ${operations.join(" or ")}`,
      );
    },
    dispose: async () => undefined,
  };
}

interface Setting {
  readonly share: number;
  readonly draws: RandomStream;
  readonly replacement: Replacement;
}

/** Changes the blocks of a text and returns the number of changes; 0 if none is possible. */
type Change = (blocks: Block[], setting: Setting) => number;

const CHANGES: Readonly<Record<Operation, Change>> = {
  replace(blocks, { share, draws, replacement }) {
    const words = changeable(blocks);
    const before = [...blocks]; // the words around count as they were
    let left = countOf(words, share);
    let changes = 0;
    for (const i of shuffled(words, draws)) {
      if (left === 0) break;
      const other = replacement(before, i, draws);
      if (other === undefined) continue;
      const block = blocks[i]!;
      const { word } = block;
      blocks[i] = { ...block, word: other, text: block.text.replace(word!, () => other) };
      left--;
      changes++;
    }
    return changes;
  },
  insert(blocks, { share, draws, replacement }) {
    const words = changeable(blocks);
    const others = shuffled(words, draws)
      .map((i) => replacement(blocks, i, draws))
      .filter((word) => word !== undefined)
      .slice(0, countOf(words, share));
    for (const word of others) {
      const at = draws.integer(blocks.length + 1);
      const last = at === blocks.length ? blocks[at - 1] : undefined;
      blocks.splice(at, 0, { text: word, word, after: last?.after ?? " ", mentions: [] });
      if (last !== undefined) blocks[at - 1] = { ...last, after: " " };
    }
    return others.length;
  },
  swap(blocks, { share, draws }) {
    const words = changeable(blocks);
    if (words.length < 2) return 0;
    const count = countOf(words, share);
    for (let n = 0; n < count; n++) {
      const [a, b] = shuffled(words, draws) as [number, number];
      const [first, second] = [blocks[a]!, blocks[b]!];
      blocks[a] = { ...second, after: first.after };
      blocks[b] = { ...first, after: second.after };
    }
    return count;
  },
  delete(blocks, { share, draws }) {
    const words = changeable(blocks);
    if (words.length === 0 || blocks.length === 1) return 0;
    const drawn = words.filter(() => draws.uniform() < share);
    const gone = drawn.length === 0 ? shuffled(words, draws).slice(0, 1) : drawn;
    // Something must be left of a text without mentions.
    const removed = gone.length === blocks.length ? gone.slice(1) : gone;
    for (const i of removed.toReversed()) blocks.splice(i, 1);
    return removed.length;
  },
};

/** The positions of the blocks that hold a word and no mention. */
function changeable(blocks: readonly Block[]): number[] {
  return blocks.flatMap(({ word, mentions }, i) => (word !== undefined && mentions.length === 0 ? [i] : []));
}

/** How many words a share is, at least one if there is one. */
function countOf(words: readonly number[], share: number): number {
  return Math.min(words.length, Math.max(1, Math.round(words.length * share)));
}

function shuffled(positions: readonly number[], draws: RandomStream): number[] {
  return [...draws.permutation(positions.length)].map((i) => positions[i]!);
}
