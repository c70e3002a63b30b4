import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { writeSafetensors } from "../../engine/safetensors.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import { writeTrainingFiles } from "../../world/training-files.ts";
import { writeWorld } from "../../world/write.ts";
import { trainExtractor } from "../run.ts";

const SIZES = { seed: 5, train: 8, validation: 4, test: 1 };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-crops-of-features-"));
  await writeWorld(folder, SIZES);
  await writeTrainingFiles(folder, SIZES);
});
afterAll(() => rm(folder, { recursive: true }));

/** Trains on crops alone, from a file with this many crops of every picture. */
async function trainOn(crops: number) {
  const lines = async (name: string) => (await readFile(join(folder, name), "utf8")).trim().split("\n");
  const posts = [...(await lines("train.jsonl")), ...(await lines("validation.jsonl"))];
  const images = posts.flatMap((line) => (JSON.parse(line) as { image?: string }).image ?? []);
  const pictures = 1 + crops;
  const tensors = images.flatMap((image, i) => [
    [
      `maps/${image}`,
      hostTensor("float32", [pictures, 1, 2, 2], new Float32Array(4 * pictures).fill(i)),
    ] as const,
    [`logits/${image}`, hostTensor("float32", [2], [0, i])] as const,
  ]);
  const features = join(folder, `features-${crops}.safetensors`);
  await writeSafetensors(features, Object.fromEntries(tensors));
  const config = await loadConfig({
    path: join(folder, "i2srm.json"),
    overrides: {
      visual: { kind: "features", encoder: null, features },
      model: { objects: 3, prefix: { wholePicture: false } },
      training: { epochs: 1, batchSize: 8, maxLength: 32 },
    },
  });
  return trainExtractor({ config, runFolder: join(folder, `run-${crops}`) });
}

describe("a prefix of crops from a features file", () => {
  it("is refused where the file holds whole pictures only, which its configuration does not say", async () => {
    await expect(trainOn(0)).rejects.toMatchObject({
      code: "config/contradiction",
      message: expect.stringContaining("features-0.safetensors holds no crops"),
    });
  });

  it("is trained where there are crops", async () => {
    expect((await trainOn(1)).status).toBe("finished");
  });
});
