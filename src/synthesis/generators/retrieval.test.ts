// Retrieval: real pictures and captions back, never the own one, chosen by the seed, the same whatever else is asked beside it.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCaptionLists } from "../../data/caption-lists.ts";
import type { Document } from "../../data/document.ts";
import { readMnre } from "../../data/mnre.ts";
import { writeSmallBert } from "../../encoders/testing/small-encoders.ts";
import { parseCaptionedPicture } from "./captioned-picture.ts";
import { CAPTIONED_PICTURE, GeneratorRefusal, PLAIN_TEXT, type ViewContent } from "./generator.ts";
import { openRetrievalPictures, openRetrievalTexts, type RetrievalSettings, schema } from "./retrieval.ts";

const THINGS = ["kite", "boat", "horse", "bridge", "lamp", "piano", "garden", "train", "clock", "river"];
const COLOURS = ["red", "blue", "green", "white"];
/** The first bytes of a PNG, and something that tells one from another. */
const pixels = (id: number) => Uint8Array.from([...Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), id, 0, 0, 0]);
const signal = new AbortController().signal;

let folder: string;
let encoder: string;
let settings: RetrievalSettings;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-retrieval-"));
  encoder = join(folder, "encoder");
  await writeSmallBert(encoder, { words: [...THINGS, ...COLOURS, "a", "the", "beside"] });
  const names = THINGS.flatMap((thing) =>
    COLOURS.map((colour) => ({ thing, colour, image: `${colour}-${thing}.png` })),
  );
  const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  await writeFile(
    join(folder, "first.jsonl"),
    lines(names.map(({ thing, colour, image }) => ({ image, caption: `a ${colour} ${thing}` }))),
  );
  await writeFile(
    join(folder, "second.jsonl"),
    lines(
      names
        .slice(0, 20)
        .map(({ thing, image }) => ({ image, captions: [`the ${thing}`, `a ${thing} beside a ${thing}`] })),
    ),
  );
  await mkdir(join(folder, "pictures"));
  await Promise.all(
    names.slice(0, 8).map(({ image }, i) => writeFile(join(folder, "pictures", image), pixels(i))),
  );
  settings = schema.parse({
    adapter: "retrieval",
    encoder,
    collections: [
      { captions: join(folder, "first.jsonl"), pictures: join(folder, "pictures") },
      { captions: join(folder, "second.jsonl") },
    ],
    candidates: 5,
  });
});
afterAll(() => rm(folder, { recursive: true }));

const asked = (prompt: string, seed: number, exclude: readonly string[] = []) => ({
  prompt,
  seed,
  exclude,
  instance: "1",
  step: 1,
});
const requested = (picture: ViewContent, seed: number, mentions: readonly string[] = []) => ({
  picture,
  mentions,
  seed,
  instance: "1",
  step: 2,
});
const textOf = ({ bytes }: ViewContent) => new TextDecoder().decode(bytes);

describe("text to image", () => {
  it("gives the picture whose caption is the text, its file's bytes or its name and caption", async () => {
    const generator = await openRetrievalPictures({ ...settings, candidates: 1 });
    const withFile = await generator.picture(asked("a red kite", 0), signal);
    expect(withFile.content).toEqual({ mediaType: "image/png", bytes: Buffer.from(pixels(0)) });
    expect(withFile.details).toMatchObject({ picture: "red-kite.png", caption: "a red kite", rank: 0 });
    expect(withFile.details?.cosine).toBeCloseTo(1, 5);
    const { content } = await generator.picture(asked("a white river", 0), signal);
    expect(content.mediaType).toBe(CAPTIONED_PICTURE);
    expect(parseCaptionedPicture(content.bytes)).toEqual({
      picture: "white-river.png",
      caption: "a white river",
    });
    await generator.dispose();
  });

  it("chooses by the seed, the nearest most often, and the same again for the same seed", async () => {
    const generator = await openRetrievalPictures({ ...settings, temperature: 0.2 });
    const ranks = async () => {
      const all = await Promise.all(
        Array.from({ length: 300 }, (_, seed) => generator.picture(asked("the green garden", seed), signal)),
      );
      return all.map(({ details }) => details as { rank: number; cosine: number; picture: string });
    };
    const first = await ranks();
    expect(await ranks()).toEqual(first);
    const cosines: number[] = [];
    for (const { rank, cosine } of first) cosines[rank] = cosine;
    expect(cosines).toHaveLength(5);
    expect(cosines).toEqual([...cosines].sort((a, b) => b - a));
    const shares = cosines.map((cosine) => Math.exp(cosine / 0.2));
    const total = shares.reduce((sum, share) => sum + share, 0);
    shares.forEach((share, rank) => {
      const expected = (300 * share) / total;
      const observed = first.filter((one) => one.rank === rank).length;
      expect(Math.abs(observed - expected)).toBeLessThan(4 * Math.sqrt(expected)); // four standard deviations
    });
    await generator.dispose();
  });

  it("depends on nothing that is asked at the same time, nor on whether embeddings come from the cache", async () => {
    const cache = join(folder, "cache");
    const prompts = THINGS.flatMap((thing) => [`the ${thing} beside the lamp`, `a ${thing}`]);
    const together = await openRetrievalPictures(settings, { cacheFolder: cache });
    const answers = await Promise.all(prompts.map((prompt, i) => together.picture(asked(prompt, i), signal)));
    await together.dispose();
    const [file] = await readdir(cache);
    expect(file).toMatch(/^captions-[0-9a-f]{64}\.safetensors$/);
    const alone = await openRetrievalPictures({ ...settings, cache });
    for (const [i, prompt] of prompts.entries()) {
      expect(await alone.picture(asked(prompt, i), signal)).toEqual(answers[i]);
    }
    expect(alone.identity).toEqual(together.identity);
    await alone.dispose();
    expect(await readdir(cache)).toEqual([file]);
  });

  it("never gives an excluded picture, in whatever folder its name stands", async () => {
    const generator = await openRetrievalPictures({ ...settings, candidates: 1 });
    const { details } = await generator.picture(asked("a red kite", 1, ["elsewhere/red-kite.png"]), signal);
    expect(details?.picture).not.toBe("red-kite.png");
    const all = THINGS.flatMap((thing) => COLOURS.map((colour) => `${colour}-${thing}.png`));
    for (let left = all.length; left > 0; left--) {
      const { details } = await generator.picture(asked("a red kite", 1, all.slice(left)), signal);
      expect(details?.picture).toBe("red-kite.png"); // the first of all is never excluded here
      const { details: last } = await generator.picture(
        asked("a red kite", 1, all.slice(0, left - 1)),
        signal,
      );
      expect(all.indexOf(last?.picture as string)).toBeGreaterThanOrEqual(left - 1);
    }
    const nothing = generator.picture(asked("a red kite", 1, all), signal);
    await expect(nothing).rejects.toBeInstanceOf(GeneratorRefusal);
    await expect(nothing).rejects.toMatchObject({ reason: "nothing-left" });
    await generator.dispose();
  });

  it("is another generator when the collection or a setting is another", async () => {
    const identityOf = async (changed: Partial<RetrievalSettings>) => {
      const generator = await openRetrievalPictures({ ...settings, ...changed });
      await generator.dispose();
      return JSON.stringify(generator.identity);
    };
    const identities = [
      await identityOf({}),
      await identityOf({ candidates: 4 }),
      await identityOf({ temperature: 1 }),
      await identityOf({ collections: settings.collections.slice(0, 1) }),
      await identityOf({
        collections: [{ captions: join(folder, "first.jsonl") }, settings.collections[1]!],
      }),
    ];
    expect(new Set(identities).size).toBe(5);
    expect(await identityOf({ cache: join(folder, "another-cache") })).toBe(identities[0]);
    expect(identities.join()).not.toContain(folder);
  });

  it("needs an encoder and a caption", async () => {
    await expect(openRetrievalPictures({ ...settings, encoder: undefined })).rejects.toMatchObject({
      code: "synthesis/no-encoder",
    });
    await writeFile(join(folder, "empty.jsonl"), "");
    await expect(
      openRetrievalPictures({ ...settings, collections: [{ captions: join(folder, "empty.jsonl") }] }),
    ).rejects.toMatchObject({ code: "synthesis/empty-collection" });
  });
});

describe("image to text", () => {
  it("gives another caption of the same picture, by the seed", async () => {
    const generator = await openRetrievalTexts(settings);
    const given = async (caption: string, picture: string, seed: number) => {
      const bytes = new TextEncoder().encode(JSON.stringify({ picture, caption }));
      const { content } = await generator.text(
        requested({ mediaType: CAPTIONED_PICTURE, bytes }, seed),
        signal,
      );
      expect(content.mediaType).toBe(PLAIN_TEXT);
      return textOf(content);
    };
    const texts = new Set<string>();
    for (let seed = 0; seed < 20; seed++) texts.add(await given("a red kite", "red-kite.png", seed));
    expect(texts).toEqual(new Set(["the kite", "a kite beside a kite"]));
    expect(await given("a white river", "white-river.png", 3)).toBe("a white river"); // its only one
    await generator.dispose();
  });

  it("knows a picture by its bytes, and refuses one that it does not know", async () => {
    const generator = await openRetrievalTexts(settings);
    const known = await generator.text(requested({ mediaType: "image/png", bytes: pixels(1) }, 0), signal);
    expect(known.details).toMatchObject({ picture: "blue-kite.png" });
    const unknown = generator.text(requested({ mediaType: "image/png", bytes: pixels(99) }, 0), signal);
    await expect(unknown).rejects.toMatchObject({ name: "GeneratorRefusal", reason: "unknown-picture" });
    const bytes = new TextEncoder().encode('{"picture":"gone.png","caption":"a kite"}');
    await expect(
      generator.text(requested({ mediaType: CAPTIONED_PICTURE, bytes }, 0), signal),
    ).rejects.toMatchObject({ reason: "unknown-picture" });
    await generator.dispose();
  });

  it("completes a caption that lacks mentions only by a template", async () => {
    const bytes = new TextEncoder().encode('{"picture":"white-river.png","caption":"a white river"}');
    const request = requested({ mediaType: CAPTIONED_PICTURE, bytes }, 0, ["Ada", "$& Sons"]);
    const plain = await openRetrievalTexts(settings);
    expect(textOf((await plain.text(request, signal)).content)).toBe("a white river");
    const woven = await openRetrievalTexts({ ...settings, mentionTemplate: "{mentions}: {caption}" });
    expect(textOf((await woven.text(request, signal)).content)).toBe("Ada and $& Sons: a white river");
    const held = requested({ mediaType: CAPTIONED_PICTURE, bytes }, 0, ["river"]);
    expect(textOf((await woven.text(held, signal)).content)).toBe("a white river");
    expect(schema.safeParse({ ...settings, mentionTemplate: "{caption}" }).success).toBe(false);
  });
});

const shared = process.env.RELATA_SHARED ?? resolve(import.meta.dirname, "../../../../shared");
const mnre = join(shared, "data/mnre");

describe.skipIf(!existsSync(mnre))("on MNRE (needs the shared data)", () => {
  it("never gives a post its own picture", async () => {
    const captioner = (name: string) => ({ captions: join(mnre, `captions/${name}-val.jsonl`) });
    const posts: Document[] = [];
    for await (const row of readMnre(join(mnre, "val.txt"))) {
      if (row.kind === "accepted") posts.push(row.value);
      if (posts.length === 200) break;
    }
    const generator = await openRetrievalPictures({
      ...settings,
      candidates: 3,
      collections: [captioner("blip2"), captioner("llava-next")],
    });
    const { captions } = await readCaptionLists(captioner("blip2").captions);
    // The post's own caption, too: nothing but the exclusion keeps its picture away then.
    const ownPictures = async (exclude: boolean) => {
      const asked = posts.flatMap(({ text, image }) =>
        [text, ...captions.get(image!)!].map((prompt) => ({ prompt, image: image! })),
      );
      const answers = await Promise.all(
        asked.map(({ prompt, image }, seed) =>
          generator.picture(
            { prompt, seed, exclude: exclude ? [image] : [], instance: "1", step: 1 },
            signal,
          ),
        ),
      );
      return answers.filter(({ details }, i) => details?.picture === asked[i]!.image).length;
    };
    expect(await ownPictures(true)).toBe(0);
    expect(await ownPictures(false)).toBeGreaterThan(20);
    await generator.dispose();
  });
});
