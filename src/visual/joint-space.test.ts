// The joint space of a small CLIP: texts as the published implementation embeds them, pictures as the picture encoder does.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeSmallBert, writeSmallClip } from "../encoders/testing/small-encoders.ts";
import { openWeights } from "../encoders/weights.ts";
import { Runtime } from "../engine/runtime.ts";
import { JointSpace } from "./joint-space.ts";
import { openPictureEncoder } from "./picture-encoder.ts";

const GOLDEN = fileURLToPath(new URL("../../test/golden/encoders/clip-first-eos/", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-joint-space-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("embeds texts as the published CLIP, and pictures as the picture encoder", async () => {
  const golden = await openWeights(GOLDEN);
  const names = new Set(golden.names());
  const clip = join(folder, "clip");
  await writeSmallClip(clip, {
    text: { intermediate_size: 11, vocab_size: 30, max_position_embeddings: 9, eos_token_id: 17 },
    projection: 7,
    weight: (name) =>
      name.startsWith("text") && names.has(name)
        ? [...(golden.tensor(name).data as Float32Array)]
        : undefined,
    // "a b c d" becomes 9, 4, 20, 15, 12, 17: the second text of the golden case.
    vocabulary: {
      "!": 0,
      "<|startoftext|>": 9,
      "<|endoftext|>": 17,
      "a</w>": 4,
      "b</w>": 20,
      "c</w>": 15,
      "d</w>": 12,
    },
  });
  await using runtime = await Runtime.open({ threads: 1 });
  const space = await JointSpace.open(runtime, clip);
  const pictures = await openPictureEncoder(runtime, clip);
  try {
    const [text, other, again] = await space.embedTexts(["a b c d", "d", "a b c d"]);
    const expected = [0.56042993, -0.20702663, 0.11412801, 0.47548577, -0.35755035, 0.36623845, 0.3767937];
    expected.forEach((value, i) => {
      expect(text![i]).toBeCloseTo(value, 4);
    });
    expect(again).toEqual(text);
    expect(other).not.toEqual(text);
    const picture = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };
    const vector = await space.embedPicture(picture);
    expect(vector).toEqual((await pictures.encode(picture)).logits);
    expect(vector).toHaveLength(space.width);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  } finally {
    await pictures.dispose();
    await space.dispose();
  }
});

it("says which model is needed when texts and pictures have no common space", async () => {
  const bert = join(folder, "bert");
  await writeSmallBert(bert, { words: ["red"] });
  await using runtime = await Runtime.open({ threads: 1 });
  await expect(JointSpace.open(runtime, bert)).rejects.toMatchObject({
    code: "encoder/no-joint-space",
    remedy: expect.stringContaining("CLIP"),
  });
});
