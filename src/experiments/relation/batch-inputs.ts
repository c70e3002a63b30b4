// Fills the graph inputs of a batch: padded tokens, spans, picture maps and masks, the mixup plan's rows, dropout masks.
import { evaluateDimension, type HostTensor, hostTensor, zeros } from "../../graph/index.ts";
import type { MixupPlan, VisualSizes } from "../../models/i2srm/index.ts";
import type { DropoutSite } from "../../nn/index.ts";
import { fillDropoutMask } from "../../training/index.ts";
import type { RelationExample } from "./examples.ts";

/** What the visual part of a batch is shaped like. */
export interface VisualShape extends VisualSizes {
  /** Whole picture and crops. */
  readonly pictures: number;
  readonly promptLength: number;
}

type Inputs = Record<string, HostTensor>;

/** Tokens and spans: `input_ids`, `attention_mask` [batch, longest], `head_span`, `tail_span` [batch, 2]. */
export function textInputs(examples: readonly RelationExample[], padId: number): Inputs {
  const batch = examples.length;
  const length = Math.max(...examples.map(({ input }) => input.length));
  const ids = new BigInt64Array(batch * length).fill(BigInt(padId));
  const mask = new BigInt64Array(batch * length);
  const head = new BigInt64Array(batch * 2);
  const tail = new BigInt64Array(batch * 2);
  examples.forEach(({ input }, row) => {
    input.ids.forEach((id, i) => {
      ids[row * length + i] = BigInt(id);
      mask[row * length + i] = 1n;
    });
    head.set(input.headSpan.map(BigInt), row * 2);
    tail.set(input.tailSpan.map(BigInt), row * 2);
  });
  return {
    input_ids: hostTensor("int64", [batch, length], ids),
    attention_mask: hostTensor("int64", [batch, length], mask),
    head_span: hostTensor("int64", [batch, 2], head),
    tail_span: hostTensor("int64", [batch, 2], tail),
  };
}

/** `maps`, `picture_mask`, `image_logits`, `semantic_weights`; a missing picture is zeros with mask 0 and weight 0. */
export function visualInputs(examples: readonly RelationExample[], shape: VisualShape): Inputs {
  const { pictures, promptLength, mapWidth, classes } = shape;
  const batch = examples.length;
  const maps = zeros("float32", [batch, pictures, promptLength, mapWidth]);
  const mask = zeros("float32", [batch, pictures]);
  const logits = zeros("float32", [batch, classes]);
  const weights = zeros("float32", [batch]);
  const present = examples.filter(({ visual }) => visual !== undefined).length;
  const pictureSize = promptLength * mapWidth;
  examples.forEach(({ visual }, row) => {
    if (!visual) return;
    visual.maps.forEach((map, i) => {
      maps.data.set(map, (row * pictures + i) * pictureSize);
      mask.data[row * pictures + i] = 1;
    });
    logits.data.set(visual.logits, row * classes);
    weights.data[row] = 1 / present;
  });
  return { maps, picture_mask: mask, image_logits: logits, semantic_weights: weights };
}

function int64(values: readonly number[]): HostTensor<"int64"> {
  return hostTensor("int64", [values.length], values);
}

/** Rows, labels and lambda of a mixup plan; `labels` are those of the batch, and H* repeats them. */
export function mixupInputs(plan: MixupPlan, labels: readonly number[], lambda: number): Inputs {
  const labelsOf = (rows: readonly number[]) => int64(rows.map((row) => labels[row % labels.length]!));
  return {
    unmixed_rows: int64(plan.unmixed),
    unmixed_labels: labelsOf(plan.unmixed),
    mixed_rows_a: int64(plan.mixedA),
    mixed_rows_b: int64(plan.mixedB),
    mixed_labels_a: labelsOf(plan.mixedA),
    mixed_labels_b: labelsOf(plan.mixedB),
    mix_lambda: hostTensor("float32", [], [lambda]),
  };
}

/** Dropout masks for sites of a graph, in buffers that grow to the largest batch and are used again. */
export class DropoutMasks {
  readonly #sites: readonly DropoutSite[];
  readonly #buffers = new Map<string, Float32Array<ArrayBuffer>>();

  constructor(sites: readonly DropoutSite[]) {
    this.#sites = sites;
  }

  /** Masks for named sizes such as batch and length, drawn for (seed, step, site). */
  fill(sizes: ReadonlyMap<string, number>, at: { seed: number; step: number; microStep: number }): Inputs {
    const inputs: Inputs = {};
    for (const { name, shape, probability } of this.#sites) {
      const known = shape.map((dimension) => evaluateDimension(dimension, sizes)!); // sites use the graph's own named sizes
      const count = known.reduce((product, size) => product * size, 1);
      let buffer = this.#buffers.get(name);
      if (!buffer || buffer.length < count) {
        buffer = new Float32Array(count);
        this.#buffers.set(name, buffer);
      }
      const mask = buffer.subarray(0, count);
      fillDropoutMask(mask, probability, at.seed, at.step, `${at.microStep}/${name}`);
      inputs[name] = hostTensor("float32", known, mask);
    }
    return inputs;
  }
}
