// Views of a real store: pools of equal size from different numbers of rounds.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captionedPicture } from "../../synthesis/generators/captioned-picture.ts";
import { type ImageToText, PLAIN_TEXT, type TextToImage } from "../../synthesis/generators/generator.ts";
import { runChains } from "../../synthesis/run-chains.ts";
import { readStoreViews } from "./store-views.ts";

const INSTANCES = 20;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-store-views-"));
  const generator = (adapter: string) => ({
    identity: { adapter, model: "counter", settings: {} },
    concurrency: 4,
    costPerCall: 0,
    dispose: () => Promise.resolve(),
  });
  const bytes = (text: string) => new TextEncoder().encode(text);
  const textToImage: TextToImage = {
    ...generator("pictures"),
    picture: async ({ seed }) => ({
      content: captionedPicture({ picture: `${seed}.jpg`, caption: `picture ${seed}` }),
    }),
  };
  const imageToText: ImageToText = {
    ...generator("texts"),
    text: async ({ seed }) => ({ content: { mediaType: PLAIN_TEXT, bytes: bytes(`text ${seed}`) } }),
  };
  await runChains({
    folder: join(folder, "store"),
    plan: {
      direction: "text",
      rounds: 3,
      chains: 2,
      seed: 1,
      textToImage,
      imageToText,
      duplicateLevels: null,
      instances: async function* () {
        for (let i = 0; i < INSTANCES; i++) {
          const text = bytes(`post ${i}`);
          yield {
            id: `post-${i}`,
            real: async () => ({ mediaType: PLAIN_TEXT, bytes: text }),
            fingerprint: createHash("sha256").update(text).digest("hex"),
            mentions: [],
            exclude: [],
          };
        }
      },
    },
  });
});
afterAll(() => rm(folder, { recursive: true }));

const read = (rounds: number, asManyAsRounds?: number) =>
  readStoreViews(join(folder, "store"), { real: "text", rounds, asManyAsRounds });

describe("readStoreViews", () => {
  it("gives every number of rounds a pool of the same size, from all of its rounds", async () => {
    for (const rounds of [1, 2, 3]) {
      const { byInstance, accepted, notDrawn } = await read(rounds, 1);
      expect(byInstance.size).toBe(INSTANCES);
      for (const views of byInstance.values()) expect(views).toHaveLength(2); // one round of two chains
      expect(accepted).toBe(INSTANCES * 2 * rounds);
      expect(notDrawn).toBe(INSTANCES * 2 * (rounds - 1));
      const seen = new Set([...byInstance.values()].flat().map(({ round }) => round));
      expect([...seen].sort()).toEqual([1, 2, 3].slice(0, rounds));
    }
  });

  it("draws the same each time, and all views without a limit", async () => {
    const ids = async () => [...(await read(3, 2)).byInstance.values()].flat().map(({ id }) => id);
    expect(await ids()).toEqual(await ids());
    const all = await read(3);
    expect([...all.byInstance.values()].flat()).toHaveLength(INSTANCES * 6);
    expect(all.notDrawn).toBe(0);
  });

  it("refuses more rounds than the store has", async () => {
    await expect(read(3, 4)).rejects.toMatchObject({
      code: "config/not-in-store",
      place: "synthesis.asManyAsRounds",
    });
  });
});
