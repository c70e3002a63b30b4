// Compares with an enumeration of every well-formed tag sequence of small texts; the BIO reader defines well-formedness.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBioTag, spansOfTags } from "../../data/bio.ts";
import { type ChainScores, viterbi } from "../../nn/viterbi.ts";
import { decodeEntities, decodeSpans, spanProbabilities } from "./decode-entities.ts";
import { type SubwordTags, TagScheme } from "./tag-scheme.ts";

const TYPES = ["PER", "LOC"];
const SCHEMES = { x: new TagScheme(TYPES, "x"), inside: new TagScheme(TYPES, "inside") };

interface Text {
  readonly wordIndex: readonly number[];
  readonly emissions: Float32Array;
  readonly chain: ChainScores;
}

/** Words of 1 to 3 subwords, some word indices skipped, with and without special tokens at the ends. */
const wordIndices = fc
  .record({
    words: fc.array(fc.record({ subwords: fc.integer({ min: 1, max: 3 }), gap: fc.boolean() }), {
      maxLength: 4,
    }),
    specials: fc.constantFrom("both", "none", "middle"),
  })
  .map(({ words, specials }) => {
    let word = 0;
    const tokens = words.flatMap(({ subwords, gap }) => {
      word += gap ? 2 : 1;
      return new Array<number>(subwords).fill(word);
    });
    if (specials === "both") return [-1, ...tokens, -1];
    return specials === "middle" ? [-1, ...tokens.slice(0, 2), -1, ...tokens.slice(2)] : tokens;
  })
  .filter(({ length }) => length > 0);

function texts(scheme: TagScheme): fc.Arbitrary<Text> {
  const tags = scheme.tags.length;
  const numbers = (length: number) =>
    fc
      .array(fc.integer({ min: -24, max: 24 }), { minLength: length, maxLength: length })
      .map((values) => Float32Array.from(values, (value) => value / 8));
  return wordIndices.chain((wordIndex) =>
    fc.record({
      wordIndex: fc.constant(wordIndex),
      emissions: numbers(wordIndex.length * tags),
      chain: fc.record({ start: numbers(tags), end: numbers(tags), transitions: numbers(tags * tags) }),
    }),
  );
}

function score(tags: readonly number[], { emissions, chain }: Text): number {
  const size = chain.start.length;
  return tags.reduce(
    (sum, tag, t) =>
      sum + emissions[t * size + tag]! + (t > 0 ? chain.transitions[tags[t - 1]! * size + tag]! : 0),
    chain.start[tags[0]!]! + chain.end[tags.at(-1)!]!,
  );
}

/** Every well-formed sequence: the BIO reader checks the tags of words; the other tokens' tags follow from the word before. */
function* wellFormed(scheme: TagScheme, wordIndex: readonly number[]) {
  const words = [...new Set(wordIndex.filter((word) => word >= 0))];
  const bio = scheme.tags.filter((tag) => parseBioTag(tag));
  for (let code = 0; code < bio.length ** words.length; code++) {
    const named = words.map((_, i) => bio[Math.floor(code / bio.length ** i) % bio.length]!);
    const { spans, orphans } = spansOfTags(named, "strict");
    if (orphans.length > 0) continue;
    const tags = wordIndex.map((word, token) => {
      if (word < 0) return scheme.subwords === "inside" ? "O" : token === 0 ? "[CLS]" : "[SEP]";
      const own = named[words.indexOf(word)]!;
      if (wordIndex.indexOf(word) === token) return own;
      return scheme.subwords === "x" ? "X" : own.replace("B-", "I-");
    });
    const entities = spans.map(({ start, end, label }) => ({
      start: words[start]!,
      end: words[end - 1]! + 1,
      label,
    }));
    yield { tags: tags.map((tag) => scheme.tags.indexOf(tag)), entities };
  }
}

const same = (a: { start: number; end: number; label: string }, b: typeof a) =>
  a.start === b.start && a.end === b.end && a.label === b.label;

describe.each(["x", "inside"] as const)("decoding under the scheme %s", (subwords: SubwordTags) => {
  const scheme = SCHEMES[subwords];

  it("finds the best of all well-formed sequences", () => {
    fc.assert(
      fc.property(texts(scheme), (text) => {
        const all = [...wellFormed(scheme, text.wordIndex)];
        const best = Math.max(...all.map(({ tags }) => score(tags, text)));
        const found = decodeSpans(scheme, text.emissions, text.wordIndex, text.chain, true);
        const reached = all.filter(({ entities }) => JSON.stringify(entities) === JSON.stringify(found));
        expect(reached.map(({ tags }) => score(tags, text))).toContain(best);
      }),
    );
  });

  it("gives each span its share of the well-formed sequences, at any temperature", () => {
    const cases = fc.tuple(texts(scheme), fc.constantFrom(0.25, 1, 3));
    fc.assert(
      fc.property(cases, ([text, temperature]) => {
        const all = [...wellFormed(scheme, text.wordIndex)].map((sequence) => ({
          ...sequence,
          weight: Math.exp(score(sequence.tags, text) / temperature),
        }));
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        const spans = all.flatMap(({ entities }) => entities);
        const found = spanProbabilities(
          scheme,
          text.emissions,
          text.wordIndex,
          text.chain,
          spans,
          temperature,
        );
        const shares = new Map<string, number>();
        for (const { entities, weight } of all) {
          for (const entity of entities) {
            const key = JSON.stringify(entity);
            shares.set(key, (shares.get(key) ?? 0) + weight / total);
          }
        }
        for (const [i, span] of spans.entries()) {
          expect(Math.abs(found[i]! - shares.get(JSON.stringify(span))!)).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("gives the spans that cover a word no more than 1 together", () => {
    fc.assert(
      fc.property(texts(scheme), (text) => {
        const words = [...new Set(text.wordIndex.filter((word) => word >= 0))];
        const spans = words.flatMap((start, i) =>
          words.slice(i).flatMap((last) => TYPES.map((label) => ({ start, end: last + 1, label }))),
        );
        const found = spanProbabilities(scheme, text.emissions, text.wordIndex, text.chain, spans);
        for (const word of words) {
          const covering = spans.map(({ start, end }, i) => (start <= word && word < end ? found[i]! : 0));
          expect(covering.reduce((sum, p) => sum + p, 0)).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it("reads the unconstrained path as conlleval reads broken BIO, and scores every span", () => {
    fc.assert(
      fc.property(texts(scheme), (text) => {
        const path = viterbi(text.emissions, text.chain).map((tag) => scheme.tags[tag]!);
        const firsts = text.wordIndex.flatMap((word, i) =>
          word >= 0 && text.wordIndex.indexOf(word) === i ? [i] : [],
        );
        const tags = firsts.map((i) => (parseBioTag(path[i]!) ? path[i]! : "O"));
        const word = (i: number) => text.wordIndex[firsts[i]!]!;
        const read = spansOfTags(tags, "conll").spans.map(({ start, end, label }) => ({
          start: word(start),
          end: word(end - 1) + 1,
          label,
        }));
        const found = decodeEntities(scheme, text.emissions, text.wordIndex, text.chain, {
          constrained: false,
        });
        expect(found.length).toBe(read.length);
        for (const [i, entity] of found.entries()) {
          expect(same(entity, read[i]!)).toBe(true);
          expect(entity.probability).toBeGreaterThan(0);
          expect(entity.probability).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("decodes what the scheme encoded", () => {
    const flat: ChainScores = {
      start: new Float32Array(scheme.tags.length),
      end: new Float32Array(scheme.tags.length),
      transitions: new Float32Array(scheme.tags.length ** 2),
    };
    const wordIndex = [-1, 0, 1, 1, 2, 3, 3, 3, 4, -1];
    const entities = [
      { start: 0, end: 1, label: "PER" },
      { start: 1, end: 3, label: "PER" },
      { start: 3, end: 4, label: "LOC" },
    ];
    const tags = scheme.encode(wordIndex, entities);
    const emissions = Float32Array.from(
      tags.flatMap((tag) => scheme.tags.map((_, i) => (i === tag ? 20 : 0))),
    );
    for (const constrained of [true, false]) {
      const found = decodeEntities(scheme, emissions, wordIndex, flat, { constrained });
      expect(found.map(({ probability, ...span }) => span)).toEqual(entities);
      for (const { probability } of found) expect(probability).toBeGreaterThan(0.999);
    }
  });
});

describe("decodeEntities", () => {
  const scheme = SCHEMES.inside;
  const chain: ChainScores = {
    start: new Float32Array(5),
    end: new Float32Array(5),
    transitions: new Float32Array(25),
  };
  const decode = (emissions: number[], words: number[], options: object = {}) =>
    decodeEntities(scheme, Float32Array.from(emissions), words, chain, { constrained: true, ...options });

  it("is the hand calculation for one word", () => {
    // Well-formed tags of one word: O, B-PER, B-LOC with scores 0, ln 6, ln 3: B-PER has 6 of 10; at temperature 2 sqrt 6 of 1 + sqrt 6 + sqrt 3.
    const emissions = [0, Math.log(6), 9, Math.log(3), 9];
    expect(decode(emissions, [0])[0]?.probability).toBeCloseTo(0.6, 6);
    const [entity] = decode(emissions, [0], { temperature: 2 });
    expect(entity).toMatchObject({ start: 0, end: 1, label: "PER" });
    expect(entity?.probability).toBeCloseTo(Math.sqrt(6) / (1 + Math.sqrt(6) + Math.sqrt(3)), 6);
  });

  it("gives nothing for a text without words, and 0 for a span without tokens", () => {
    expect(decode([], [])).toEqual([]);
    expect(decode([1, 9, 9, 9, 9], [-1])).toEqual([]);
    const absent = spanProbabilities(scheme, new Float32Array(10), [0, 4], chain, [
      { start: 1, end: 3, label: "PER" },
    ]);
    expect(absent).toEqual([0]);
  });

  it("refuses scores and temperatures that mean nothing", () => {
    const refuses = (run: () => unknown, code: string) =>
      expect(run).toThrow(expect.objectContaining({ code }));
    refuses(() => decode([1, 2, 3], [0]), "models/bad-emissions");
    refuses(() => decode([0, 0, Number.NaN, 0, 0], [0]), "models/bad-emissions");
    refuses(
      () => decode([0, 0, Number.POSITIVE_INFINITY, 0, 0], [0], { constrained: false }),
      "models/bad-emissions",
    );
    for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      refuses(() => decode([0, 1, 0, 0, 0], [0], { temperature }), "models/bad-temperature");
    }
  });
});
