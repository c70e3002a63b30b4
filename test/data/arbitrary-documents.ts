// Arbitrary valid documents, for property tests of readers and writers.
import fc from "fast-check";
import type { Document } from "../../src/data/document.ts";

/** White space at an edge would cause a warning; letters around a word keep it whole whatever it contains. */
const anyWord = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
  .map((word) => `w${word.replace(/\s/gu, "_")}w`);
const anyLabel = fc.string({ minLength: 1, maxLength: 6 });
const anyProbability = fc.option(fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs), {
  nil: undefined,
});

const startsOf = (words: readonly string[]) =>
  words.map((_, i) => words.slice(0, i).join(" ").length + (i === 0 ? 0 : 1));

/** Documents of every shape that the format allows: overlapping entities, relations, probabilities, any metadata. */
export const anyDocument: fc.Arbitrary<Document> = fc
  .record({
    id: fc.string({ minLength: 1 }),
    words: fc.array(anyWord, { minLength: 1, maxLength: 12 }),
    image: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    picks: fc.array(fc.tuple(fc.nat(), fc.nat(3), anyLabel, anyProbability), { maxLength: 4 }),
    links: fc.array(fc.tuple(fc.nat(), fc.nat(), anyLabel, anyProbability), { maxLength: 3 }),
    meta: fc.option(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), { nil: undefined }),
  })
  .map(({ id, words, image, picks, links, meta }) => {
    const starts = startsOf(words);
    const entities = picks.map(([from, more, label, probability]) => {
      const first = from % words.length;
      const last = Math.min(first + more, words.length - 1);
      return {
        start: starts[first] ?? 0,
        end: (starts[last] ?? 0) + (words[last] ?? "").length,
        label,
        ...(probability !== undefined && { probability }),
      };
    });
    const relations = entities.length === 0 ? [] : links;
    const { tokens: _, ...rest } = meta ?? {}; // meta.tokens has a special meaning
    return {
      id,
      text: words.join(" "),
      ...(image !== undefined && { image }),
      entities,
      relations: relations.map(([head, tail, label, probability]) => ({
        head: head % entities.length,
        tail: tail % entities.length,
        label,
        ...(probability !== undefined && { probability }),
      })),
      ...(meta !== undefined && { meta: rest as NonNullable<Document["meta"]> }),
    };
  });

/** Legal words of a CoNLL file: anything with a visible character except tab and line feed. */
const conllWord = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
  .map((word) => word.replace(/[\t\n]/g, "_"))
  .filter((word) => word.trim() !== "" && !/^-DOCSTART-/.test(word));
const conllLabel = fc
  .string({ minLength: 1, maxLength: 6 })
  .map((label) => label.replace(/[\t\r\n]| $/g, "_"));
const conllImage = fc.option(fc.stringMatching(/^[A-Za-z0-9_./-]{1,12}$/), { nil: undefined });

/** Documents that CoNLL can represent, with the ids and metadata that a reader of `<file>.txt` assigns. */
export function conllDocuments(file: string): fc.Arbitrary<readonly Document[]> {
  const posts = fc.record({
    words: fc.array(conllWord, { minLength: 1, maxLength: 12 }),
    image: conllImage,
    // Alternates entities and gaps: how many words, and an entity's label.
    runs: fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 3 }), conllLabel), { maxLength: 5 }),
  });
  return fc.array(posts, { maxLength: 6 }).map((all) => {
    let line = 1;
    return all.map(({ words, image, runs }, block) => {
      const starts = startsOf(words);
      const ends = starts.map((start, i) => start + (words[i] ?? "").length);
      const entities: Document["entities"][number][] = [];
      let at = 0;
      for (const [gap, length, label] of runs) {
        const first = at + gap;
        const last = first + length - 1;
        if (last >= words.length) break;
        entities.push({ start: starts[first] ?? 0, end: ends[last] ?? 0, label });
        at = last + 1;
      }
      const document: Document = {
        id: `${file}-${block}`,
        text: words.join(" "),
        ...(image !== undefined && { image: `${image}.jpg` }),
        entities,
        relations: [],
        meta: { block, line, tokens: starts.map((start, i) => [start, ends[i] ?? 0]) },
      };
      line += words.length + (image === undefined ? 0 : 1) + 1;
      return document;
    });
  });
}
