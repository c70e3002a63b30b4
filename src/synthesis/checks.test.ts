import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { judgeContent } from "./checks.ts";
import { captionedPicture } from "./generators/captioned-picture.ts";
import { PLAIN_TEXT } from "./generators/generator.ts";
import { lookOfPicture, lookOfText, NEAR_DUPLICATE_LEVELS, resembles } from "./near-duplicates.ts";

const text = (words: string) => ({ mediaType: PLAIN_TEXT, bytes: new TextEncoder().encode(words) });
const png = (bytes: Uint8Array) => ({ mediaType: "image/png", bytes });

/** A picture of a colour per pixel, 3 x 8 bit. */
async function picture(
  colour: (x: number, y: number) => readonly [number, number, number],
  size = 64,
): Promise<Uint8Array> {
  const data = Buffer.alloc(size * size * 3);
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) data.set(colour(x, y), (y * size + x) * 3);
  return sharp(data, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}

const circle = (cx: number, cy: number, radius: number, of: readonly [number, number, number]) =>
  picture((x, y) => ((x - cx) ** 2 + (y - cy) ** 2 < radius ** 2 ? of : [230, 230, 230]));

async function lookOf(bytes: Uint8Array): Promise<string> {
  const { look } = await judgeContent("picture", png(bytes), []);
  if (look === undefined) throw new Error("the picture was rejected");
  return look;
}

describe("judgeContent", () => {
  test("rejects texts that are empty or lack a mention, and locates the mentions of others", async () => {
    expect(await judgeContent("text", text(" \n"), [])).toMatchObject({ rejection: "empty-text" });
    expect(await judgeContent("text", text("Ada waves"), ["Ada", "Bo"])).toMatchObject({
      rejection: "mention-lost",
      text: "Ada waves",
    });
    expect(await judgeContent("text", text("Ada waves at Bo"), ["Bo", "Ada"])).toMatchObject({
      rejection: undefined,
      mentions: [
        { start: 13, end: 15 },
        { start: 0, end: 3 },
      ],
    });
  });

  test("tells black from blank pictures, noise of compression included", async () => {
    const noise = (base: number) =>
      picture((x, y) => [base + ((x * 7 + y * 13) % 2), base, base + ((x + y) % 2)]);
    expect(await judgeContent("picture", png(await noise(0)), [])).toEqual({ rejection: "black-picture" });
    expect(await judgeContent("picture", png(await noise(200)), [])).toEqual({ rejection: "blank-picture" });
    const dot = await picture((x, y) => (x < 4 && y < 4 ? [0, 0, 0] : [255, 255, 255])); // 16 of 4096 pixels
    expect((await judgeContent("picture", png(dot), [])).rejection).toBeUndefined();
  });

  test("rejects what does not decode", async () => {
    const whole = await circle(20, 20, 10, [200, 0, 0]);
    for (const bytes of [new Uint8Array(), Buffer.from("no picture"), whole.subarray(0, whole.length >> 1)])
      expect(await judgeContent("picture", png(bytes), [])).toEqual({ rejection: "unreadable-picture" });
  });

  test("knows a captioned picture by its name alone", async () => {
    const content = captionedPicture({ picture: "a.jpg", caption: "" });
    expect(await judgeContent("picture", content, [])).toEqual({ rejection: undefined, look: "name:a.jpg" });
    const broken = { ...content, bytes: Buffer.from("{}") };
    expect(await judgeContent("picture", broken, [])).toEqual({ rejection: "unreadable-picture" });
  });
});

describe("looks", () => {
  const isNear = async (a: Uint8Array, b: Uint8Array) =>
    resembles(await lookOf(a), await lookOf(b), NEAR_DUPLICATE_LEVELS);

  test("a picture resembles itself compressed again, scaled, and under grain", async () => {
    const original = await circle(24, 30, 14, [200, 40, 40]);
    const jpeg = await sharp(original).jpeg({ quality: 60 }).toBuffer();
    const larger = await sharp(original).resize(128, 128).png().toBuffer();
    const grain = await picture((x, y) => {
      const inside = (x - 24) ** 2 + (y - 30) ** 2 < 14 ** 2;
      const shift = ((x * 31 + y * 17) % 9) - 4;
      return inside ? [200 + shift, 40 + shift, 40 + shift] : [230 + shift, 230 + shift, 230 + shift];
    });
    for (const other of [jpeg, larger, grain]) expect(await isNear(original, other)).toBe(true);
  });

  test("another place, size or colour of a shape is another picture", async () => {
    const original = await circle(24, 30, 14, [200, 40, 40]);
    const others = [
      await circle(40, 30, 14, [200, 40, 40]),
      await circle(24, 30, 22, [200, 40, 40]),
      await circle(24, 30, 14, [40, 200, 40]),
    ];
    for (const other of others) expect(await isNear(original, other)).toBe(false);
  });

  test("means are those of a hand calculation", () => {
    // 16 x 8 pixels: cells are 2 x 1 pixels; the left half is 10 and 13 by turns (mean 11.5, rounded up), the right half 200.
    const halves = { width: 16, height: 8, data: new Uint8Array(16 * 8 * 3) };
    halves.data.forEach((_, i) => {
      const x = Math.floor(i / 3) % 16;
      halves.data[i] = x >= 8 ? 200 : x % 2 === 0 ? 10 : 13;
    });
    const row = [...new Array(12).fill(12), ...new Array(12).fill(200)];
    const wanted = Buffer.from(Array.from({ length: 8 }, () => row).flat()).toString("base64");
    expect(lookOfPicture(halves)).toBe(`pixels:${wanted}`);
    const darker = { ...halves, data: halves.data.map((value) => value - 9) };
    expect(resembles(lookOfPicture(halves), lookOfPicture(darker), 8)).toBe(false);
    expect(resembles(lookOfPicture(halves), lookOfPicture(darker), 9)).toBe(true);
  });

  test("texts are the same whatever their case and spacing", () => {
    expect(lookOfText(" Ada  waves\n")).toBe(lookOfText("ada waves"));
    expect(resembles(lookOfText("Ada waves"), lookOfText("Ada waves."), 255)).toBe(false);
  });

  test("pictures smaller than the grid have a look, too", () => {
    const tiny = { width: 2, height: 1, data: new Uint8Array([0, 0, 0, 255, 255, 255]) };
    expect(lookOfPicture(tiny)).toHaveLength("pixels:".length + 256);
  });
});
