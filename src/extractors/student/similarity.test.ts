// Similarity of generated views to real ones, against cosines of the embedders' own vectors.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { decodePicture } from "../../encoders/pictures/decode.ts";
import { writeSmallBert, writeSmallClip } from "../../encoders/testing/small-encoders.ts";
import { Runtime } from "../../engine/runtime.ts";
import { captionedPicture } from "../../synthesis/generators/captioned-picture.ts";
import { CAPTIONED_PICTURE } from "../../synthesis/generators/generator.ts";
import { putShared } from "../../synthesis/store/object-store.ts";
import { TextEmbedder } from "../../synthesis/text-embedder.ts";
import type { View } from "../../synthesis/view.ts";
import { JointSpace } from "../../visual/joint-space.ts";
import type { StudentSet } from "./prepare-students.ts";
import { type ComparisonOptions, similarities } from "./similarity.ts";

const TEXTS = ["red kite", "blue sea"];
const LETTERS = { "!": 0, "<|startoftext|>": 1, "<|endoftext|>": 2 };
let folder: string;
let runtime: Runtime;
let bert: string;
let clip: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-similarity-"));
  [bert, clip] = [join(folder, "bert"), join(folder, "clip")];
  await writeSmallBert(bert, { words: ["red", "blue", "kite", "sea", "boat"] });
  const ends = [..."abdeikrstlu"].flatMap((letter) => [letter, `${letter}</w>`]);
  const vocabulary = { ...LETTERS, ...Object.fromEntries(ends.map((token, i) => [token, 3 + i])) };
  await writeSmallClip(clip, {
    text: { vocab_size: 30, max_position_embeddings: 20, eos_token_id: 2 },
    vocabulary,
  });
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

/** Documents "0" and "1" with the views whose files are given. */
function setOf(views: readonly Partial<View>[]): StudentSet {
  const documents = TEXTS.map((text, i) => ({
    id: String(i),
    text,
    image: `${i}.png`,
    entities: [],
    relations: [{}],
  }));
  const byInstance = new Map(
    documents.map(({ id }) => [id, views.filter(({ instance }) => instance === id) as View[]]),
  );
  return {
    documents,
    examples: documents.map(({ id }) => ({ id: `example ${id}` })),
    instanceOf: new Map(documents.map(({ id }) => [`example ${id}`, id])),
    stored: { byInstance, backTranslations: new Map(), roundsTurnedBack: 1 },
  } as unknown as StudentSet;
}

const options = (embedder?: string): ComparisonOptions => ({
  runtime,
  encoder: bert,
  visual: { channel: {}, sources: { pictures: join(folder, "real") } } as ComparisonOptions["visual"],
  embedder,
  onPreparation: undefined,
});

const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    Array.from(x).reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

it("compares captions with the real text less the mean of all that are compared", async () => {
  const captions = ["red boat", "blue boat", "blue sea"];
  const views = await Promise.all(
    captions.map(async (caption, i) => {
      const content = await putShared(folder, captionedPicture({ picture: `${i}.jpg`, caption }).bytes);
      return {
        id: `view ${i}`,
        instance: "0",
        store: folder,
        content,
        mediaType: CAPTIONED_PICTURE,
        round: 1,
      };
    }),
  );
  const { similarityOf, withoutCounterpart } = await similarities(setOf(views), "text", options());
  expect(withoutCounterpart).toBe(0);
  const embedder = await TextEmbedder.open(runtime, bert);
  const rows = await embedder.embed([...TEXTS, ...captions]);
  const { width } = embedder;
  await embedder.dispose();
  const vector = (i: number) => Array.from(rows.subarray(i * width, (i + 1) * width));
  const all = [0, 1, 2, 3, 4].map(vector);
  const mean = all[0]!.map((_, i) => all.reduce((sum, one) => sum + one[i]!, 0) / 5);
  const less = (one: readonly number[]) => one.map((value, i) => value - mean[i]!);
  const raw: number[] = [];
  captions.forEach((_, i) => {
    raw.push(cosine(all[0]!, all[2 + i]!));
    expect(similarityOf("example 0", `view ${i}`)).toBeCloseTo(cosine(less(all[0]!), less(all[2 + i]!)), 4);
  });
  // What centring is for: as they are, all are alike.
  const found = captions.map((_, i) => similarityOf("example 0", `view ${i}`)!);
  expect(Math.max(...found) - Math.min(...found)).toBeGreaterThan(2 * (Math.max(...raw) - Math.min(...raw)));
});

const png = (seed: number) =>
  sharp(Buffer.from(Array.from({ length: 3 * 64 }, (_, i) => (i * (5 + seed)) % 256)), {
    raw: { width: 8, height: 8, channels: 3 },
  })
    .png()
    .toBuffer();

it("compares pictures with the real text itself in the space of a CLIP model", async () => {
  const bytes = await Promise.all([1, 20].map(png));
  const views = await Promise.all(
    bytes.map(async (picture, i) => {
      const content = await putShared(folder, picture);
      return { id: `view ${i}`, instance: "1", store: folder, content, mediaType: "image/png", round: 2 };
    }),
  );
  const broken = {
    id: "broken",
    instance: "1",
    store: folder,
    content: await putShared(folder, Buffer.from("no picture")),
    mediaType: "image/png",
    round: 2,
  };
  const { similarityOf, withoutCounterpart } = await similarities(
    setOf([...views, broken]),
    "text",
    options(clip),
  );
  expect(withoutCounterpart).toBe(1);
  expect(similarityOf("example 1", "broken")).toBe(-1);
  const space = await JointSpace.open(runtime, clip);
  const [, text] = await space.embedTexts(TEXTS);
  for (const [i, content] of bytes.entries()) {
    const picture = await space.embedPicture(await decodePicture(content));
    expect(similarityOf("example 1", `view ${i}`)).toBeCloseTo(cosine(text!, picture), 5);
  }
  await space.dispose();
});

it("compares texts with the real picture itself, without any step that turns them back", async () => {
  await mkdir(join(folder, "real"));
  await writeFile(join(folder, "real", "0.png"), await png(3));
  const content = await putShared(folder, Buffer.from("blue sea"));
  const view = {
    id: "view",
    instance: "example 0",
    store: folder,
    content,
    mediaType: "text/plain",
    round: 2,
  };
  const set = { ...setOf([]), instanceOf: new Map([0, 1].map((i) => [`example ${i}`, `example ${i}`])) };
  const stored = { ...set.stored!, byInstance: new Map([["example 0", [view as unknown as View]]]) };
  const { similarityOf } = await similarities({ ...set, stored }, "picture", options(clip));
  const space = await JointSpace.open(runtime, clip);
  const [text] = await space.embedTexts(["blue sea"]);
  const picture = await space.embedPicture(await decodePicture(await png(3)));
  await space.dispose();
  expect(similarityOf("example 0", "view")).toBeCloseTo(cosine(text!, picture), 5);
});

it("refuses captions where a CLIP model is to compare pixels", async () => {
  const view = {
    id: "a",
    instance: "0",
    store: "views",
    content: "a",
    mediaType: CAPTIONED_PICTURE,
    round: 1,
  };
  await expect(similarities(setOf([view]), "text", options(clip))).rejects.toMatchObject({
    code: "config/views-without-pixels",
    place: "synthesis.selection.embedder",
  });
});
