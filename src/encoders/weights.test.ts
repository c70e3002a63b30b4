// Weights are found under any of their published names, converted, and refused when they do not fit.
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../engine/safetensors.ts";
import { type HostTensor, hostTensor, zeros } from "../graph/host-tensor.ts";
import { type ParameterDeclaration, ParameterScope } from "../nn/parameter-scope.ts";
import { canonicalWeightName, matchWeightNames } from "./weight-names.ts";
import { openWeights, weightFiles } from "./weight-source.ts";
import { loadWeights } from "./weights.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-weights-"));
});
afterAll(() => rm(folder, { recursive: true }));

const floats = (shape: number[], data: number[]) => hostTensor("float32", shape, data);

async function fileOf(tensors: Record<string, HostTensor>) {
  const path = join(folder, "model.safetensors");
  await writeSafetensors(path, tensors);
  return readSafetensors(path);
}

function declarations(prefix = ""): Iterable<ParameterDeclaration> {
  const scope = new ParameterScope(prefix);
  scope.at("embeddings", "word_embeddings").parameter("weight", [3, 2]);
  scope.at("embeddings", "LayerNorm").parameter("weight", [2]);
  return scope.table.values();
}

const TABLE = "embeddings.word_embeddings.weight";
const NORM = "embeddings.LayerNorm.weight";
const table = floats([3, 2], [1, 2, 3, 4, 5, 6]);
const norm = floats([2], [7, 8]);

describe("weights", () => {
  for (const prefix of ["", "bert.", "roberta.", "model.", "module.model.roberta."]) {
    it(`are found behind the prefix '${prefix}', other heads are reported`, async () => {
      const file = await fileOf({ [prefix + TABLE]: table, [prefix + NORM]: norm, "cls.bias": norm });
      const { weights, ignored } = loadWeights(declarations(), file);
      expect(weights.get(TABLE)).toEqual(table);
      expect(weights.get(NORM)).toEqual(norm);
      expect(ignored).toEqual(["cls.bias"]);
    });
  }

  it("are found under TensorFlow's gamma and beta", async () => {
    const file = await fileOf({ [`bert.${TABLE}`]: table, "bert.embeddings.LayerNorm.gamma": norm });
    expect(loadWeights(declarations(), file).weights.get(NORM)).toEqual(norm);
  });

  it("are declared below a scope of their own", async () => {
    const file = await fileOf({ [TABLE]: table, [NORM]: norm });
    const { weights } = loadWeights(declarations("text"), file, { scopePrefix: "text" });
    expect([...weights.keys()]).toEqual([`text.${TABLE}`, `text.${NORM}`]);
  });

  it("are converted from halves", async () => {
    const half = hostTensor("float16", [2], new Uint16Array([0x3c00, 0xc000])); // 1, -2
    const brain = hostTensor("bfloat16", [3, 2], new Uint16Array([0x3f80, 0, 0, 0, 0, 0x4049])); // 1, ..., 3.140625
    const { weights } = loadWeights(declarations(), await fileOf({ [TABLE]: brain, [NORM]: half }));
    expect(weights.get(NORM)).toEqual(floats([2], [1, -2]));
    expect(weights.get(TABLE)).toEqual(floats([3, 2], [1, 0, 0, 0, 0, 3.140625]));
  });

  it("are written where the caller wants them, new rows after the file's", async () => {
    const file = await fileOf({ [TABLE]: floats([2, 2], [1, 2, 3, 4]), [NORM]: norm });
    const places = new Map<string, HostTensor<"float32">>();
    const { weights } = loadWeights(declarations(), file, {
      newRows: { [TABLE]: Float32Array.of(9, 10) },
      into: ({ name, shape }) => {
        places.set(name, zeros("float32", shape));
        return places.get(name) as HostTensor<"float32">;
      },
    });
    expect(places.get(TABLE)?.data).toEqual(Float32Array.of(1, 2, 3, 4, 9, 10));
    expect(weights.get(TABLE)).toBe(places.get(TABLE));
  });

  it("that are missing are an error that names them and what the file has", async () => {
    const file = await fileOf({ "transformer.h.0.weight": norm });
    expect(() => loadWeights(declarations(), file)).toThrow(
      expect.objectContaining({
        code: "encoder/missing-weight",
        message: expect.stringContaining(`2 of 2 weights are not in ${file.path}: '${TABLE}', '${NORM}'`),
        remedy: expect.stringContaining("transformer.h.0.weight"),
      }),
    );
  });

  it("of another shape are an error with both shapes", async () => {
    const file = await fileOf({ [TABLE]: floats([2, 3], [1, 2, 3, 4, 5, 6]), [NORM]: norm });
    expect(() => loadWeights(declarations(), file)).toThrow(
      expect.objectContaining({
        code: "encoder/wrong-weight-shape",
        message: expect.stringMatching(/\[2, 3\] in the file.*\[3, 2\]/),
      }),
    );
  });

  it("that are integers are an error", async () => {
    const file = await fileOf({ [TABLE]: table, [NORM]: hostTensor("int8", [2], [1, 2]) });
    expect(() => loadWeights(declarations(), file)).toThrow(
      expect.objectContaining({ code: "encoder/wrong-weight-dtype" }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "that hold %d are an error that names the tensor",
    async (value) => {
      const file = await fileOf({ [TABLE]: table, [NORM]: floats([2], [1, value]) });
      expect(() => loadWeights(declarations(), file)).toThrow(
        expect.objectContaining({
          code: "encoder/weight-not-finite",
          message: expect.stringContaining(
            "1 of 2 elements that are NaN or infinite; the first is element 1",
          ),
          place: `${file.path}: ${NORM}`,
        }),
      );
    },
  );

  it("in pickled files only are an error that says why", async () => {
    const other = await mkdtemp(join(folder, "pickled-"));
    await writeFile(join(other, "pytorch_model.bin"), "");
    await expect(openWeights(other)).rejects.toMatchObject({
      code: "encoder/no-weights",
      message: expect.stringContaining("its weight files are pytorch_model.bin"),
    });
  });
});

describe("sharded weights", () => {
  const INDEX = "model.safetensors.index.json";
  const FIRST = "model-00001-of-00002.safetensors";
  const SECOND = "model-00002-of-00002.safetensors";
  const map = { [TABLE]: FIRST, [NORM]: SECOND };

  async function shards(weightMap: Readonly<Record<string, string>> | string = map) {
    const at = await mkdtemp(join(folder, "shards-"));
    await writeSafetensors(join(at, FIRST), { [TABLE]: table });
    await writeSafetensors(join(at, SECOND), { [NORM]: norm });
    const index = typeof weightMap === "string" ? weightMap : JSON.stringify({ weight_map: weightMap });
    await writeFile(join(at, INDEX), index);
    return at;
  }

  it("are read as if they were one file", async () => {
    const { weights } = loadWeights(declarations(), await openWeights(await shards()));
    expect(weights.get(TABLE)).toEqual(table);
    expect(weights.get(NORM)).toEqual(norm);
  });

  it("stand back behind a whole model.safetensors", async () => {
    const at = await shards("not JSON");
    await writeSafetensors(join(at, "model.safetensors"), { [TABLE]: table, [NORM]: norm });
    expect((await openWeights(at)).names()).toEqual([NORM, TABLE]);
    expect(await weightFiles(at)).toEqual(["model.safetensors"]);
  });

  it.each([
    { index: "not JSON", code: "encoder/bad-weight-index" },
    { index: "[]", code: "encoder/bad-weight-index" },
    { index: '{"weight_map":{}}', code: "encoder/bad-weight-index" },
    { index: { [TABLE]: "../model.safetensors" }, code: "encoder/bad-file-name" },
    { index: { [TABLE]: "/etc/passwd" }, code: "encoder/bad-file-name" },
    { index: { ...map, [NORM]: "model-00003-of-00003.safetensors" }, code: "encoder/no-shard" },
    { index: { ...map, [NORM]: FIRST }, code: "encoder/shard-lacks-weight" },
  ])("with the index $index are $code", async ({ index, code }) => {
    await expect(openWeights(await shards(index), [TABLE, NORM])).rejects.toMatchObject({ code });
  });

  it("that are cut off are named", async () => {
    const at = await shards();
    await truncate(join(at, SECOND), 40);
    await expect(openWeights(at)).rejects.toMatchObject({
      code: "engine/safetensors-truncated",
      place: expect.stringContaining(SECOND),
    });
  });
});

describe("names", () => {
  it("of ViT's modules in transformers 5 are those of its files", () => {
    const pairs = {
      "layers.3.attention.q_proj.bias": "encoder.layer.3.attention.attention.query.bias",
      "vit.layers.0.attention.o_proj.weight": "vit.encoder.layer.0.attention.output.dense.weight",
      "layers.11.mlp.fc1.weight": "encoder.layer.11.intermediate.dense.weight",
      "layers.1.mlp.fc2.bias": "encoder.layer.1.output.dense.bias",
      "layers.1.layernorm_after.bias": "encoder.layer.1.layernorm_after.bias",
    };
    for (const [newer, published] of Object.entries(pairs))
      expect(canonicalWeightName(newer)).toBe(published);
  });

  it("of other encoders stay as they are", () => {
    for (const name of [
      "text_model.encoder.layers.0.mlp.fc1.weight",
      "vision_model.encoder.layers.0.self_attn.q_proj.weight",
      "resnet.encoder.stages.0.layers.0.layer.1.normalization.weight",
      "logit_scale",
    ]) {
      expect(canonicalWeightName(name)).toBe(name);
    }
  });

  it("match a bare encoder's file where the graph has the prefix of a model with a head", () => {
    const { found, missing } = matchWeightNames(["resnet.embedder.x", "classifier.1.weight"], ["embedder.x"]);
    expect(found.get("resnet.embedder.x")).toBe("embedder.x");
    expect(missing).toEqual(["classifier.1.weight"]);
  });
});
