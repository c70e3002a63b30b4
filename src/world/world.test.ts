import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCaptions } from "../data/captions.ts";
import type { Document } from "../data/document.ts";
import { documentDefects } from "../data/document-defects.ts";
import { stream } from "../training/random.ts";
import { DEFAULT_SHARES } from "./distribution.ts";
import { drawScene } from "./drawings.ts";
import { drawWorld, SPLITS, type WorldPost } from "./generate.ts";
import { LABELS, NONE, SIGNATURES, signatureOf } from "./labels.ts";
import { NAME_WORDS } from "./names.ts";
import { readWorldTruth } from "./truth.ts";
import { worldVocabulary } from "./vocabulary.ts";
import { WORDINGS } from "./wordings.ts";
import { documentOf, type WorldFiles, writeWorld } from "./write.ts";

const SIZES = { train: 1600, validation: 300, test: 600 };
const world = drawWorld(SIZES);
const everyPost = SPLITS.flatMap((split) => world.posts[split]);
const share = (holds: (post: WorldPost) => boolean) => everyPost.filter(holds).length / everyPost.length;

describe("a world", () => {
  it("is the same for the same seed and another for another", () => {
    expect(drawWorld(SIZES).posts).toEqual(world.posts);
    expect(drawWorld({ ...SIZES, seed: 8 }).posts.train).not.toEqual(world.posts.train);
  });

  it("makes documents without a defect, two to four entities each, all where the text has them", () => {
    for (const post of everyPost) {
      const document = documentOf(post);
      expect(documentDefects(document, post.id)).toEqual([]);
      expect(document.entities.length).toBe(2 + post.distractors.length);
      for (const { start, end } of document.entities)
        expect(document.text.slice(start, end)).toMatch(/^\S.*\S$/);
      const [relation] = document.relations;
      expect(document.entities[relation?.head ?? -1]).toMatchObject({ start: post.head.start });
      expect(document.entities[relation?.tail ?? -1]).toMatchObject({ start: post.tail.start });
    }
  });

  it("relates only types that go with the relation, and every label, type and form of name occurs", () => {
    for (const { label, head, tail } of everyPost.filter((post) => post.label !== NONE))
      expect(signatureOf(head.type, tail.type)?.relations).toContain(label);
    expect(new Set(everyPost.map(({ label }) => label))).toEqual(new Set(LABELS));
    const mentions = everyPost.map(({ text, head }) => text.slice(head.start, head.end));
    for (const form of [/^@[a-z]+$/, /^#[A-Z]\w+$/, /^[A-Z]\w+$/, /^[A-Z]\w+ [A-Z]\w+$/])
      expect(mentions.filter((mention) => form.test(mention)).length).toBeGreaterThan(100);
  });

  it("has the shares that it states, up to one post per split where they are drawn evenly", () => {
    const near = (value: number, expected: number, within: number) =>
      expect(Math.abs(value - expected)).toBeLessThan(within);
    near(
      share(({ cell }) => cell.picture.kind === "unrelated"),
      DEFAULT_SHARES.unrelatedPicture,
      0.02,
    );
    near(
      share(({ cell }) => cell.picture.kind === "none"),
      DEFAULT_SHARES.withoutPicture,
      0.02,
    );
    near(
      share(({ head }) => head.name === "any"),
      DEFAULT_SHARES.ambiguousName,
      0.02,
    );
    near(
      share(({ distractors }) => distractors.length === 1),
      DEFAULT_SHARES.distractors[1],
      0.03,
    );
    near(
      share(({ needsPicture }) => needsPicture),
      0.58,
      0.005,
    );
    for (const signature of SIGNATURES) {
      const found = share(({ cell }) => cell.signature === signature);
      near(found, signature.share, 3 / everyPost.length + 1e-9);
    }
  });

  it("never repeats a pair of names, and says when none is left", () => {
    const pairs = everyPost.map(({ text, head, tail }) =>
      [head, tail]
        .map(({ start, end }) => text.slice(start, end).replace(/^[@#]/, ""))
        .sort()
        .join(" + "),
    );
    const repeated = pairs.length - new Set(pairs).size;
    expect(repeated).toBeLessThan(pairs.length * 0.15); // short forms and handles of different names can be alike
    expect(() => drawWorld({ signatures: ["loc/loc"], train: 5000 })).toThrow("no unused pairs of names");
  });

  it("writes names in no wording, so that words tell the relation and names only the type", () => {
    const words = new Set(
      [...WORDINGS.values()].flat().flatMap((wording) => wording.toLowerCase().match(/\p{L}+/gu) ?? []),
    );
    expect(NAME_WORDS.filter((name) => words.has(name))).toEqual([]);
    expect(new Set(NAME_WORDS).size).toBe(NAME_WORDS.length);
  });

  it("words an open post alike for all labels", () => {
    const open = WORDINGS.get("open") ?? [];
    for (const label of LABELS) {
      const posts = everyPost.filter((post) => post.label === label && post.cell.wording === "open");
      const used = open.filter((wording) => {
        const inner = wording.split(/\{[ht]\}/).sort((a, b) => b.length - a.length)[0] ?? "";
        return posts.some(({ text }) => text.includes(inner));
      });
      expect(used.length).toBe(open.length);
    }
  });

  it.each([
    ["the first character of the id", (post: WorldPost) => post.id[0] ?? ""],
    ["the last character of the id", (post: WorldPost) => post.id.at(-1) ?? ""],
    ["the number of entities", (post: WorldPost) => String(2 + post.distractors.length)],
    ["whether there is a picture", (post: WorldPost) => String(post.image === undefined)],
    ["the place in the file", (_: WorldPost, at: number) => String(at % 10)],
  ])("does not tell the label by %s", (_, feature) => {
    // The most frequent label of each value of the feature, learnt on train, scored on test: no better than always None.
    const counts = new Map<string, Map<string, number>>();
    for (const [at, post] of world.posts.train.entries()) {
      const labels = counts.get(feature(post, at)) ?? new Map<string, number>();
      labels.set(post.label, (labels.get(post.label) ?? 0) + 1);
      counts.set(feature(post, at), labels);
    }
    const { test } = world.posts;
    const right = test.filter((post, at) => {
      const labels = [...(counts.get(feature(post, at)) ?? [])].sort((a, b) => b[1] - a[1]);
      return labels[0]?.[0] === post.label;
    }).length;
    const always = test.filter(({ label }) => label === NONE).length;
    expect(right / test.length).toBeLessThanOrEqual(always / test.length);
  });
});

describe("worldVocabulary", () => {
  it("holds every character alone and continued, the words of names, and frequent words once", () => {
    const vocabulary = worldVocabulary(world);
    expect(vocabulary.slice(0, 5)).toEqual(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);
    expect(vocabulary).toEqual(expect.arrayContaining(["a", "##a", "🎉", "married", "anna", "##novak"]));
    expect(new Set(vocabulary).size).toBe(vocabulary.length);
    expect(vocabulary.filter((word) => /^(anna|ben|clara)(novak|okafor|walker)$/.test(word))).toEqual([]);
  });
});

describe("writeWorld", () => {
  let folder: string;
  let files: WorldFiles;
  const options = { train: 40, validation: 12, test: 20 };
  const small = drawWorld(options);
  const posts = SPLITS.flatMap((split) => small.posts[split]);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "relata-world-"));
    files = await writeWorld(folder, options);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("writes one line per document and one picture per document that has one, all of one size", async () => {
    for (const split of SPLITS) {
      const lines = (await readFile(files[split], "utf8")).trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line) as Document)).toEqual(small.posts[split].map(documentOf));
    }
    const pictures = (await readdir(files.pictures)).sort();
    expect(pictures).toEqual(posts.flatMap(({ image }) => image ?? []).sort());
    const sizes = await Promise.all(
      pictures.map(async (name) => (await stat(join(files.pictures, name))).size),
    );
    expect(new Set(sizes).size).toBe(1);
  });

  it("writes pictures that decode to the pixels that were drawn", async () => {
    const post = posts.find(({ image }) => image !== undefined);
    const scene = post?.cell.picture.scene;
    if (post?.image === undefined || scene === undefined) throw new Error("no post has a picture");
    const { data, info } = await sharp(join(files.pictures, post.image))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 96, height: 96, channels: 3 });
    const drawn = drawScene(scene, stream(small.seed, 0, `world/picture/${post.id}`));
    expect(new Uint8Array(data)).toEqual(drawn.data);
  });

  it("writes a caption for every picture", async () => {
    const { captions, report } = await readCaptions(files.captions.test);
    expect(report.rejected).toBe(0);
    expect([...captions.keys()]).toEqual(small.posts.test.flatMap(({ image }) => image ?? []));
  });

  it("writes the documents whose text leaves the relation open apart", async () => {
    const lines = (await readFile(files.needsPicture.test, "utf8")).trimEnd().split("\n");
    const ids = lines.map((line) => (JSON.parse(line) as Document).id);
    expect(ids).toEqual(small.posts.test.filter((post) => post.needsPicture).map(({ id }) => id));
  });

  it("writes the truth: what every text allows, what every picture shows, and the ceilings", async () => {
    const { truth, fingerprint } = await readWorldTruth(folder);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(truth.posts.map(({ id }) => id)).toEqual(posts.map(({ id }) => id));
    for (const post of truth.posts) {
      const total = post.textAllows.reduce((sum, { probability }) => sum + probability, 0);
      expect(total).toBeCloseTo(1, 10);
      expect(post.textAllows.map(({ label }) => label)).toContain(post.label);
      expect(post.textAllows.length > 1).toBe(post.needsPicture);
      if (post.picture && !post.picture.unrelated) expect(post.picture.shows).toContain(post.label);
    }
    expect(truth.splits.test.documents).toBe(20);
    expect(truth.splits.test.ceilings.joint.accuracy).toBeGreaterThan(
      truth.splits.test.ceilings.text.accuracy,
    );
  });

  it("writes the same bytes for the same options", async () => {
    const again = await writeWorld(join(folder, "again"), options);
    for (const name of ["train", "truth", "relations"] as const)
      expect(await readFile(again[name], "utf8")).toBe(await readFile(files[name], "utf8"));
  });

  it("says what is wrong with a folder that holds no world", async () => {
    await expect(readWorldTruth(join(folder, "gone"))).rejects.toMatchObject({ code: "world/no-truth" });
    await writeFile(join(folder, "pictures", "truth.json"), "{");
    await expect(readWorldTruth(files.pictures)).rejects.toMatchObject({ code: "world/bad-truth" });
    await writeFile(join(folder, "pictures", "truth.json"), "{}");
    await expect(readWorldTruth(files.pictures)).rejects.toMatchObject({ code: "world/bad-truth" });
  });
});
