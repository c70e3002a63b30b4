// Every family of text encoders besides BERT, and of picture encoders besides ResNet, trains both tasks from a folder, with pictures before
// every layer, through the built program.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writePictureEncoder, writeTextEncoder } from "../../src/encoders/testing/small-encoders.ts";
import { drawWorld, PERSONS_ALONE } from "../../src/world/generate.ts";
import { writeTinyResnet } from "../../src/world/tiny-encoders.ts";
import { worldVocabulary } from "../../src/world/vocabulary.ts";
import { writeWorld } from "../../src/world/write.ts";
import { relata } from "./warm-program.ts";

const WORLD = { ...PERSONS_ALONE, train: 32, validation: 16, test: 1 };
const SIZES = {
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 24,
  max_position_embeddings: 64,
  pad_token_id: 0,
};
const FAMILIES = {
  distilbert: { dim: 16, n_layers: 2, n_heads: 2, hidden_dim: 24, max_position_embeddings: 64 },
  mpnet: { ...SIZES, pad_token_id: 1 },
  "deberta-v2": {
    ...SIZES,
    relative_attention: true,
    share_att_key: true,
    pos_att_type: "p2c|c2p",
    position_buckets: 8,
    norm_rel_ebd: "layer_norm",
    position_biased_input: false,
  },
  modernbert: { ...SIZES, num_hidden_layers: 3, local_attention: 8 },
} as const;
const PATCHES = {
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  image_size: 32,
  patch_size: 8,
};
/** config.json and the class of the preprocessor. */
const PICTURE_FAMILIES = {
  siglip: [{ model_type: "siglip_vision_model", intermediate_size: 12, ...PATCHES }, "SiglipImageProcessor"],
  dinov2: [{ mlp_ratio: 2, ...PATCHES }, "BitImageProcessor"],
} as const;
const SMALL = ["--epochs", "2", "--learning-rate", "1e-3", "--threads", "1", "--max-length", "48"];
const NARROW = [
  "model.objects=0",
  "model.promptHidden=16",
  "model.attention.ffn=32",
  "model.tagging.emissionWidth=8",
];

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "relata-families-"));
  await writeWorld(cwd, WORLD);
  await writeTinyResnet(join(cwd, "resnet"), 1);
  const vocabulary = worldVocabulary(drawWorld(WORLD));
  for (const [model_type, json] of Object.entries(FAMILIES)) {
    const config = { model_type, vocab_size: vocabulary.length, ...json };
    await writeTextEncoder(join(cwd, model_type), config, vocabulary);
  }
  for (const [model_type, [json, processor]] of Object.entries(PICTURE_FAMILIES))
    await writePictureEncoder(join(cwd, model_type), { model_type, ...json }, processor);
});
afterAll(() => rm(cwd, { recursive: true }));

it.each(
  [
    ...Object.keys(FAMILIES).map((family) => [family, "resnet"] as const),
    ...Object.keys(PICTURE_FAMILIES).map((pictures) => ["distilbert", pictures] as const),
  ].flatMap(([family, encoder]) => [
    [family, encoder, "relations", "mre"] as const,
    [family, encoder, "entities", "mner"] as const,
  ]),
)(
  "%s with %s trains %s, and what it saved scores as it did in training",
  async (family, encoder, _, task) => {
    const folder = `${family}-${encoder}-${task}`;
    const pictures = ["--pictures", "pictures"];
    const trained = await relata(
      [
        ...[
          "train",
          "--task",
          task,
          "--encoder",
          family,
          "--train",
          "train.jsonl",
          "--validation",
          "validation.jsonl",
        ],
        ...(task === "mre" ? ["--relations", "relations.json"] : []),
        ...[
          ...SMALL,
          ...pictures,
          "--picture-encoder",
          encoder,
          "--run",
          folder,
          "--json",
          "--set",
          ...NARROW,
        ],
      ],
      { cwd },
    );
    expect(trained.code, trained.stderr).toBe(0);
    const summary = JSON.parse(trained.stdout);
    expect(summary).toMatchObject({ status: "finished", visualChannel: "pixels" });
    const evaluated = await relata(
      ["evaluate", `${folder}/model-best`, "validation.jsonl", ...pictures, "--json"],
      { cwd },
    );
    expect(evaluated.code, evaluated.stderr).toBe(0);
    const { metrics } = JSON.parse(evaluated.stdout);
    expect(metrics.micro.f1).toBeCloseTo(summary.best.metrics.micro_f1, 10);
  },
);
