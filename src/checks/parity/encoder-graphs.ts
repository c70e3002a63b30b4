// The graphs of the encoders that golden cases cover, from a case's inputs to the outputs by their names in the case.

import { DataError } from "../../base/errors.ts";
import { clipText, clipVision } from "../../encoders/clip.ts";
import { parseClipConfig } from "../../encoders/clip-config.ts";
import { dinov2, parseDinov2Config } from "../../encoders/dinov2.ts";
import { resnet } from "../../encoders/resnet.ts";
import { parseResNetConfig } from "../../encoders/resnet-config.ts";
import { parseSiglipConfig, siglipVision } from "../../encoders/siglip.ts";
import { parseTextConfig, TEXT_MODEL_TYPES, textEncoder } from "../../encoders/text/table.ts";
import { vit } from "../../encoders/vit.ts";
import { parseVitConfig } from "../../encoders/vit-config.ts";
import { cast, multiply } from "../../graph/operators/elementwise.ts";
import { reshape, slice } from "../../graph/operators/shape.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { GoldenCase } from "./golden-case.ts";

/** The graph of one encoder family: outputs by name, parameters declared in `scope`. */
export type EncoderGraph = (scope: ParameterScope, golden: GoldenCase) => Record<string, Tensor>;

/** Graphs by config.json's `model_type`. */
export const ENCODER_GRAPHS: Readonly<Record<string, EncoderGraph>> = {
  ...Object.fromEntries(TEXT_MODEL_TYPES.map((type) => [type, textGraph])),
  clip: clipGraph,
  vit: vitGraph,
  resnet: resnetGraph,
  dinov2: dinov2Graph,
  siglip_vision_model: siglipGraph,
};

const tokenInput = (name: string) => input(name, "int64", ["batch", "length"]);

function textGraph(scope: ParameterScope, golden: GoldenCase): Record<string, Tensor> {
  const attentionMask = tokenInput("attention_mask");
  const hidden = textEncoder(scope, parseTextConfig(golden.config, golden.folder), {
    inputIds: tokenInput("input_ids"),
    attentionMask,
    dropout: new Dropout(false),
  });
  // Padded positions hold whatever attention left there; the cases compare them as zero.
  const mask = reshape(cast(attentionMask, "float32"), ["batch", "length", 1]);
  return { last_hidden_state: multiply(hidden, mask) };
}

function clipGraph(scope: ParameterScope, golden: GoldenCase): Record<string, Tensor> {
  const config = parseClipConfig(golden.config, golden.folder);
  const dropout = new Dropout(false);
  const inputs = { inputIds: tokenInput("input_ids"), attentionMask: tokenInput("attention_mask") };
  const text = clipText(scope, config, inputs, dropout);
  const vision = clipVision(scope, config, pixelInput(golden, "pictures"), dropout);
  return {
    text_embeds: text.embeds,
    image_embeds: vision.embeds,
    vision_last_hidden_state: vision.lastHiddenState,
  };
}

function vitGraph(scope: ParameterScope, golden: GoldenCase): Record<string, Tensor> {
  const config = parseVitConfig(golden.config, golden.folder);
  return { last_hidden_state: vit(scope, config, pixelInput(golden, "batch"), new Dropout(false)) };
}

function dinov2Graph(scope: ParameterScope, golden: GoldenCase): Record<string, Tensor> {
  const config = parseDinov2Config(golden.config, golden.folder);
  const pixels = pixelInput(golden, "batch");
  const states = dinov2(scope, config, pixels);
  const pooled = reshape(slice(states, 1, 0, 1), [pixels.axis(0), config.hiddenSize]);
  return { last_hidden_state: states, pooler_output: pooled };
}

function siglipGraph(scope: ParameterScope, golden: GoldenCase): Record<string, Tensor> {
  const config = parseSiglipConfig(golden.config, golden.folder);
  const { lastHiddenState, pooled } = siglipVision(scope, config, pixelInput(golden, "batch"));
  return { last_hidden_state: lastHiddenState, pooler_output: pooled };
}

function resnetGraph(scope: ParameterScope, golden: GoldenCase): Record<string, Tensor> {
  const config = parseResNetConfig(golden.config, golden.folder);
  const { logits, stages } = resnet(scope, config, pixelInput(golden, "batch"));
  return { logits, ...Object.fromEntries(stages.map((stage, i) => [`stage_${i + 1}`, stage])) };
}

/** Convolutions need to know height and width, so these are taken from the case. */
function pixelInput(golden: GoldenCase, batch: string): Tensor {
  const pixels = golden.inputs.pixel_values;
  if (pixels?.shape.length === 4) {
    return input("pixel_values", "float32", [batch, ...pixels.shape.slice(1)]);
  }
  throw new DataError({
    code: "parity/bad-case",
    message: `the case needs an input pixel_values [batch, channels, height, width], got ${pixels ? `[${pixels.shape.join(", ")}]` : "none"}`,
    place: golden.folder,
    remedy: "Give the pictures that the encoder reads.",
  });
}
