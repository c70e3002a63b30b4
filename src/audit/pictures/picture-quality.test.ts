import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PictureFolder } from "../../data/pictures.ts";
import { writeSmallClip } from "../../encoders/testing/small-encoders.ts";
import { auditedBy } from "../testing/audited-by.ts";
import { pictureQuality } from "./picture-quality.ts";
import { unrelatedPictures } from "./unrelated-pictures.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-picture-quality-"));
  const flat = (width: number, height: number, grey: number) =>
    sharp({ create: { width, height, channels: 3, background: { r: grey, g: grey, b: grey } } });
  const photo = (width: number, height: number) =>
    sharp(
      Buffer.from(Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 97 + (i >> 5) * 31) % 256)),
      { raw: { width, height, channels: 3 } },
    ).jpeg();
  await flat(200, 100, 0).jpeg().toFile(join(folder, "black.jpg"));
  await flat(200, 100, 250).jpeg({ quality: 40 }).toFile(join(folder, "white.jpg"));
  await photo(20, 40).toFile(join(folder, "tiny.jpg"));
  await photo(400, 90).toFile(join(folder, "banner.jpg"));
  const good = await photo(120, 90).toBuffer();
  await writeFile(join(folder, "good.jpg"), good);
  await writeFile(join(folder, "copy.jpg"), good);
  await writeFile(join(folder, "cut.jpg"), good.subarray(0, 300));
  await writeFile(join(folder, "page.jpg"), "<html>not found</html>");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("finds planted pictures that show nothing, and no others", async () => {
  const named = (image: string, text: string) => ({ split: "train", document: { image, text } });
  const found = await auditedBy(
    pictureQuality,
    [
      ...["black.jpg", "white.jpg", "tiny.jpg", "banner.jpg", "cut.jpg", "page.jpg", "gone.jpg"].map(
        (image) => named(image, image),
      ),
      ...["a", "b", "c", "A "].map((text) => named("good.jpg", text)),
      ...["d", "e"].map((text) => named("copy.jpg", text)),
    ],
    { pictures: await PictureFolder.open(folder) },
  );
  const shown = Object.fromEntries(found.map(({ code, rows }) => [code, rows.map(({ row }) => row)]));
  expect(shown).toEqual({
    "picture/flat": [1, 2],
    "picture/tiny": [3],
    "picture/extreme-aspect": [4],
    "picture/undecodable": [5, 6],
    "picture/many-texts": [8, 12], // a and "A " are one text; the copy has the same bytes
  });
  expect(found.find(({ code }) => code === "picture/many-texts")?.sentence).toContain("with 5.");
});

it("says how many pictures fit no better than those of other posts", async () => {
  const clip = join(folder, "clip");
  await writeSmallClip(clip, {
    text: { intermediate_size: 11, vocab_size: 30, max_position_embeddings: 9, eos_token_id: 17 },
    projection: 7,
    vocabulary: { "!": 0, "<|startoftext|>": 9, "<|endoftext|>": 17, "a</w>": 4, "b</w>": 20 },
  });
  const posts = await Promise.all(
    Array.from({ length: 24 }, async (_, i) => {
      const image = `post-${i}.png`;
      await sharp({
        create: { width: 8, height: 8, channels: 3, background: { r: 10 * i, g: 255 - 10 * i, b: 0 } },
      })
        .png()
        .toFile(join(folder, image));
      return { split: "train", document: { image, text: i % 2 === 0 ? "a" : "b" } };
    }),
  );
  const setting = { pictures: await PictureFolder.open(folder), clip };
  const [finding] = await auditedBy(unrelatedPictures, posts, setting);
  // A CLIP of random weights knows nothing: the texts of other posts fit as well.
  expect(finding).toMatchObject({ code: "picture/unrelated" });
  expect(finding?.strength).toBeGreaterThan(0.5);
  expect(await auditedBy(unrelatedPictures, posts.slice(0, 3), setting)).toEqual([]);
});
