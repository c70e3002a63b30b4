// Runs trained models on raw posts; the expected results follow from the training corpus or from the models themselves.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RelataError } from "../base/errors.ts";
import { exportBundle } from "./export-bundle.ts";
import type { Extractor } from "./extractor.ts";
import { load } from "./load.ts";
import type { Extraction, Post } from "./post.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "./testing/tiny-models.ts";

let world: TinyWorld;
let models: { readonly entities: string; readonly relations: string };
let bundle: Extractor;

beforeAll(async () => {
  world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-extractor-")));
  models = {
    entities: await tinyModel(world, "mner", "pictures"),
    relations: await tinyModel(world, "mre", "pictures"),
  };
  const folder = join(world.folder, "bundle");
  await exportBundle({ ...models, folder });
  bundle = await load(folder, { threads: 1 });
}, 120_000);
afterAll(async () => {
  await bundle.dispose();
  await rm(world.folder, { recursive: true });
});

const pictureOf = (id: string) => join(world.folder, "pictures", `${id}.png`);
const outcomes = async (model: Extractor, posts: readonly Post[], options = {}) => {
  const all: (Extraction | RelataError)[] = [];
  for await (const outcome of model.extractMany(posts, options)) {
    all.push("error" in outcome ? outcome.error : outcome.extraction);
  }
  return all;
};

describe("a bundle", () => {
  it("finds the people of posts it has not seen, as slices of the text, and relations between them", async () => {
    let right = 0;
    for (const post of world.corpus.posts.validation) {
      const found = await bundle.extract({
        text: post.text,
        ...(post.image === undefined ? {} : { image: pictureOf(post.id) }),
      });
      expect(found.visual).toBe(post.image === undefined ? "none" : "picture");
      expect(found.calibrated).toBe(true);
      expect(found.notes).toEqual([]);
      for (const { start, end, label, probability } of found.entities) {
        expect(post.text.slice(start, end)).toMatch(/^\S.*\S$|^\S$/);
        expect(label).toBe("person");
        expect(probability).toBeGreaterThan(0);
      }
      for (const { head, tail, label, probability } of found.relations) {
        expect(head).not.toBe(tail);
        expect(found.entities[Math.max(head, tail)]).toBeDefined();
        expect(bundle.labels).toContain(label);
        expect(label).not.toBe("None");
        expect(probability).toBeGreaterThan(1 / bundle.labels.length);
      }
      const spans = found.entities.map(({ start, end }) => `${start}:${end}`);
      right += [post.head, post.tail].filter(({ start, end }) => spans.includes(`${start}:${end}`)).length;
    }
    expect(right / 64).toBeGreaterThan(0.5); // 32 posts with two people each; the encoder starts from random numbers
  });

  it("reads a stream as it reads single posts, in order, whatever the size of the chunks", async () => {
    const posts = world.corpus.posts.validation.map(({ id, text, image }) =>
      image === undefined ? { text } : { text, image: pictureOf(id) },
    );
    const done: number[] = [];
    const many = await outcomes(bundle, posts, { chunkSize: 7, onProgress: (n: number) => done.push(n) });
    expect(done).toEqual([7, 14, 21, 28, 32]);
    expect(many).toHaveLength(32);
    for (const [i, found] of many.entries()) {
      const alone = await bundle.extract(posts[i]!);
      expect(found).toMatchObject({ visual: alone.visual, notes: alone.notes });
      expect(spansOf(found)).toEqual(spansOf(alone));
      expect(relationsOf(found)).toEqual(relationsOf(alone));
    }
  });

  it("counts offsets as it is told, in given mentions, in questions and in the result", async () => {
    const text = "🔥🔥 é: Ada and Bo got engaged";
    const spanIn = (unit: "utf-16" | "code-point" | "utf-8", name: string) => {
      const before = text.slice(0, text.indexOf(name));
      const start = {
        "utf-16": before.length,
        "code-point": [...before].length,
        "utf-8": Buffer.byteLength(before),
      };
      return { start: start[unit], end: start[unit] + name.length };
    };
    const entities = (unit: "utf-16" | "code-point" | "utf-8") =>
      ["Ada", "Bo"].map((name) => ({ ...spanIn(unit, name), label: "somebody" }));
    const usual = await bundle.extract({ text, entities: entities("utf-16") });
    expect(usual.offsets).toBe("utf-16");
    const found = (await bundle.extract({ text })).entities;
    const asked = { head: spanIn("utf-16", "Ada"), tail: spanIn("utf-16", "Bo") };
    const answer = await bundle.relationBetween({ text, ...asked });
    for (const offsets of ["code-point", "utf-8"] as const) {
      const given = await bundle.extract({ text, entities: entities(offsets) }, { offsets });
      expect(given).toMatchObject({ ...usual, offsets, entities: entities(offsets) });
      const own = await bundle.extract({ text }, { offsets });
      expect(own.entities.map(({ label, probability }) => [label, probability])).toEqual(
        found.map(({ label, probability }) => [label, probability]),
      );
      expect(own.entities.every(({ start }, i) => start !== found[i]?.start)).toBe(true);
      const request = { text, head: spanIn(offsets, "Ada"), tail: spanIn(offsets, "Bo") };
      expect(await bundle.relationBetween(request, { offsets })).toEqual(answer);
    }
    await expect(
      bundle.extract({ text, entities: [{ start: 1, end: 4, label: "x" }] }, { offsets: "utf-8" }),
    ).rejects.toMatchObject({ code: "data/span-splits-surrogate-pair" });
    await expect(bundle.extract({ text }, { offsets: "bytes" as never })).rejects.toMatchObject({
      code: "config/wrong-extraction-option",
    });
  });

  it("takes mentions that are given in place of those it would find", async () => {
    const text = "Ada and Bo got engaged";
    const entities = [
      { start: 8, end: 10, label: "somebody" },
      { start: 0, end: 3, label: "somebody" },
    ];
    const found = await bundle.extract({ text, entities });
    expect(found.entities).toEqual([
      { ...entities[0], text: "Bo" },
      { ...entities[1], text: "Ada" },
    ]);
    const old = await bundle.relationBetween({
      text,
      head: { start: 8, end: 10 },
      tail: { start: 0, end: 3 },
    });
    const own = found.relations.find(({ head, tail }) => head === 0 && tail === 1);
    expect(own?.label ?? "None").toBe(old.label);
    if (own) expect(own.probability).toBeCloseTo(old.probability, 5);
  });

  it("has an explicit state for a picture that cannot be used, and reads the text without it", async () => {
    const broken = join(world.folder, "broken.png");
    await writeFile(broken, (await readFile(pictureOf(pictured().id))).subarray(0, 200));
    const text = pictured().text;
    const blind = await bundle.extract({ text });
    for (const [image, visual, code] of [
      [join(world.folder, "nowhere.png"), "missing", "config/no-such-picture"],
      [broken, "broken", "encoder/picture-broken"],
      [new TextEncoder().encode("<html>404</html>"), "broken", "encoder/not-a-picture"],
    ] as const) {
      const { visualError, ...found } = await bundle.extract({ text, image });
      expect(visualError?.code).toBe(code);
      expect(found).toEqual({ ...blind, visual });
    }
  });

  it("sees the same in a picture's bytes as in its file", async () => {
    const { id, text } = pictured();
    const file = await bundle.extract({ text, image: pictureOf(id) });
    const bytes = await bundle.extract({ text, image: await readFile(pictureOf(id)) });
    expect(bytes).toEqual(file);
  });

  it("refuses what it cannot see in a single post, and notes it in a stream", async () => {
    const post = { text: "Ada met Bo", caption: "two people" };
    await expect(bundle.extract(post)).rejects.toMatchObject({ code: "data/unwanted-visual" });
    const reported = await bundle.extract(post, { unwantedVisual: "report" });
    expect(reported.notes).toMatchObject([{ code: "data/unwanted-visual" }]);
    const [streamed] = await outcomes(bundle, [post]);
    expect(streamed).toEqual(reported);
  });

  it("reads texts without words, of any characters, and far longer than the model", async () => {
    const long = `${"Ada met Bo. ".repeat(60)}End`;
    const posts = ["", " \n\t", "\ud83d lone", "👨‍👩‍👧 שלום \u200b東京", long].map((text) => ({ text }));
    const found = await outcomes(bundle, posts);
    expect(found.slice(0, 2)).toMatchObject([{ entities: [] }, { entities: [] }]);
    for (const [i, one] of found.entries()) {
      if (one instanceof RelataError) throw one;
      for (const { start, end } of one.entities) {
        expect(posts[i]!.text.slice(start, end).trim()).not.toBe("");
        expect(end).toBeLessThanOrEqual(posts[i]!.text.length);
      }
    }
  });

  it("reads a text of thousands of names while others are answered, and refuses one that is too long", async () => {
    const some = world.corpus.posts.validation.map((post) => post.text).join(" ");
    const text = `${some} `.repeat(Math.ceil(15_000 / some.length));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const { entities, notes } = await bundle.extract({ text });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
    for (const entity of entities) expect(text.slice(entity.start, entity.end).trim()).not.toBe("");
    expect(notes.map(({ code }) => code)).toContain("extract/pairs-left-out");
    await expect(bundle.extract({ text }, { maxTextLength: text.length - 1 })).rejects.toMatchObject({
      code: "data/text-too-long",
      value: text.length,
    });
    const posts = [{ text: "Ada" }, { text }, { text: "Bo" }];
    const [first, second, third] = await outcomes(bundle, posts, { maxTextLength: 10 });
    expect([first, second, third].map((one) => (one instanceof RelataError ? one.code : "read"))).toEqual([
      "read",
      "data/text-too-long",
      "read",
    ]);
    const mentions = { text, head: { start: 0, end: 1 }, tail: { start: 2, end: 3 } };
    await expect(bundle.relationBetween(mentions, { maxTextLength: 10 })).rejects.toMatchObject({
      code: "data/text-too-long",
    });
  });

  it("takes ten thousand given mentions, also such that overlap, and words of any length", async () => {
    const text = `${"ab ".repeat(10_000)}${"x".repeat(20_000)}`;
    const given = Array.from({ length: 10_000 }, (_, i) => ({
      start: 3 * i,
      end: 3 * i + 5,
      label: `type ${i % 3000}`,
    }));
    const { entities, notes } = await bundle.extract({ text, entities: given });
    expect(entities.length).toBe(10_000);
    expect(notes.find(({ code }) => code === "extract/pairs-left-out")?.value).toBe(10_000 * 9_999 - 64);
    const words = [{ start: 0, end: text.length }];
    for (const { end } of (await bundle.extract({ text, words })).entities)
      expect(end).toBeLessThanOrEqual(text.length);
  });

  it("tells which pairs were not asked, and for which the text was cut", async () => {
    const text = `${"Ada met Bo in town with many other people and dogs . ".repeat(8)}`;
    const entities = [...text.matchAll(/Ada|Bo/g)].map(({ index, 0: { length } }) => ({
      start: index,
      end: index + length,
      label: "person",
    }));
    const { notes } = await bundle.extract({ text, entities }, { maxPairs: 10 });
    expect(notes).toMatchObject([
      { code: "extract/pairs-left-out", value: 16 * 15 - 10 },
      { code: "extract/text-cut", value: { pairs: 10 } },
    ]);
    const tooLong = await bundle.extract({
      text,
      entities: [
        { start: 0, end: 250, label: "person" },
        { start: 260, end: 263, label: "person" },
      ],
    });
    expect(tooLong.relations).toEqual([]);
    expect(tooLong.notes).toMatchObject([
      {
        code: "extract/mentions-too-long",
        value: expect.arrayContaining([
          [0, 1],
          [1, 0],
        ]),
      },
    ]);
  });

  it("reads posts together as it reads each alone, whatever the options of its neighbours", async () => {
    const posts = world.corpus.posts.validation.slice(0, 8).map(({ text }) => ({ text }));
    const options = posts.map(
      (_, i) => [{}, { threshold: 1 }, { maxPairs: 0 }, { constrained: false }][i % 4]!,
    );
    const prepared = [];
    for (const [i, post] of posts.entries()) prepared.push(await bundle.prepare(post, options[i]!));
    const together = await bundle.read(
      prepared.map((one) => {
        if (one instanceof RelataError) throw one;
        return one;
      }),
    );
    for (const [i, post] of posts.entries()) {
      const alone = await bundle.extract(post, options[i]);
      const { entities, relations, notes } = together[i] as Extraction;
      expect(notes).toEqual(alone.notes);
      expect(entities.map(({ text, label }) => [text, label])).toEqual(
        alone.entities.map(({ text, label }) => [text, label]),
      );
      expect(relations.map(({ label }) => label)).toEqual(alone.relations.map(({ label }) => label));
    }
    expect(together.map((one) => (one as Extraction).relations.length > 0)).toContain(true);
    expect(
      await bundle.prepare({ text: "1", entities: [{ start: 0, end: 9, label: "x" }] }, {}),
    ).toBeInstanceOf(RelataError);
  });

  it("gives only relations above the threshold", async () => {
    const text = "Ada and Bo got engaged";
    const entities = [
      { start: 0, end: 3, label: "person" },
      { start: 8, end: 10, label: "person" },
    ];
    const all = await bundle.extract({ text, entities });
    const most = Math.max(0, ...all.relations.map(({ probability }) => probability));
    const above = await bundle.extract({ text, entities }, { threshold: Math.min(1, most + 1e-6) });
    expect(above.relations).toEqual([]);
  });

  it("makes a post with impossible mentions an outcome of its own, and a wrong option an error of the call", async () => {
    const wrong = { text: "Ada met Bo", entities: [{ start: 8, end: 11, label: "person" }] };
    const blank = {
      text: "Ada  Bo",
      entities: [
        { start: 3, end: 5, label: "x" },
        { start: 5, end: 7, label: "x" },
      ],
    };
    const found = await outcomes(bundle, [{ text: "Ada" }, wrong, blank, { text: "Bo" }]);
    expect(found.map((one) => (one instanceof RelataError ? one.code : "read"))).toEqual([
      "read",
      "data/span-out-of-range",
      "data/mention-without-words",
      "read",
    ]);
    await expect(bundle.extract(wrong)).rejects.toMatchObject({ code: "data/span-out-of-range" });
    for (const option of [{ maxPairs: -1 }, { threshold: 2 }, { chunkSize: 0 }, { windowOverlap: 0.5 }]) {
      await expect(outcomes(bundle, [{ text: "Ada" }], option)).rejects.toMatchObject({
        name: "ConfigError",
      });
    }
  });

  it("stops at the signal and closes the source", async () => {
    const stop = new AbortController();
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield { text: "Ada met Bo" };
      } finally {
        closed = true;
      }
    }
    const reading = async () => {
      const options = { signal: stop.signal, chunkSize: 2 };
      for await (const _ of bundle.extractMany(endless(), options)) stop.abort(new Error("enough"));
    };
    await expect(reading()).rejects.toThrow("enough");
    expect(closed).toBe(true);
  });
});

describe("an extractor that is disposed of", () => {
  it("ends what is under way first, refuses what comes later, and may be disposed of again", async () => {
    await using model = await load(join(world.folder, "bundle"), { threads: 1 });
    const expected = await model.extract({ text: "Ada met Bo" });
    const running = [1, 2, 3].map(() => model.extract({ text: "Ada met Bo" }));
    const disposed = model.dispose();
    await expect(model.extract({ text: "Ada" })).rejects.toMatchObject({ code: "engine/disposed" });
    await disposed;
    for (const extraction of await Promise.all(running)) expect(extraction).toEqual(expected);
    await Promise.all([model.dispose(), model[Symbol.asyncDispose]()]);
  });

  it("ends a stream with an error of its own, also when the stream's reader disposes of it", async () => {
    const model = await load(join(world.folder, "bundle"), { threads: 1 });
    const posts = Array.from({ length: 20 }, () => ({ text: "Ada met Bo" }));
    let seen = 0;
    const reading = (async () => {
      for await (const _ of model.extractMany(posts, { chunkSize: 2 }))
        if (++seen === 3) await model.dispose();
    })();
    await expect(reading).rejects.toMatchObject({ code: "engine/disposed" });
    expect(seen).toBeGreaterThanOrEqual(3);
  });
});

describe("one model alone", () => {
  it("finds entities only, or needs the mentions", async () => {
    await using entities = await load(models.entities, { threads: 1 });
    const { text } = pictured();
    const found = await entities.extract({ text });
    expect(found.entities).toEqual((await bundle.extract({ text })).entities);
    expect(found.relations).toEqual([]);
    await expect(
      entities.relationBetween({ text, head: { start: 0, end: 1 }, tail: { start: 2, end: 3 } }),
    ).rejects.toMatchObject({ code: "config/no-relation-model" });

    await using relations = await load(models.relations, { threads: 1 });
    await expect(relations.extract({ text })).rejects.toMatchObject({ code: "data/no-mentions" });
    const asked = await relations.extract({ text, entities: found.entities });
    expect(relationsOf(asked)).toEqual(relationsOf(await bundle.extract({ text })));
  });
});

/** A validation post with a picture. */
function pictured() {
  const post = world.corpus.posts.validation.find(({ image }) => image !== undefined);
  if (post === undefined) throw new Error("the corpus has no pictures");
  return post;
}

function spansOf(found: Extraction | RelataError | undefined) {
  if (found === undefined || found instanceof RelataError) throw new Error("not read");
  return found.entities.map(({ start, end, label }) => [start, end, label]);
}

function relationsOf(found: Extraction | RelataError | undefined) {
  if (found === undefined || found instanceof RelataError) throw new Error("not read");
  return found.relations.map(({ head, tail, label }) => [head, tail, label]);
}
