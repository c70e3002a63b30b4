// Measures of whole stores of angles: a text "30" stands for the direction of 30 degrees, and so does a picture of 30 bytes.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captionedPicture } from "../generators/captioned-picture.ts";
import { type Generated, type ImageToText, PLAIN_TEXT, type TextToImage } from "../generators/generator.ts";
import type { SourceInstance } from "../instance.ts";
import { runChains } from "../run-chains.ts";
import { seedOfStep } from "../steps.ts";
import { openViewStore } from "../store/open-store.ts";
import { measureStore } from "./store-measures.ts";

const SEED = 7;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-measures-"));
});
afterAll(() => rm(folder, { recursive: true }));

const direction = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
const distance = (degrees: number) => 1 - Math.cos((degrees * Math.PI) / 180);
const embedTexts = async (texts: readonly string[]) => texts.map((text) => direction(Number(text)));
const generator = (adapter: string) => ({
  identity: { adapter, model: "angles", settings: {} },
  concurrency: 4,
  costPerCall: 0,
  dispose: () => Promise.resolve(),
});
const textBytes = (text: string) => new TextEncoder().encode(text);
const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The chain that a call belongs to, known by its seed. */
function chainOf({ seed, instance, step }: { seed: number; instance: string; step: number }): number {
  return [0, 1].findIndex((chain) => seedOfStep(SEED, { instance, chain, step }) === seed);
}

/** Copies what a caption or text says. */
const reader: ImageToText = {
  ...generator("reader"),
  text: async ({ picture }): Promise<Generated> => {
    const { caption } = JSON.parse(new TextDecoder().decode(picture.bytes)) as { caption: string };
    return { content: { mediaType: PLAIN_TEXT, bytes: textBytes(caption) } };
  },
};

describe("a store of real texts and captioned pictures", () => {
  /** Turns the prompt's angle by 30 degrees in chain 0 and by 60 in chain 1. */
  const turner: TextToImage = {
    ...generator("turner"),
    picture: async (request) => {
      const caption = String(Number(request.prompt) + 30 * (1 + chainOf(request)));
      return { content: captionedPicture({ picture: `${request.seed}.jpg`, caption }) };
    },
  };
  const instance = (id: string, angle: number): SourceInstance => ({
    id,
    real: async () => ({ mediaType: PLAIN_TEXT, bytes: textBytes(String(angle)) }),
    fingerprint: hashOf(textBytes(String(angle))),
    mentions: [],
    exclude: [],
  });

  it("drifts as it was turned, and is as varied as its angles", async () => {
    const store = join(folder, "texts");
    const outcome = await runChains({
      folder: store,
      plan: {
        direction: "text",
        rounds: 2,
        chains: 2,
        seed: SEED,
        textToImage: turner,
        imageToText: reader,
        duplicateLevels: null,
        instances: async function* () {
          for (let i = 0; i < 70; i++) yield instance(String(i), i);
        },
      },
    });
    expect(outcome.complete).toBe(true);
    const seen: number[] = [];
    const measures = await measureStore(await openViewStore(store), {
      embedTexts,
      centre: false,
      onProgress: (done) => seen.push(done),
    });
    expect(seen).toEqual([64, 70]);
    expect(measures).toMatchObject({ instances: 70, views: { measured: 420, rejected: 0, notMeasured: 0 } });
    // Pictures: 30 and 60 degrees from the text in round 1, 60 and 120 in round 2. Texts between: as the pictures before.
    const [pictures, texts] = measures.drift;
    expect(pictures).toMatchObject({ kind: "picture", space: "words", origin: "real" });
    expect(texts).toMatchObject({ kind: "text", space: "words", origin: "real" });
    const expected = [(distance(30) + distance(60)) / 2, (distance(60) + distance(120)) / 2];
    expect(pictures!.steps.map(({ step, round, count }) => [step, round, count])).toEqual([
      [1, 1, 140],
      [3, 2, 140],
    ]);
    pictures!.steps.forEach(({ mean }, i) => {
      expect(mean).toBeCloseTo(expected[i]!, 5);
    });
    expect(texts!.steps.map(({ step }) => step)).toEqual([2]);
    expect(texts!.steps[0]!.mean).toBeCloseTo(expected[0]!, 5);
    // Round 1: 30 degrees apart; round 2: 60; all four of 30, 60, 60, 120 degrees.
    const all = (2 * distance(30) + distance(90) + distance(0) + 2 * distance(60)) / 6;
    expect(measures.diversity.map(({ round, views }) => [round, views.count, views.mean])).toEqual([
      [1, 70, 2],
      [2, 70, 2],
      ["all", 70, 4],
    ]);
    measures.diversity.forEach(({ meanPairwiseDistance, vendi, distinct1 }, i) => {
      expect(meanPairwiseDistance.mean).toBeCloseTo([distance(30), distance(60), all][i]!, 5);
      expect(vendi.mean).toBeGreaterThan(1);
      expect(vendi.mean).toBeLessThan(2 + 1e-6); // angles span a plane
      expect(distinct1?.mean).toBeCloseTo([1, 1, 0.75][i]!, 10); // of 30, 60, 60 and 120 three are different
    });
  });
});

describe("a store of real pictures with pixels", () => {
  const pictures = new Map<string, { readonly angle: number; readonly bytes: Uint8Array }>();
  const pictureOf = async (angle: number) => {
    const pixels = Buffer.from(Array.from({ length: 3 * 64 }, (_, i) => (i * 7 + angle) % 256));
    const bytes = await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toBuffer();
    pictures.set(hashOf(bytes), { angle, bytes });
    return { mediaType: "image/png", bytes: new Uint8Array(bytes) };
  };
  const angleOf = (bytes: Uint8Array) => pictures.get(hashOf(bytes))!.angle;

  it("compares pictures with the real one, and texts with the chain's first", async () => {
    const store = join(folder, "pictures");
    const real = await pictureOf(0);
    await runChains({
      folder: store,
      plan: {
        direction: "picture",
        rounds: 2,
        chains: 2,
        seed: SEED,
        duplicateLevels: null,
        textToImage: {
          ...generator("painter"),
          picture: async ({ prompt }) => ({ content: await pictureOf(Number(prompt)) }),
        },
        imageToText: {
          ...generator("describer"),
          text: async (request) => {
            const angle = angleOf(request.picture.bytes) + 30 * (1 + chainOf(request));
            return { content: { mediaType: PLAIN_TEXT, bytes: textBytes(String(angle)) } };
          },
        },
        instances: async function* () {
          yield {
            id: "1",
            real: async () => real,
            fingerprint: hashOf(real.bytes),
            mentions: [],
            exclude: [],
          };
        },
      },
    });
    const opened = await openViewStore(store);
    const embedPicture = async (bytes: Uint8Array) => direction(angleOf(bytes));
    const realPicture = async (hash: string) => pictures.get(hash)?.bytes;
    const { drift, diversity, views } = await measureStore(opened, {
      embedTexts,
      embedPicture,
      realPicture,
      centre: false,
    });
    expect(views).toEqual({ measured: 6, rejected: 0, notMeasured: 0 });
    const shown = drift.map(({ kind, space, origin, steps }) => [
      `${kind} ${space} ${origin}`,
      steps.map(({ step, count, mean }) => [step, count, Number(mean.toFixed(4))]),
    ]);
    const mean = (...angles: number[]) =>
      Number((angles.reduce((sum, angle) => sum + distance(angle), 0) / angles.length).toFixed(4));
    // Pictures of 30 and 60 degrees beside the real one of 0; texts of step 3 are 30 and 60 degrees from those of step 1.
    expect(Object.fromEntries(shown)).toEqual({
      "picture pixels real": [[2, 2, mean(30, 60)]],
      "text words first": [[3, 2, mean(30, 60)]],
    });
    expect(diversity.map(({ kind, round }) => [kind, round])).toEqual([
      ["text", 1],
      ["text", 2],
      ["text", "all"],
    ]);
    const blind = await measureStore(opened, { embedTexts });
    expect(blind.views).toEqual({ measured: 4, rejected: 0, notMeasured: 2 });
    const withoutReal = await measureStore(opened, { embedTexts, embedPicture });
    expect(withoutReal.drift.map(({ kind, origin }) => [kind, origin])).toEqual([["text", "first"]]);
  });
});

describe("a store whose encoder puts everything into a narrow cone", () => {
  const CLASSES = 8;
  /** A unit vector near a common direction; the class turns it a little. */
  const inCone = (place: number) => {
    const vector = new Float32Array(CLASSES + 1).fill(0);
    vector[CLASSES] = 10;
    if (place < CLASSES) vector[place] = 1;
    return vector;
  };
  const embedClasses = async (texts: readonly string[]) => texts.map((text) => inCone(Number(text) % 10));
  /** Keeps the class in round 1, and replaces it by a fixed other one in round 2: label-bearing, then not. */
  const forgetful: TextToImage = {
    ...generator("forgetful"),
    picture: async (request) => {
      const round = chainStep(request) === 1 ? 1 : 2;
      const own = Number(request.prompt);
      const caption = String(round === 1 ? own : (own + 1 + (request.seed % 7)) % CLASSES);
      return { content: captionedPicture({ picture: `${request.seed}.jpg`, caption }) };
    },
  };
  const chainStep = ({ seed, instance }: { seed: number; instance: string }) =>
    [1, 3].find((step) => [0, 1].some((chain) => seedOfStep(SEED, { instance, chain, step }) === seed));

  it("shows drift as nearness to the own origin beyond an unrelated one, which centring makes visible", async () => {
    const store = join(folder, "cone");
    await runChains({
      folder: store,
      plan: {
        direction: "text",
        rounds: 2,
        chains: 2,
        seed: SEED,
        textToImage: forgetful,
        imageToText: reader,
        duplicateLevels: null,
        instances: async function* () {
          for (let i = 0; i < 80; i++) {
            const text = String(i % CLASSES);
            // Real texts that differ, though their class is the same.
            const real = async () => ({
              mediaType: PLAIN_TEXT,
              bytes: textBytes(`${10 * i + (i % CLASSES)}`),
            });
            yield {
              id: `${i}`,
              real,
              fingerprint: hashOf(textBytes(`${i} ${text}`)),
              mentions: [],
              exclude: [],
            };
          }
        },
      },
    });
    const opened = await openViewStore(store);
    const raw = await measureStore(opened, { embedTexts: embedClasses, centre: false });
    const cone = await measureStore(opened, { embedTexts: embedClasses });
    expect(raw.centred).toEqual([]);
    expect(cone.centred).toEqual(["words"]);
    const pictures = ({ drift }: typeof raw) => drift.find(({ kind }) => kind === "picture")!.steps;
    // As they are: the farthest are 1 - 100/101 apart.
    for (const { mean } of pictures(raw)) expect(mean).toBeLessThan(0.01);
    const [kept, lost] = pictures(cone);
    expect(kept!.mean).toBeCloseTo(0, 5);
    expect(kept!.nearer!.interval![0]).toBeGreaterThan(0.5);
    // The second round is of any other class: no nearer to its own origin than to others', rather farther.
    expect(lost!.mean).toBeGreaterThan(0.9);
    expect(lost!.nearer!.mean).toBeLessThan(0.05);
    // Both chains of round 1 copy one class; views of other instances are of other classes.
    const first = cone.diversity.find(({ round }) => round === 1)!;
    expect(first.vendi.mean).toBeCloseTo(1, 5);
    expect(first.unrelated!.vendi.interval![0]).toBeGreaterThan(1.5);
    // Real second views of the same classes cannot be told from the first round; those of the even classes alone can.
    const clusters = Array.from({ length: 80 }, (_, i) => `${i}`);
    const second = async (classOf: (i: number) => number) => ({
      space: "words" as const,
      vectors: await embedClasses(clusters.map((_, i) => `${classOf(i)}`)),
      clusters,
    });
    const shiftFrom = async (classOf: (i: number) => number) =>
      (await measureStore(opened, { embedTexts: embedClasses, second: await second(classOf) })).shift!;
    const none = await shiftFrom((i) => i % CLASSES);
    expect(none.map(({ round }) => round)).toEqual([1, 2, "control"]);
    expect(none[0]!.pValue).toBeGreaterThan(0.05);
    expect(none[0]!.weights.effectiveShare).toBeGreaterThan(0.9);
    const [even, , control] = await shiftFrom((i) => (2 * i) % CLASSES);
    expect(even!.auc).toBeGreaterThan(0.7);
    expect(even!.pValue).toBeLessThan(0.05);
    expect(even!.weights.effectiveShare).toBeLessThan(0.9);
    expect(control!.pValue).toBeGreaterThan(0.02);
  });
});
