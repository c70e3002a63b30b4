// Networks by themselves: the text encoder against the golden CLIP cases (PyTorch), and floats as halves. Shared cases are left out where absent.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clipText } from "../../../encoders/clip.ts";
import { parseClipConfig } from "../../../encoders/clip-config.ts";
import { loadWeights, openWeights } from "../../../encoders/weights.ts";
import { readSafetensors } from "../../../engine/safetensors.ts";
import type { HostTensor } from "../../../graph/host-tensor.ts";
import { serialize } from "../../../graph/serialize.ts";
import { input } from "../../../graph/tensor.ts";
import { Dropout } from "../../../nn/dropout.ts";
import { ParameterScope } from "../../../nn/parameter-scope.ts";
import { openDiffusionFolder } from "./folder.ts";
import { toHalf } from "./half.ts";
import { DiffusionNetworks } from "./networks.ts";
import { writeSmallNetworks } from "./testing/small-networks.ts";

const OWN = fileURLToPath(new URL("../../../../test/golden/encoders", import.meta.url));
const SHARED = join(resolve(process.env.RELATA_SHARED ?? "../shared"), "golden", "encoders");

let temporary = "";
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "relata-networks-"));
});
afterAll(() => rm(temporary, { recursive: true }));

const folderOf = (place: string) => join(temporary, basename(place));

describe("toHalf", () => {
  it("finds every half again, and rounds ties to even", () => {
    const bits = Array.from({ length: 0x7c01 }, (_, half) => half);
    const values = bits.map((half) => {
      const [exponent, fraction] = [half >> 10, half & 0x3ff];
      if (exponent === 31) return Number.POSITIVE_INFINITY;
      return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    });
    expect([...toHalf(Float32Array.from(values))]).toEqual(bits);
    expect([...toHalf(Float32Array.from(values, (value) => -value))]).toEqual(
      bits.map((half) => half | 0x8000),
    );
    const between = [1 + 1 / 2048, 1 + 3 / 2048, 65519, 65520, 2 ** -25, 2 ** -25 * 1.01, Number.NaN];
    expect([...toHalf(Float32Array.from(between))]).toEqual([0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 1, 0x7e00]);
  });
});

describe("the text encoder", () => {
  const cases = [join(OWN, "clip-first-eos"), join(SHARED, "clip")].filter((place) => existsSync(place));
  it.each(cases)(
    "gives the states from which the text embeddings of the golden case follow: %s",
    async (place) => {
      const golden = (file: string) => join(place, file);
      const config = parseClipConfig(
        JSON.parse(await readFile(golden("config.json"), "utf8")),
        "config.json",
      );
      const scope = new ParameterScope();
      const ids = input("input_ids", "int64", ["batch", "length"]);
      const attentionMask = input("attention_mask", "int64", ["batch", "length"]);
      const { lastHiddenState } = clipText(
        scope,
        config,
        { inputIds: ids, attentionMask },
        new Dropout(false),
      );
      const file = await openWeights(golden(""));
      const { weights } = loadWeights(scope.table.values(), file);
      const folder = await writeSmallNetworks(folderOf(place), { context: config.text.hiddenSize });
      const { bytes } = serialize({ last_hidden_state: lastHiddenState }, { weights });
      await writeFile(join(folder, "text_encoder", "model.onnx"), bytes);

      const inputs = await readSafetensors(golden("inputs.safetensors"));
      const expected = await readSafetensors(golden("expected.safetensors"));
      const embeds = expected.tensor("text_embeds") as HostTensor<"float32">;
      const tokens = inputs.tensor("input_ids") as HostTensor<"int64">;
      const projection = weights.get("text_projection.weight") as HostTensor<"float32">;
      const [texts = 0, length = 0] = tokens.shape;
      const networks = await DiffusionNetworks.open(await openDiffusionFolder(folder), { threads: 1 });
      try {
        for (let text = 0; text < texts; text++) {
          const row = [...tokens.data.slice(text * length, (text + 1) * length)].map(Number);
          const states = (await networks.encode(row)).data;
          const { hiddenSize } = config.text;
          const end = row.indexOf(config.text.eosTokenId);
          const state = states.slice(end * hiddenSize, (end + 1) * hiddenSize);
          const size = config.projectionSize;
          const projected = Array.from({ length: size }, (_, i) =>
            state.reduce((sum, value, j) => sum + value * (projection.data[i * hiddenSize + j] as number), 0),
          );
          const norm = Math.hypot(...projected);
          const wanted = embeds.data.slice(text * size, (text + 1) * size);
          for (const [i, value] of projected.entries()) {
            expect(Math.abs(value / norm - (wanted[i] as number))).toBeLessThan(2e-5);
          }
        }
      } finally {
        await networks.dispose();
      }
    },
  );
});
