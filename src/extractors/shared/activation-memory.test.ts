import { describe, expect, it } from "vitest";
import { parseTextConfig } from "../../encoders/text/table.ts";
import { activationBytes } from "./activation-memory.ts";

const SIZES = { hidden_size: 384, intermediate_size: 1536, num_hidden_layers: 6, num_attention_heads: 12 };
const COMMON = { ...SIZES, vocab_size: 30_522, pad_token_id: 0, max_position_embeddings: 512 };
const bert = parseTextConfig({ ...COMMON, model_type: "bert", type_vocab_size: 2 }, "here");
const deberta = parseTextConfig(
  {
    ...{ ...COMMON, model_type: "deberta-v2", type_vocab_size: 0, relative_attention: true },
    ...{ position_buckets: 256, pos_att_type: ["p2c", "c2p"], share_att_key: true },
    ...{ norm_rel_ebd: "layer_norm", position_biased_input: false, max_relative_positions: -1 },
  },
  "here",
);

describe("the estimate of a training step's memory", () => {
  it("covers what a step was measured to take more for 12 more texts of 122 tokens", () => {
    const more = (config: typeof bert) => activationBytes(config, 12 * 122, 122);
    expect(more(bert)).toBeGreaterThan(404e6);
    expect(more(deberta)).toBeGreaterThan(668e6);
    expect(more(deberta)).toBeLessThan(1.5 * 668e6);
  });

  it("grows with the square of the length for DeBERTa's scores by distance only", () => {
    const perToken = (config: typeof bert, length: number) =>
      activationBytes(config, length, length) / length;
    expect(perToken(bert, 512)).toBe(perToken(bert, 64));
    expect(perToken(deberta, 512) - perToken(deberta, 64)).toBe(4 * 6 * 6 * 12 * (512 - 64));
  });
});
