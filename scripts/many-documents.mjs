// Writes N documents as JSONL and the same documents as CoNLL, each in a training and a test file (9 to 1), to measure what large data need.
// The posts are those of the embedded corpus, one to three in a document; the same N and --seed give the same bytes. docs/describe.md shows the
// commands. Needs the build (dist/).
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { drawWorld } from "../dist/world/generate.js";
import { documentOf } from "../dist/world/write.js";

/** Posts of one world: its pairs of names are all different, so a world is limited. */
const POSTS_OF_WORLD = 3000;
const TEST_EVERY = 10;
const MOST_POSTS = 3;
const LINK_SHARE = 0.35;

const { values, positionals } = parseArgs({
  options: { documents: { type: "string", default: "1000000" }, seed: { type: "string", default: "7" } },
  allowPositionals: true,
});
const [folder] = positionals;
const count = Number(values.documents);
if (folder === undefined || !Number.isSafeInteger(count) || count < 1) {
  console.error("usage: node scripts/many-documents.mjs FOLDER [--documents N] [--seed S]");
  process.exit(2);
}

/** Numbers from 0 to 1, the same for the same seed (mixed 32-bit counter). */
function numbersFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** The posts of one world after another. */
function* posts(seed) {
  for (let world = 0; ; world++) {
    const { posts } = drawWorld({
      seed: seed * 100_000 + world,
      train: POSTS_OF_WORLD,
      validation: 0,
      test: 0,
    });
    for (const post of posts.train) yield documentOf(post);
  }
}

/** Joins posts to one document, with a link behind some of them. */
function joined(parts, id, random) {
  let text = "";
  const entities = [];
  const relations = [];
  for (const part of parts) {
    if (text !== "") text += " ";
    const [start, first] = [text.length, entities.length];
    for (const { label, ...span } of part.entities)
      entities.push({ start: span.start + start, end: span.end + start, label });
    for (const { head, tail, label } of part.relations)
      relations.push({ head: head + first, tail: tail + first, label });
    text += part.text;
  }
  if (random() < LINK_SHARE) text += ` https://example.org/${Math.floor(random() * 2 ** 40).toString(36)}`;
  const [{ image, category }] = parts;
  return { id, text, ...(image !== undefined && { image: `${id}.png` }), entities, relations, category };
}

/** Words of a text cut at white space and at the ends of entities, as lines with BIO tags. */
function conllOf({ text, image, entities }) {
  const lines = image === undefined ? [] : [`IMGID:${image.replace(/\.png$/, "")}`];
  let at = 0;
  const words = (from, to, label) => {
    const found = text
      .slice(from, to)
      .split(/\s+/)
      .filter((word) => word !== "");
    for (const [i, word] of found.entries())
      lines.push(`${word}\t${label ? `${i === 0 ? "B" : "I"}-${label}` : "O"}`);
  };
  for (const { start, end, label } of entities) {
    words(at, start);
    words(start, end, label);
    at = end;
  }
  words(at, text.length);
  return `${lines.join("\n")}\n\n`;
}

mkdirSync(folder, { recursive: true });
const files = ["train.jsonl", "test.jsonl", "train.conll", "test.conll"].map((name) =>
  createWriteStream(join(folder, name)),
);
const random = numbersFrom(Number(values.seed));
const source = posts(Number(values.seed));
for (let i = 0; i < count; i++) {
  const size = 1 + Math.floor(random() ** 2 * MOST_POSTS);
  const parts = Array.from({ length: size }, () => source.next().value);
  const document = joined(parts, `post-${String(i).padStart(7, "0")}`, random);
  const at = i % TEST_EVERY === TEST_EVERY - 1 ? 1 : 0;
  for (const [stream, line] of [
    [files[at], `${JSON.stringify(document)}\n`],
    [files[2 + at], conllOf(document)],
  ]) {
    if (!stream.write(line)) await new Promise((resolve) => stream.once("drain", resolve));
  }
}
for (const stream of files) stream.end();
await Promise.all(files.map((stream) => finished(stream)));
