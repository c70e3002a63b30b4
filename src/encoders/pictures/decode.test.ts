import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { decodePicture, readPicture } from "./decode.ts";
import { resizePicture } from "./resize.ts";
import type { RgbPicture } from "./rgb-picture.ts";

const shared = resolve(process.env.RELATA_SHARED ?? "../shared");
const mnre = join(shared, "data/mnre/images");

/** Two columns, one row: an orange and a blue pixel, with alpha 0 on the first when there are four channels. */
function pixels(channels: 1 | 3 | 4): Sharp {
  const data = { 1: [10, 200], 3: [200, 100, 0, 0, 0, 250], 4: [200, 100, 0, 0, 0, 0, 250, 255] }[channels];
  return sharp(Uint8Array.from(data), { raw: { width: 2, height: 1, channels } });
}

const hash = (picture: RgbPicture): string =>
  createHash("sha256").update(picture.data).digest("hex").slice(0, 16);

describe("decodePicture", () => {
  it("gives 8-bit RGB for colour, grey, alpha, palette and 16-bit files", async () => {
    const rgb = [200, 100, 0, 0, 0, 250];
    const decode = async (input: Sharp): Promise<number[]> => [
      ...(await decodePicture(await input.toBuffer())).data,
    ];
    expect(await decode(pixels(3).png())).toEqual(rgb);
    expect(await decode(pixels(3).png({ palette: true }))).toEqual(rgb);
    expect(await decode(pixels(3).tiff({ compression: "none" }))).toEqual(rgb);
    expect(await decode(pixels(3).toColourspace("rgb16").png())).toEqual(rgb);
    expect(await decode(pixels(1).toColourspace("b-w").png())).toEqual([10, 10, 10, 200, 200, 200]);
    // Alpha is dropped, not blended: the hidden colour stays.
    expect(await decode(pixels(4).png())).toEqual(rgb);
    expect(await decode(pixels(4).webp({ lossless: true, exact: true }))).toEqual(rgb);
  });

  it("converts CMYK as PIL does, without a profile", async () => {
    // A TIFF of two pixels, (100, 100, 100, 100) and (0, 255, 30, 7), written by PIL.
    const tiff =
      "SUkqAAgAAAAKAAABBAABAAAAAgAAAAEBBAABAAAAAQAAAAIBAwAEAAAAhgAAAAMBAwABAAAAAQAAAAYBAwABAAAABQAAABEBBAABAAAA" +
      "jgAAABUBAwABAAAABAAAABYBBAABAAAAAQAAABcBBAABAAAACAAAABwBAwABAAAAAQAAAAAAAAAIAAgACAAIAGRkZGQA/x4H";
    const { data } = await decodePicture(Buffer.from(tiff, "base64"));
    expect([...data]).toEqual([94, 94, 94, 248, 0, 219]);
  });

  it("keeps the stored orientation whatever EXIF says", async () => {
    const bytes = await pixels(3).jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toBuffer();
    expect(await decodePicture(bytes)).toMatchObject({ width: 2, height: 1 });
  });

  it("takes an animation's first frame", async () => {
    const frames = Uint8Array.from([255, 0, 0, 0, 0, 255]);
    const gif = await sharp(frames, { raw: { width: 1, height: 2, channels: 3, pageHeight: 1 } })
      .gif()
      .toBuffer();
    expect(await decodePicture(gif)).toMatchObject({ width: 1, height: 1, data: Buffer.from([255, 0, 0]) });
  });

  it("refuses what is not a picture before any decoder sees it", async () => {
    for (const text of ["", "hello", "<svg xmlns='http://www.w3.org/2000/svg'/>"]) {
      await expect(decodePicture(Buffer.from(text))).rejects.toMatchObject({ code: "encoder/not-a-picture" });
    }
  });

  it("refuses truncated and too large pictures", async () => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
    const raw = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
    for (const bytes of [await raw.clone().jpeg().toBuffer(), await raw.clone().png().toBuffer()]) {
      for (const part of [0.1, 0.5, 0.9]) {
        const cut = bytes.subarray(0, Math.floor(bytes.length * part));
        await expect(decodePicture(cut)).rejects.toMatchObject({ code: "encoder/picture-broken" });
      }
      await expect(decodePicture(bytes, { maxPixels: 4095 })).rejects.toThrow(
        "64 x 64 pixels; the limit is 4095",
      );
    }
  });
});

describe("readPicture", () => {
  it("tells a missing picture from a broken one and from a good one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "relata-pictures-"));
    try {
      await writeFile(join(folder, "broken.jpg"), "not a picture");
      await writeFile(join(folder, "good.png"), await pixels(3).png().toBuffer());
      const missing = join(folder, "missing.jpg");
      expect(await readPicture(missing)).toEqual({ state: "missing", path: missing });
      expect(await readPicture(join(folder, "good.png"))).toMatchObject({
        state: "present",
        picture: { width: 2 },
      });
      expect(await readPicture(join(folder, "broken.jpg"))).toMatchObject({
        state: "broken",
        error: { code: "encoder/not-a-picture", place: join(folder, "broken.jpg") },
      });
      expect(await readPicture(folder)).toMatchObject({
        state: "broken",
        error: { code: "encoder/picture-unreadable", message: `${folder} is a folder, not a regular file` },
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

// SHA-256 of PIL's decoded pixels, and of these resized to 224 x 224 by bicubic and by bilinear.
const PHOTOS = [
  ["twitter_stream_2018_05_07_16_0_2_47.jpg", "04b5946a8f379655", "83fe9b9b3966a715", "27d38d0918c1b24c"],
  ["twitter_19_31_16_6.jpg", "f51902f8a07df247", "6098b4a841fd8fb8", "809a10aad4726ef8"],
  ["twitter_stream_2018_10_10_25_0_2_7.jpg", "1b2f7fff7b12e967", "f417ac3af6ada589", "89c4d870d1dc5366"],
] as const;

describe.skipIf(!existsSync(mnre))("real photos (need the shared data folder)", () => {
  it.each(PHOTOS)(
    "decodes and resizes %s to the same pixels as PIL",
    async (file, decoded, bicubic, bilinear) => {
      const outcome = await readPicture(join(mnre, file));
      if (outcome.state !== "present") throw new Error(outcome.state);
      expect(hash(outcome.picture)).toBe(decoded);
      expect(hash(resizePicture(outcome.picture, 224, 224, "bicubic"))).toBe(bicubic);
      expect(hash(resizePicture(outcome.picture, 224, 224, "bilinear"))).toBe(bilinear);
    },
  );
});
