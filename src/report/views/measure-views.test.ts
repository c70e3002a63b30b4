// Measures with real encoders, small and random: texts and captions, pictures found by their content, teachers' scores by round.
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeSmallBert, writeSmallClip, writeSmallVit } from "../../encoders/testing/small-encoders.ts";
import { aboutPath, formatScores, scoresPath, sha256 } from "../../extractors/student/scores-file.ts";
import { captionedPicture } from "../../synthesis/generators/captioned-picture.ts";
import {
  type Generated,
  type ImageToText,
  PLAIN_TEXT,
  type TextToImage,
} from "../../synthesis/generators/generator.ts";
import type { RealModality, SourceInstance } from "../../synthesis/instance.ts";
import { runChains } from "../../synthesis/run-chains.ts";
import { openViewStore } from "../../synthesis/store/open-store.ts";
import type { View } from "../../synthesis/view.ts";
import { writeReport } from "../write-report.ts";
import { measureReport } from "./measure-report.ts";
import { measureViews } from "./measure-views.ts";

const WORDS = ["red", "blue", "kite", "boat", "sea", "sky"];
let folder: string;
let encoder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-measure-views-"));
  encoder = join(folder, "bert");
  await writeSmallBert(encoder, { words: WORDS });
});
afterAll(() => rm(folder, { recursive: true }));

const generator = (adapter: string) => ({
  identity: { adapter, model: "words", settings: {} },
  concurrency: 2,
  costPerCall: 0,
  dispose: () => Promise.resolve(),
});
const textContent = (text: string) => ({
  mediaType: PLAIN_TEXT,
  bytes: new TextEncoder().encode(text),
});

async function makeStore(
  name: string,
  direction: RealModality,
  instances: readonly SourceInstance[],
  textToImage: TextToImage,
  imageToText: ImageToText,
): Promise<string> {
  const store = join(folder, name);
  const { complete } = await runChains({
    folder: store,
    plan: {
      direction,
      rounds: 2,
      chains: 2,
      seed: 3,
      textToImage,
      imageToText,
      duplicateLevels: null,
      instances: async function* () {
        yield* instances;
      },
    },
  });
  expect(complete).toBe(true);
  return store;
}

it("measures texts by words, and what teachers' scores say by round", async () => {
  // A picture's caption is the prompt plus one word; so is the text of a picture.
  const grow = (text: string, seed: number) => `${text} ${WORDS[seed % WORDS.length]}`;
  const store = await makeStore(
    "texts",
    "text",
    ["red kite", "blue boat"].map((text, i) => ({
      id: String(i),
      real: async () => textContent(text),
      fingerprint: sha256(text),
      mentions: [],
      exclude: [],
    })),
    {
      ...generator("painter"),
      picture: async ({ prompt, seed }): Promise<Generated> => ({
        content: captionedPicture({ picture: `${seed}.jpg`, caption: grow(prompt, seed) }),
      }),
    },
    {
      ...generator("describer"),
      text: async ({ picture, seed }): Promise<Generated> => {
        const { caption } = JSON.parse(new TextDecoder().decode(picture.bytes)) as { caption: string };
        return { content: textContent(grow(caption, seed)) };
      },
    },
  );
  const views: View[] = [];
  for await (const view of (await openViewStore(store)).views()) views.push(view);
  // Rounds differ in their scores: 0.2 nats in the first, 0.6 in the second, 1 without a view.
  const scores = join(folder, "scores");
  await mkdir(scores);
  const rows = formatScores(
    ["0", "1"].map((instance) => ({
      example: instance,
      fold: Number(instance),
      label: `label ${instance}`,
      withoutView: [3, 1],
      views: views
        .filter((view) => view.instance === instance && view.step % 2 === 1)
        .map(({ id, round }) => ({
          id,
          crossEntropy: [9, round === 1 ? 0.2 : 0.6],
          // The label is lost in the second round of the second instance.
          predicted: round === 2 && instance === "1" ? "label 0" : `label ${instance}`,
        })),
    })),
  );
  await writeFile(scoresPath(scores), rows);
  const about = { folds: 2, reads: "view", epochs: 2, examples: 2, identity: "x", rows: sha256(rows) };
  await writeFile(aboutPath(scores), JSON.stringify(about));

  const measures = await measureViews({ store, encoder, scores, runtime: { threads: 1 } });
  expect(measures).toMatchObject({
    direction: "text",
    rounds: 2,
    chains: 2,
    instances: 2,
    views: { measured: 12, rejected: 0, notMeasured: 0 },
  });
  const [pictures] = measures.drift;
  expect(pictures).toMatchObject({ kind: "picture", space: "words", origin: "real" });
  for (const { mean } of pictures!.steps) {
    expect(mean).toBeGreaterThan(0);
    expect(mean).toBeLessThan(2); // less their mean, embeddings may point apart
  }
  expect(measures.diversity.map(({ round }) => round)).toEqual([1, 2, "all"]);
  // Two labels, one instance each: H(Y) is 1 bit.
  const bounds = measures.information!.map(({ round, information: { bound, gain, views: count } }) => [
    round,
    count,
    Number(bound.nats.toFixed(6)),
    Number(gain!.nats.toFixed(6)),
  ]);
  expect(bounds).toEqual([
    [1, 4, Number((Math.LN2 - 0.2).toFixed(6)), 0.8],
    [2, 4, Number((Math.LN2 - 0.6).toFixed(6)), 0.4],
  ]);
  expect(
    measures.retention!.byRound.map(({ round, views: count, right, share }) => [round, count, right, share]),
  ).toEqual([
    [1, 4, 4, 1],
    [2, 4, 2, 0.5],
  ]);
  const page = join(folder, "measures.html");
  await writeReport(page, measureReport(measures));
  const html = await readFile(page, "utf8");
  for (const title of ["Semantic drift", "Diversity", "Information about the label", "Label retention"])
    expect(html).toContain(title);
});

it("compares generated pictures with the real one, which it finds by its content", async () => {
  const pictures = join(folder, "pictures");
  const vit = join(folder, "vit");
  await mkdir(pictures);
  await writeSmallVit(vit, "none");
  const paint = async (seed: number) => {
    const pixels = Buffer.from(Array.from({ length: 3 * 64 }, (_, i) => (i * (5 + (seed % 90))) % 256));
    return sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toBuffer();
  };
  const real = await paint(1);
  await writeFile(join(pictures, "any-name.png"), real);
  const store = await makeStore(
    "from-pictures",
    "picture",
    [
      {
        id: "0",
        real: async () => ({ mediaType: "image/png", bytes: real }),
        fingerprint: createHash("sha256").update(real).digest("hex"),
        mentions: ["kite"],
        exclude: [],
      },
    ],
    {
      ...generator("painter"),
      picture: async ({ seed }) => ({ content: { mediaType: "image/png", bytes: await paint(seed) } }),
    },
    {
      ...generator("describer"),
      text: async ({ seed }) => ({ content: textContent(`kite ${WORDS[seed % WORDS.length]}`) }),
    },
  );
  const request = { store, encoder, pictureEncoder: vit, runtime: { threads: 1 } };
  const measures = await measureViews({ ...request, pictures });
  expect(measures.views).toEqual({ measured: 6, rejected: 0, notMeasured: 0 });
  expect(measures.drift.map(({ kind, space, origin, steps }) => [kind, space, origin, steps.length])).toEqual(
    [
      ["picture", "pixels", "real", 1],
      ["text", "words", "first", 1],
    ],
  );
  expect(Object.keys(measures.encoders)).toEqual(["text", "picture"]);
  const made = ["textToImage: painter words", "imageToText: describer words"];
  expect(measures.generators).toEqual(made);
  expect(measureReport(measures).notes?.[0]?.text).toBe(`Generated by ${made.join("; ")}.`);
  // A CLIP also compares texts with pictures, and is the picture encoder where none is named.
  const clip = join(folder, "clip");
  const letters = [..."kitebluardsoy"].flatMap((letter) => [letter, `${letter}</w>`]);
  const ends = { "!": 0, "<|startoftext|>": 1, "<|endoftext|>": 2 };
  await writeSmallClip(clip, {
    text: { vocab_size: 40, max_position_embeddings: 20, eos_token_id: 2 },
    vocabulary: { ...ends, ...Object.fromEntries([...new Set(letters)].map((token, i) => [token, 3 + i])) },
  });
  const joint = await measureViews({ store, encoder, clip, pictures, runtime: { threads: 1 } });
  expect(Object.keys(joint.encoders)).toEqual(["text", "clip"]);
  expect(joint.crossModal!.map(({ kind, origin, step, count }) => [kind, origin, step, count])).toEqual([
    ["text", "real", 1, 2],
    ["text", "real", 3, 2],
    ["text", "parent", 1, 2],
    ["picture", "parent", 2, 2],
    ["text", "parent", 3, 2],
  ]);
  // The first text was made from the real picture; with one instance there is no unrelated one.
  expect(joint.crossModal![0]!.mean).toBe(joint.crossModal![2]!.mean);
  expect(joint.crossModal![0]!.unrelated).toBeUndefined();
  const jointPage = join(folder, "joint.html");
  await writeReport(jointPage, measureReport(joint));
  expect(await readFile(jointPage, "utf8")).toContain("Texts against pictures");
  // Real texts to compare the generated ones with; too few for a row, yet read.
  const documents = join(folder, "documents.jsonl");
  const real12 = WORDS.flatMap((word) => [`${word} kite`, `kite of ${word}`]);
  await writeFile(
    documents,
    real12
      .map((text, i) => `${JSON.stringify({ id: `${i}`, text, entities: [], relations: [] })}\n`)
      .join(""),
  );
  expect((await measureViews({ ...request, real: documents })).shift).toEqual([]);
  const withoutFolder = await measureViews(request);
  expect(withoutFolder.drift.map(({ kind }) => kind)).toEqual(["text"]);
});
