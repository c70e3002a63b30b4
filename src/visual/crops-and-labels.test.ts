// That crops tell nothing of what is annotated: the same features whatever the annotations say, and on MNRE's real pictures a number of crops
// that does not tell the relation None from the others, where the public lists of crops do.
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../data/document.ts";
import { NONE_LABEL } from "../data/labels.ts";
import { readDocuments } from "../data/readers.ts";
import { openObjectDetector } from "../encoders/objects/onnx-detector.ts";
import { painted, TOKENS, writeCellDetector } from "../encoders/objects/testing/bright-cells.ts";
import { Runtime } from "../engine/runtime.ts";
import { stream } from "../training/random.ts";
import { writeTinyResnet } from "../world/tiny-encoders.ts";
import type { PictureEncoder } from "./frozen-encoder.ts";
import { PictureChannel } from "./picture-channel.ts";
import { openPictureEncoder } from "./picture-encoder.ts";

const OBJECTS = 3;
const mnre = join(resolve(process.env.RELATA_SHARED ?? "../shared"), "data/mnre");

let folder: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-labels-"));
  runtime = await Runtime.open({ threads: 1 });
  await writeTinyResnet(join(folder, "resnet"), 7);
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

async function openChannel(
  layout: "end-to-end" | "owl-vit",
  settings: Readonly<Record<string, unknown>>,
  encoder?: PictureEncoder,
): Promise<PictureChannel> {
  const place = await writeCellDetector(join(folder, layout), layout, settings);
  return PictureChannel.open(encoder ?? (await openPictureEncoder(runtime, join(folder, "resnet"))), {
    place: "resnet",
    promptLength: 4,
    crops: { place, detector: await openObjectDetector(runtime, place), objects: OBJECTS },
  });
}

/** Where crops are only counted: one number for a picture. */
const LIGHT: PictureEncoder = {
  fingerprint: "light",
  channels: 1,
  classes: 1,
  encode: async ({ data }) => ({ maps: new Float32Array(4).fill(data[0] ?? 0), logits: new Float32Array(1) }),
  dispose: async () => {},
};

describe("features under other annotations", () => {
  const TEXTS = ["Anna at the red bridge", "blue hour in Rome", "red and blue"];
  const IMAGES = ["first.png", "second.png", "first.png"];

  beforeAll(async () => {
    const light = 255;
    const pictures = {
      "first.png": [
        { box: [0, 0, 16, 16], color: "red", light },
        { box: [32, 32, 48, 48], color: "blue", light },
      ],
      "second.png": [{ box: [48, 0, 64, 16], color: "blue", light }],
    } as const;
    for (const [name, parts] of Object.entries(pictures)) {
      const { width, height, data } = painted(64, 64, parts);
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(join(folder, name));
    }
  });

  const label = fc.constantFrom("PER", "LOC", "ORG", NONE_LABEL, "/per/loc/place_of_birth");
  const annotations = fc.record({
    entities: fc.array(
      fc.record({ start: fc.integer({ min: 0, max: 5 }), end: fc.integer({ min: 6, max: 12 }), label }),
      { maxLength: 3 },
    ),
    relations: fc.array(fc.record({ head: fc.constant(0), tail: fc.constant(1), label }), { maxLength: 2 }),
    id: fc.string({ minLength: 1, maxLength: 5 }),
    meta: fc.record({ label, instance: fc.integer() }),
  });

  it.each([
    { layout: "end-to-end", settings: {}, counts: [1, 0, 1] },
    { layout: "owl-vit", settings: { textLength: TOKENS, scoreThreshold: 0.6 }, counts: [1, 1, 2] },
  ] as const)("are the same, crop for crop ($layout)", async ({ layout, settings, counts }) => {
    const channel = await openChannel(layout, settings);
    const featuresOf = async (documents: readonly Document[]) =>
      (await channel.featuresOf(documents, { pictures: folder }, undefined)).features;
    const bare = TEXTS.map((text, i) => ({
      id: `${i}`,
      text,
      image: IMAGES[i]!,
      entities: [],
      relations: [],
    }));
    const expected = await featuresOf(bare);
    expect(expected.map((one) => one!.maps.length - 1)).toEqual(counts);
    await fc.assert(
      fc.asyncProperty(fc.tuple(annotations, annotations, annotations), async (drawn) => {
        // Drawn annotations stand for permuted, removed and renamed ones: every such document is among them.
        const annotated = bare.map((document, i) => ({ ...document, ...drawn[i] }));
        expect(await featuresOf(annotated)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
    await channel.dispose();
  });

  it("stay with their documents when those are permuted or left out", async () => {
    const channel = await openChannel("end-to-end", {});
    const documents = IMAGES.map((image, i) => ({
      id: `${i}`,
      text: "",
      image,
      entities: [],
      relations: [],
    }));
    const of = async (chosen: readonly Document[]) =>
      (await channel.featuresOf(chosen, { pictures: folder }, undefined)).features;
    const [first, second, third] = await of(documents);
    expect(await of([documents[1]!, documents[2]!, documents[0]!])).toEqual([second, third, first]);
    expect(await of([documents[1]!])).toEqual([second]);
    await channel.dispose();
  });
});

interface Instance {
  readonly isNone: boolean;
  readonly image: string;
  readonly ours: number;
  readonly theirs: number;
}

/** How well the counts tell the two groups apart: the chance that one of None has the smaller count, ties by halves; 1/2 is a guess. */
function separation(instances: readonly { readonly isNone: boolean; readonly count: number }[]): number {
  const [none, other] = [true, false].map((isNone) => {
    const histogram = new Map<number, number>();
    for (const one of instances.filter((instance) => instance.isNone === isNone)) {
      histogram.set(one.count, (histogram.get(one.count) ?? 0) + 1);
    }
    return [...histogram];
  }) as [[number, number][], [number, number][]];
  let wins = 0;
  let pairs = 0;
  for (const [a, times] of none) {
    for (const [b, others] of other) {
      pairs += times * others;
      wins += times * others * (a < b ? 1 : a === b ? 0.5 : 0);
    }
  }
  return wins / pairs;
}

/** Share of random relabellings that separate at least as well. */
function chanceOf(instances: readonly { readonly isNone: boolean; readonly count: number }[]): number {
  const observed = Math.abs(separation(instances) - 0.5);
  const draws = stream(1, 0, "relabelling");
  const labels = instances.map(({ isNone }) => isNone);
  const rounds = 1000;
  let atLeast = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = labels.length - 1; i > 0; i--) {
      const j = Math.floor(draws.uniform() * (i + 1));
      [labels[i], labels[j]] = [labels[j]!, labels[i]!];
    }
    const relabelled = instances.map(({ count }, i) => ({ count, isNone: labels[i]! }));
    if (Math.abs(separation(relabelled) - 0.5) >= observed) atLeast++;
  }
  return atLeast / rounds;
}

describe.skipIf(!existsSync(join(mnre, "images")))("crops of MNRE's pictures (needs the shared data)", () => {
  const SPLITS = ["train", "val"] as const;
  const linesOf = async (split: string) =>
    (await readFile(join(mnre, `${split}.txt`), "utf8")).trim().split("\n");
  const cropsOf = async (split: string): Promise<Readonly<Record<string, readonly string[]>>> =>
    JSON.parse(await readFile(join(mnre, `side/crops-${split}.json`), "utf8"));
  const instances: Instance[] = [];

  /** The instances whose pictures are there, each with both numbers of crops. */
  beforeAll(async () => {
    // A threshold that leaves some pictures without a crop and gives others all three.
    const channel = await openChannel("end-to-end", { scoreThreshold: 0.7 }, LIGHT);
    const images = await readdir(join(mnre, "images"));
    for (const split of SPLITS) {
      const crops = await cropsOf(split);
      const kept = (await linesOf(split))
        .map((line, index) => ({ line, index }))
        .filter(({ line }) => images.some((image) => line.includes(image)));
      const path = join(folder, `${split}.txt`);
      await writeFile(path, `${kept.map(({ line }) => line).join("\n")}\n`);
      const { documents } = await readDocuments(path, { format: "mnre" });
      const sources = { pictures: join(mnre, "images") };
      const { features } = await channel.featuresOf(documents, sources, undefined);
      for (const [i, document] of documents.entries()) {
        instances.push({
          isNone: document.relations[0]!.label === NONE_LABEL,
          image: document.image!,
          ours: features[i]!.maps.length - 1,
          theirs: crops[String(kept[i]!.index)]!.length,
        });
      }
    }
    await channel.dispose();
  }, 60_000); // 34 photos to decode

  it("has 56 instances with pictures, of which the detector finds from none to three objects", () => {
    expect(instances.length).toBe(56);
    expect([...new Set(instances.map(({ ours }) => ours))].sort()).toEqual([0, 1, 2, 3]);
  });

  it("gives all instances of a picture the same number, where the public lists tell None apart in 10 of 14 pairs", () => {
    const told = { ours: 0, theirs: 0, pairs: 0 };
    for (const a of instances.filter(({ isNone }) => isNone)) {
      for (const b of instances.filter(({ isNone, image }) => !isNone && image === a.image)) {
        told.pairs++;
        if (a.ours !== b.ours) told.ours++;
        if (a.theirs < b.theirs) told.theirs++;
      }
    }
    expect(told).toEqual({ ours: 0, theirs: 10, pairs: 14 });
  });

  it("separates None from the rest no better than chance, where the public lists do on the same instances", () => {
    const ours = instances.map(({ isNone, ours: count }) => ({ isNone, count }));
    const theirs = instances.map(({ isNone, theirs: count }) => ({ isNone, count }));
    expect(chanceOf(ours)).toBeGreaterThan(0.05);
    expect(separation(theirs)).toBeGreaterThan(0.9);
    expect(chanceOf(theirs)).toBeLessThan(0.005);
  });

  it("is nothing that the public lists can claim of all their instances", async () => {
    for (const split of SPLITS) {
      const crops = await cropsOf(split);
      const counted = (await linesOf(split)).map((line, index) => ({
        isNone: /["']relation["']: ["']None["']/.test(line),
        count: crops[String(index)]!.length,
      }));
      expect(separation(counted)).toBeGreaterThan(0.98);
    }
  });
});
