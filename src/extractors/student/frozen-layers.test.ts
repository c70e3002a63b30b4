// Which layers of a text encoder can be frozen: up to all of them, and none if layers share weights.
import { expect, it } from "vitest";
import { parseTextConfig } from "../../encoders/text/table.ts";
import type { ModelSetting } from "../shared/training-task.ts";
import { lowerStatesOf } from "./student-training.ts";

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
