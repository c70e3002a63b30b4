import { Buffer } from "node:buffer";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { bytesOfBase64, checkedPicture, checkedText, pixelsOf } from "./checked-content.ts";
import { CAPTIONED_PICTURE } from "./generator.ts";
import { drawnPicture } from "./testing/drawn-content.ts";
import { rejection } from "./testing/requests.ts";

const MANY = 1_000_000;
const grey = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: 90, g: 90, b: 90 } } });

describe("checkedPicture", () => {
  it.each([
    ["png", "image/png"],
    ["jpeg", "image/jpeg"],
    ["webp", "image/webp"],
  ] as const)("accepts a %s and says so by its bytes", async (format, mediaType) => {
    const bytes = await grey(20, 10).toFormat(format).toBuffer();
    expect(await checkedPicture(bytes, MANY, "here")).toEqual({ mediaType, bytes });
  });

  it.each(["gif", "tiff", "avif"] as const)("refuses a %s", async (format) => {
    const bytes = await grey(20, 10).toFormat(format).toBuffer();
    expect((await rejection(checkedPicture(bytes, MANY, "here"))).code).toBe("synthesis/not-a-picture");
  });

  it("refuses a page, and says that it begins like one", async () => {
    const error = await rejection(checkedPicture(Buffer.from("<!DOCTYPE html>"), MANY, "here"));
    expect(error).toMatchObject({ code: "synthesis/not-a-picture", fault: "work", place: "here" });
    expect(error.message).toContain('begin like a text: "<!DOCTYPE html>"');
  });

  it("refuses nothing at all", async () => {
    expect((await rejection(checkedPicture(new Uint8Array(), MANY, "here"))).message).toContain("0 bytes");
  });

  it("refuses a PNG header with garbage behind it", async () => {
    const picture = Buffer.from(await drawnPicture("x", 1));
    const garbage = Buffer.concat([picture.subarray(0, 33), Buffer.alloc(500, 0x5a)]);
    expect((await rejection(checkedPicture(garbage, MANY, "here"))).code).toBe("synthesis/not-a-picture");
  });

  it("refuses a picture that was cut off anywhere", async () => {
    for (const format of ["png", "jpeg"] as const) {
      const whole = await sharp(await drawnPicture("x", 1))
        .toFormat(format)
        .toBuffer();
      for (const share of [0.3, 0.6, 0.9]) {
        const cut = whole.subarray(0, Math.floor(whole.length * share));
        expect((await rejection(checkedPicture(cut, MANY, "here"))).code).toBe("synthesis/not-a-picture");
      }
    }
  });

  it("refuses more pixels than allowed before it decodes them", async () => {
    const bomb = await grey(3000, 3000).png().toBuffer();
    const error = await rejection(checkedPicture(bomb, MANY, "here"));
    expect(error.code).toBe("synthesis/not-a-picture");
    expect(error.message).toContain("3000 x 3000 pixels");
  });
});

describe("bytesOfBase64", () => {
  it("reads Base64 with and without a data URL before it, and with line breaks", () => {
    for (const text of ["AAEC", "data:image/png;base64,AAEC", "AA\nEC"]) {
      expect([...bytesOfBase64(text, "here")]).toEqual([0, 1, 2]);
    }
  });

  it.each(["", "no base64!", "data:text/html;base64,AAEC", "AAECA", "AA=EC"])("refuses %j", (text) => {
    expect(() => bytesOfBase64(text, "here")).toThrow(
      expect.objectContaining({ code: "synthesis/not-a-picture" }),
    );
  });
});

describe("checkedText", () => {
  it("trims the text and keeps the rest as it is", () => {
    const { mediaType, bytes } = checkedText('\n "Ada"  met Bo 🎉\n', "here");
    expect(mediaType).toBe("text/plain;charset=utf-8");
    expect(Buffer.from(bytes).toString("utf8")).toBe('"Ada"  met Bo 🎉');
  });

  it.each([
    ["", "synthesis/empty-text"],
    [" \n\t", "synthesis/empty-text"],
    ["a\0b", "synthesis/not-a-text"],
    ["half a \ud83c emoji", "synthesis/not-a-text"],
    ["x".repeat(20_001), "synthesis/not-a-text"],
  ])("refuses what is not a text (%#)", (text, code) => {
    expect(() => checkedText(text, "here")).toThrow(expect.objectContaining({ code }));
  });
});

describe("pixelsOf", () => {
  it("refuses a picture that is known only by its caption", () => {
    const captioned = { mediaType: CAPTIONED_PICTURE, bytes: Buffer.from("{}") };
    expect(() => pixelsOf(captioned, "openai-chat")).toThrow(
      expect.objectContaining({ code: "synthesis/no-pixels", fault: "input" }),
    );
  });
});
