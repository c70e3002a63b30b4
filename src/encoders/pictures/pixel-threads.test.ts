import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { cmykToRgb, spreadGrey } from "./pixel-formats.ts";
import { pixelThreads, preprocessInThread } from "./pixel-threads.ts";
import { type PicturePreprocessing, preprocessPicture } from "./preprocess.ts";
import { TORCHVISION_RESNET } from "./preprocessor-config.ts";
import type { RgbPicture } from "./rgb-picture.ts";

const photo = (width: number, height: number): RgbPicture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251),
});

/** As text that compares quickly. */
const bitsOf = ({ data, ...rest }: { readonly data: Uint8Array | Float32Array }) => ({
  ...rest,
  data: createHash("sha256").update(data).digest("hex"),
});

describe("preprocessInThread", () => {
  it("scales photographs in threads, many at once, to the same bits, and leaves the picture as it is", async () => {
    const pictures = [photo(400, 300), photo(301, 299), photo(250, 500), photo(600, 111), photo(333, 333)];
    const untouched = pictures.map(bitsOf);
    const before = pixelThreads.done;
    const scaled = await Promise.all(
      pictures.map((picture) => preprocessInThread(picture, TORCHVISION_RESNET)),
    );
    expect(pixelThreads.done - before).toBe(pictures.length);
    expect(scaled.map(bitsOf)).toEqual(
      pictures.map((picture) => bitsOf(preprocessPicture(picture, TORCHVISION_RESNET))),
    );
    expect(pictures.map(bitsOf)).toEqual(untouched);
  });

  it("starts no thread for a thumbnail", async () => {
    const before = pixelThreads.done;
    const how: PicturePreprocessing = {
      ...TORCHVISION_RESNET,
      resize: { kind: "exact", width: 8, height: 8 },
      crop: undefined,
    };
    expect(await preprocessInThread(photo(64, 64), how)).toEqual(preprocessPicture(photo(64, 64), how));
    expect(pixelThreads.done).toBe(before);
  });

  it("turns grey and CMYK into RGB in threads, too", async () => {
    const { data } = photo(320, 300);
    const before = pixelThreads.done;
    expect(bitsOf(await pixelThreads.run({ kind: "grey", data, channels: 1 }))).toEqual(
      bitsOf({ data: spreadGrey(data, 1) }),
    );
    expect(bitsOf(await pixelThreads.run({ kind: "cmyk", data, channels: 4 }))).toEqual(
      bitsOf({ data: cmykToRgb(data, 4) }),
    );
    expect(pixelThreads.done - before).toBe(2);
  });

  it("refuses a line of pixels that would be scaled to a wall", async () => {
    const how: PicturePreprocessing = {
      ...TORCHVISION_RESNET,
      resize: { kind: "shortest-edge", size: 1000 },
    };
    await expect(preprocessInThread(photo(100, 1), how)).rejects.toMatchObject({
      code: "encoder/picture-too-long",
      message: expect.stringContaining("scaled to 100000 x 1000"),
    });
  });
});
