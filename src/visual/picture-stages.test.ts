import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import type { TextEncoderFolder } from "../encoders/text-encoder.ts";
import { Runtime } from "../engine/runtime.ts";
import { writeTinyResnet } from "../world/tiny-encoders.ts";
import type { PictureEncoder } from "./frozen-encoder.ts";
import { openVisual, reopenVisual } from "./open-visual.ts";
import { PictureChannel } from "./picture-channel.ts";
import { countStages, openPictureEncoder } from "./picture-encoder.ts";
import { chooseStages } from "./picture-stages.ts";

/** Stages of 1 and 2 channels: their maps hold 0 to 3, and 4 to 11. */
const TWO_STAGES = { channels: 3, stages: [1, 2] };
const MAPS = Float32Array.from({ length: 12 }, (_, i) => i);
/** Channels of the stages of the embedded corpus's ResNet. */
const RESNET = [16, 32, 64, 128];

describe("chooseStages", () => {
  const taken = (stages: readonly number[] | undefined) => {
    const choice = chooseStages(TWO_STAGES, stages, "net");
    const maps = choice.take(MAPS);
    expect(maps.length).toBe(4 * choice.channels);
    return Array.from(maps);
  };

  it("takes whole stages, in the order of the choice and as often as it names them", () => {
    expect(taken([1])).toEqual([0, 1, 2, 3]);
    expect(taken([2])).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    expect(taken([2, 1])).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3]);
    expect(taken([1, 1, 1])).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it("takes all without a choice, and without a copy", () => {
    const choice = chooseStages(TWO_STAGES, undefined, "net");
    expect(choice.channels).toBe(3);
    expect(choice.take(MAPS)).toBe(MAPS);
  });

  it("refuses a stage that the encoder does not have, and says how many there are", () => {
    const fault = (stages: readonly number[], encoder = TWO_STAGES) =>
      expect(() => chooseStages(encoder, stages, "net")).toThrow(
        expect.objectContaining({ code: "config/no-such-stage", place: "visual.stages" }),
      );
    fault([1, 3]);
    fault([2], { channels: 3, stages: [3] });
    expect(() => chooseStages({ channels: 3 }, [2], "net")).toThrow("has one stage");
    expect(() => chooseStages(TWO_STAGES, [3], "net")).toThrow("has 2 stages");
  });
});

describe("a channel of some stages", () => {
  let folder: string;
  let picture: string;
  let runtime: Runtime;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "relata-stages-"));
    picture = join(folder, "a.png");
    runtime = await Runtime.open({ threads: 1 });
    await writeTinyResnet(join(folder, "resnet"), 7);
    const pixels = Uint8Array.from({ length: 3 * 96 * 96 }, (_, i) => (i * 37) % 251);
    await sharp(pixels, { raw: { width: 96, height: 96, channels: 3 } })
      .png()
      .toFile(picture);
  });
  afterAll(async () => {
    await runtime.dispose();
    await rm(folder, { recursive: true });
  });

  const post = { id: "a", text: "a", image: "a.png", entities: [], relations: [] };

  /** The first map of the picture, and how many pictures were encoded. */
  async function mapOf(stages: readonly number[] | undefined, cacheFolder?: string) {
    const real = await openPictureEncoder(runtime, join(folder, "resnet"));
    let encoded = 0;
    const encoder: PictureEncoder = {
      ...real,
      encode(pixels) {
        encoded++;
        return real.encode(pixels);
      },
    };
    const channel = await PictureChannel.open(encoder, { place: "r", promptLength: 4, stages, cacheFolder });
    const { features } = await channel.featuresOf([post], { pictures: folder }, undefined);
    await channel.dispose();
    const { maps, pooled } = features[0]!;
    return { map: maps[0]!, pooled, encoded, saved: channel.saved };
  }

  it("counts the stages of an encoder without its weights", async () => {
    expect(await countStages(join(folder, "resnet"))).toBe(RESNET.length);
  });

  it("shares one cache with every other choice, and never mixes up their maps", async () => {
    const cacheFolder = join(folder, "cache");
    const all = await mapOf(undefined, cacheFolder);
    expect(all.encoded).toBe(1);
    expect(all.map.length).toBe(4 * 240);
    expect(all.saved).not.toHaveProperty("stages");
    let start = 0;
    for (const [i, channels] of RESNET.entries()) {
      const one = await mapOf([i + 1], cacheFolder);
      expect(one).toMatchObject({
        encoded: 0,
        pooled: all.pooled,
        saved: { stages: [i + 1], mapWidth: channels },
      });
      expect(one.map).toEqual(all.map.slice(start, start + 4 * channels));
      start += 4 * channels;
    }
    const again = await mapOf(undefined, cacheFolder);
    expect(again.map).toEqual(all.map);
  });

  it("repeats a stage so that every position of the prefix holds the same", async () => {
    const { map, saved } = await mapOf([4, 4, 4, 4]);
    const position = map.slice(0, saved.mapWidth);
    expect(saved.mapWidth).toBe(4 * 128);
    for (let at = 0; at < map.length; at += saved.mapWidth)
      expect(map.slice(at, at + saved.mapWidth)).toEqual(position);
  });

  it("is opened from a configuration, and again with the trained model", async () => {
    const config = parseConfig(
      {
        encoder: "no-text-encoder-is-read",
        data: { train: "t", validation: "v", pictures: folder },
        visual: { kind: "pictures", encoder: join(folder, "resnet"), stages: [3] },
      },
      "test",
    );
    const channel = await openVisual(runtime, config, {} as TextEncoderFolder, join(folder, "run"), {});
    const before = await channel!.featuresOfPicture!(picture, "");
    await channel!.dispose();
    const again = await reopenVisual(runtime, channel!.saved, { promptLength: 4, objects: 0 });
    expect(await again!.featuresOfPicture!(picture, "")).toEqual(before);
    expect(before.maps[0]!.length).toBe(4 * 64);
    await again!.dispose();
  });
});
