import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodePicture } from "./decode.ts";
import { inspectPicture } from "./inspect.ts";
import { flatPng, inserted, jpegSegment, pngChunk, riffChunk, tiff } from "./testing/crafted.ts";

const width = 24;
const height = 16;
const noise = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251);
const drawn = () => sharp(noise, { raw: { width, height, channels: 3 } });
const animated = () => sharp(noise, { raw: { width, height, channels: 3, pageHeight: 4 } });

const codeOf = (bytes: Uint8Array) => {
  try {
    inspectPicture(bytes);
    return "fine";
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
};
const pixelsOf = async (bytes: Uint8Array) => Buffer.from((await decodePicture(bytes)).data).toString("hex");

describe("inspectPicture", () => {
  it("refuses sizes before anything is decoded", () => {
    expect(codeOf(flatPng(1_000_000, 1))).toBe("encoder/picture-too-large");
    expect(codeOf(flatPng(1, 70_000))).toBe("encoder/picture-too-large");
    expect(codeOf(flatPng(10_000, 9_000))).toBe("encoder/picture-too-large");
    expect(codeOf(flatPng(101, 1))).toBe("encoder/picture-too-long");
    expect(codeOf(flatPng(1, 1000))).toBe("encoder/picture-too-long");
    expect(codeOf(flatPng(100, 1))).toBe("fine");
    expect(codeOf(flatPng(0, 1))).toBe("encoder/picture-broken");
  });

  it("finds the size in every format", async () => {
    const files = [
      await drawn().jpeg().toBuffer(),
      await drawn().jpeg({ progressive: true }).toBuffer(),
      await drawn().png().toBuffer(),
      await drawn().png({ progressive: true, palette: true }).toBuffer(),
      await drawn().gif().toBuffer(),
      await drawn().webp().toBuffer(),
      await drawn().webp({ lossless: true }).toBuffer(),
      await drawn().ensureAlpha(0.5).webp().toBuffer(),
      await drawn().tiff().toBuffer(),
      await drawn().tiff({ tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
      await drawn().avif().toBuffer(),
    ];
    for (const file of files) expect(inspectPicture(file)).toMatchObject({ width, height });
  });

  it("gives a decoder a PNG without texts, profiles and the like, whose pixels are the same", async () => {
    const png = await drawn().png().toBuffer();
    const bomb = deflateSync(Buffer.alloc(1_000_000, 65));
    const loaded = inserted(
      png,
      33,
      pngChunk("zTXt", Buffer.concat([Buffer.from("a\0\0"), bomb])),
      pngChunk("iTXt", Buffer.concat([Buffer.from("a\0\x01\0\0\0"), bomb])),
      pngChunk("iCCP", Buffer.concat([Buffer.from("a\0\0"), bomb])),
      pngChunk("eXIf", Buffer.alloc(20)),
    );
    const { bytes } = inspectPicture(loaded);
    expect(Buffer.from(bytes).toString("latin1")).not.toMatch(/zTXt|iTXt|iCCP|eXIf/);
    expect(await pixelsOf(loaded)).toBe(await pixelsOf(png));
  });

  it("gives a decoder a JPEG without metadata, and refuses one with hundreds of scans", async () => {
    const jpeg = await drawn().jpeg({ progressive: true }).toBuffer();
    const loaded = inserted(
      jpeg,
      2,
      jpegSegment(0xe1, Buffer.alloc(60_000, 66)),
      jpegSegment(0xe2, Buffer.from("ICC_PROFILE\0")),
      jpegSegment(0xfe, Buffer.from("a comment")),
    );
    expect(inspectPicture(loaded).bytes.length).toBeLessThan(jpeg.length + 1);
    expect(await pixelsOf(loaded)).toBe(await pixelsOf(jpeg));
    const scan = jpeg.lastIndexOf(Buffer.from([0xff, 0xda]));
    const scans = new Array<Buffer>(200).fill(jpeg.subarray(scan, jpeg.length - 2));
    expect(codeOf(inserted(jpeg, jpeg.length - 2, ...scans))).toBe("encoder/picture-too-large");
    expect(codeOf(inserted(jpeg, jpeg.length - 2, ...scans.slice(0, 20)))).toBe("fine");
  });

  it("gives a decoder the first frame alone", async () => {
    for (const file of [
      await animated().gif().toBuffer(),
      await animated().webp({ lossless: true }).toBuffer(),
    ]) {
      const { pages } = await sharp(file).metadata();
      const { bytes } = inspectPicture(file);
      expect([pages, (await sharp(bytes).metadata()).pages ?? 1]).toEqual([4, 1]);
      const first = sharp(file, { pages: 1 }).removeAlpha().raw();
      expect(await pixelsOf(file)).toBe((await first.toBuffer()).toString("hex"));
    }
  });

  it("gives a decoder a WebP without profile and metadata", async () => {
    const webp = await drawn().ensureAlpha(0.5).webp({ lossless: true, exact: true }).toBuffer();
    const loaded = Buffer.concat([
      webp,
      riffChunk("XMP ", Buffer.alloc(1001, 65)),
      riffChunk("EXIF", Buffer.alloc(50)),
    ]);
    const extended = inserted(
      await drawn().webp({ lossless: true }).toBuffer(),
      12,
      riffChunk("VP8X", Buffer.from([0x2c, 0, 0, 0, width - 1, 0, 0, height - 1, 0, 0])),
      riffChunk("ICCP", Buffer.alloc(500)),
    );
    for (const file of [loaded, extended]) {
      const text = Buffer.from(inspectPicture(file).bytes).toString("latin1");
      expect(text).not.toMatch(/XMP |EXIF|ICCP/);
    }
    expect(await pixelsOf(extended)).toBe(Buffer.from(noise).toString("hex"));
  });

  it("gives a decoder the first page alone, and refuses tiles and samples that the page does not explain", async () => {
    const endless = Buffer.from(tiff());
    endless.writeUInt32LE(10, endless.length - 4); // the first directory again, and so on
    expect(await decodePicture(endless)).toMatchObject({
      width: 1,
      height: 1,
      data: Buffer.from([200, 200, 200]),
    });
    expect(codeOf(tiff([322, 4, 1, 65_536], [323, 4, 1, 65_536]))).toBe("encoder/picture-too-large");
    expect(codeOf(tiff([256, 4, 1, 9_000], [257, 4, 1, 9_000], [277, 3, 1, 5_000]))).toBe(
      "encoder/picture-too-large",
    );
    expect(codeOf(tiff([700, 1, 0x7fffffff, 8]))).toBe("encoder/picture-broken");
    expect(codeOf(tiff([50706, 1, 4, 1]))).toBe("encoder/not-a-picture");
    expect(codeOf(tiff([254, 4, 1, 1], [330, 4, 1, 10]))).toBe("encoder/not-a-picture");
  });

  it("refuses an AVIF whose boxes announce too large a picture or metadata to be inflated", async () => {
    const avif = await drawn().avif().toBuffer();
    const size = avif.indexOf("ispe") + 8;
    const large = Buffer.from(avif);
    large.writeUInt32BE(60_000, size);
    large.writeUInt32BE(60_000, size + 4);
    expect(codeOf(large)).toBe("encoder/picture-too-large");
    const renamed = Buffer.from(avif);
    renamed.write("miaf", 8, "latin1"); // the brand that decoders know is not the first
    expect(await pixelsOf(renamed)).toBe(await pixelsOf(avif));
  });

  it("reads no header beyond the end of a file that is cut anywhere", async () => {
    const files = [
      await drawn().jpeg({ progressive: true }).toBuffer(),
      await drawn().png().toBuffer(),
      await animated().gif().toBuffer(),
      await animated().webp().toBuffer(),
      tiff(),
      await drawn().avif().toBuffer(),
    ];
    for (const file of files) {
      for (let length = 0; length < Math.min(file.length, 600); length++) {
        expect(codeOf(file.subarray(0, length))).toMatch(/^fine$|^encoder\/(not-a-picture|picture-)/);
      }
    }
  });
});
