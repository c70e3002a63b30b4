import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PictureEmbedder } from "./pictures.ts";
import { samplePicture, sampleReport } from "./testing/sample-report.ts";
import { writeReport } from "./write-report.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-report-"));
});
afterAll(() => rm(folder, { recursive: true }));

const source = (base64: string) => ({ from: "base64" as const, base64, alt: "square" });

it("makes large pictures smaller and leaves small ones at their size", async () => {
  const embedder = new PictureEmbedder({ longestSide: 100, totalBytes: 1_000_000 });
  const sizes = [];
  for (const side of [400, 60]) {
    const picture = await embedder.embed(source(await samplePicture(side)));
    if (picture.state !== "embedded") throw new Error(picture.detail);
    const bytes = Buffer.from(picture.url.replace(/^data:image\/webp;base64,/, ""), "base64");
    const { width, height, format } = await sharp(bytes).metadata();
    expect([picture.width, picture.height]).toEqual([width, height]);
    sizes.push([width, height, format]);
  }
  expect(sizes).toEqual([
    [100, 100, "webp"],
    [60, 60, "webp"],
  ]);
});

it("embeds until the total is reached, and counts what it left out by reason", async () => {
  const first = await samplePicture(50, 10);
  const whole = await new PictureEmbedder({ longestSide: 50, totalBytes: 1e6 }).embed(source(first));
  if (whole.state !== "embedded") throw new Error(whole.detail);
  const embedder = new PictureEmbedder({ longestSide: 50, totalBytes: whole.url.length });
  const broken = join(folder, "broken.png");
  await writeFile(broken, (await sharp(Buffer.from(first, "base64")).png().toBuffer()).subarray(0, 60));
  const outcomes = [];
  for (const picture of [
    source(first),
    source(first),
    { from: "file" as const, path: join(folder, "absent.png"), alt: "" },
    { from: "file" as const, path: broken, alt: "" },
  ]) {
    const embedded = await embedder.embed(picture);
    outcomes.push(embedded.state === "embedded" ? "embedded" : embedded.reason);
  }
  expect(outcomes).toEqual(["embedded", "limit", "missing", "broken"]);
  expect(embedder.account).toEqual({
    bytes: whole.url.length,
    embedded: 1,
    leftOut: { limit: 1, missing: 1, broken: 1 },
  });
});

it("says on the page how many pictures it lacks", async () => {
  const path = join(folder, "report.html");
  const { bytes, pictures } = await writeReport(path, await sampleReport(), { totalBytes: 10 });
  const { size } = await import("node:fs/promises").then(({ stat }) => stat(path));
  expect(size).toBe(bytes);
  expect(pictures).toEqual({ bytes: 0, embedded: 0, leftOut: { limit: 3, missing: 0, broken: 0 } });
  const page = await import("node:fs/promises").then(({ readFile }) => readFile(path, "utf8"));
  expect(page).toContain("Left out: 3 because the page would become too large");
  expect(page).not.toContain("<img");
});
