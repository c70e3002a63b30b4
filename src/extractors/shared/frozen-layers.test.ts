// Which layers of a text encoder can be frozen: up to all of them, and none if layers share weights.
import { expect, it } from "vitest";
import { parseTextConfig } from "../../encoders/text/table.ts";
import { PUBLISHED_MRE } from "../../models/i2srm/config.ts";
import { lowerStatesOf, prefixAbove } from "./frozen-layers.ts";
import type { ModelSetting } from "./training-task.ts";

const SIZES = {
  vocab_size: 20,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 16,
};

function frozen(model_type: string, frozenLayers: number) {
  const config = { training: { frozenLayers } };
  const encoder = { config: parseTextConfig({ model_type, ...SIZES }, "config.json") };
  return lowerStatesOf({ config, encoder } as unknown as ModelSetting); // the only part of a setting that it reads
}

it("keeps states of frozen layers, and nothing where none are frozen", () => {
  expect(frozen("bert", 2)?.layers).toBe(2);
  expect(frozen("bert", 0)).toBeUndefined();
  expect(frozen("mpnet", 0)).toBeUndefined();
});

it("refuses more layers than there are, and any layer of an encoder whose layers share weights", () => {
  expect(() => frozen("bert", 3)).toThrow(expect.objectContaining({ code: "config/too-many-frozen-layers" }));
  expect(() => frozen("mpnet", 1)).toThrow(
    expect.objectContaining({ code: "config/contradiction", message: expect.stringContaining("mpnet") }),
  );
});

function withPrefix(layers: "all" | readonly number[], frozenLayers: number) {
  const i2srm = { ...PUBLISHED_MRE, prefix: { ...PUBLISHED_MRE.prefix, layers } };
  return prefixAbove(i2srm, frozenLayers, 4).prefix.layers;
}

it("keeps the visual prefix in the layers above the frozen ones", () => {
  expect(withPrefix("all", 0)).toBe("all");
  expect(withPrefix("all", 3)).toEqual([3]);
  expect(withPrefix([2, 3], 2)).toEqual([2, 3]);
  const off = { ...PUBLISHED_MRE, prefix: { ...PUBLISHED_MRE.prefix, enabled: false } };
  expect(prefixAbove(off, 4, 4)).toBe(off);
});

it("refuses a prefix in frozen layers, and one that reaches no layer", () => {
  const contradiction = (said: string) =>
    expect.objectContaining({ code: "config/contradiction", message: expect.stringContaining(said) });
  expect(() => withPrefix([0, 1, 3], 2)).toThrow(contradiction("layer 0, 1"));
  expect(() => withPrefix("all", 4)).toThrow(contradiction("no layer"));
});
