// Sets a run's initial weights: reads the encoder's from its folder and draws marker embeddings and all others from the seed.

import type { TextEncoderFolder } from "../../encoders/text-encoder.ts";
import { loadWeights, openWeights } from "../../encoders/weights.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";
import { isAdapter } from "../../nn/low-rank.ts";
import type { Initializer } from "../../nn/parameter-scope.ts";
import { type RandomStream, stream } from "../../training/random.ts";
import type { GraphModel } from "./graph-model.ts";
import { WORD_TABLE } from "./word-table.ts";

/** Fills the model's parameters; returns the file's tensors that the model does not use. */
export async function initialize(
  model: Pick<GraphModel<never>, "declarations" | "savedDeclarations" | "parameters">,
  encoder: TextEncoderFolder,
  seed: number,
): Promise<{ readonly ignored: readonly string[] }> {
  const { hiddenSize, initializerRange, vocabSize } = encoder.config;
  const wordTable = WORD_TABLE.parameter;
  drawInitial(model, seed);
  const newRows = model.parameters.weight(wordTable).shape[0]! - vocabSize;
  const markers = new Float32Array(newRows * hiddenSize);
  const draw = stream(seed, 0, `initial/${wordTable}`);
  for (let i = 0; i < markers.length; i++) markers[i] = initializerRange * draw.normal();
  const { ignored } = loadWeights(model.savedDeclarations, await openWeights(encoder.folder), {
    scopePrefix: "encoder",
    ...(newRows > 0 ? { newRows: { [wordTable]: markers } } : {}),
    into: ({ name }) => model.parameters.weight(name),
  });
  return { ignored };
}

/** Draws all weights outside the text encoder, and its adapters, from the seed. */
export function drawInitial(
  model: Pick<GraphModel<never>, "declarations" | "parameters">,
  seed: number,
): void {
  for (const { name, initializer } of model.declarations.values()) {
    if (name.startsWith("encoder.") && !isAdapter(name)) continue;
    fill(model.parameters.weight(name), initializer, stream(seed, 0, `initial/${name}`));
  }
}

function fill({ data }: HostTensor<"float32">, initializer: Initializer, draw: RandomStream): void {
  switch (initializer.kind) {
    case "zeros":
      data.fill(0);
      return;
    case "ones":
      data.fill(1);
      return;
    case "normal":
      for (let i = 0; i < data.length; i++) data[i] = initializer.deviation * draw.normal();
      return;
    case "uniform":
      for (let i = 0; i < data.length; i++) data[i] = initializer.bound * (2 * draw.uniform() - 1);
      return;
    default:
      initializer satisfies never;
  }
}
