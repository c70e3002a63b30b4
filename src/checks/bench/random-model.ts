// Models of given sizes with random weights: a benchmark's arithmetic does not depend on their values.
import type { BertConfig } from "../../encoders/text/bert.ts";
import type { RelationExample } from "../../extractors/relation/examples.ts";
import type { RelationModel } from "../../extractors/relation/relation-model.ts";
import { type I2srmConfig, PUBLISHED_MRE, picturesOf, textOnly } from "../../models/i2srm/config.ts";
import type { MreModelOptions } from "../../models/i2srm/mre.ts";
import { stream } from "../../training/random.ts";

export interface ModelSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocabulary: number;
  readonly relations: number;
  readonly dropout: number;
}

/** Channels of ResNet-50's joined stages on a 2x2 grid, over 4 prompt positions, and its classes. */
const RESNET_50 = { mapWidth: 3840, classes: 1000 };
const SEED = 1;
const LONGEST = 512;

/** I2SRM for relations at the published sizes, or its text encoder alone. */
export function randomModelGraph(sizes: ModelSizes, visual: boolean): MreModelOptions {
  const encoder: BertConfig = {
    modelType: "bert",
    vocabSize: sizes.vocabulary,
    hiddenSize: sizes.hidden,
    layers: sizes.layers,
    heads: sizes.heads,
    intermediateSize: sizes.ffn,
    maxPositions: LONGEST,
    typeVocabSize: 2,
    layerNormEpsilon: 1e-12,
    activation: "gelu",
    hiddenDropout: sizes.dropout,
    attentionDropout: sizes.dropout,
    initializerRange: 0.02,
    padTokenId: 0,
  };
  return {
    encoder,
    i2srm: visual ? PUBLISHED_MRE : textOnly(PUBLISHED_MRE),
    visual: visual ? RESNET_50 : undefined,
    relations: sizes.relations,
    addedTokens: 0,
  };
}

/** Small uniform numbers, ones where a layer normalisation multiplies; drawn fast rather than well. */
export function fillWeights(model: RelationModel): void {
  const draws = stream(SEED, 0, "bench/weights");
  for (const { name, initializer } of model.declarations.values()) {
    const { data } = model.parameters.weight(name);
    if (initializer.kind === "ones") data.fill(1);
    else if (initializer.kind !== "zeros")
      for (let i = 0; i < data.length; i++) data[i] = (draws.uint32() / 2 ** 32 - 0.5) * 0.07;
  }
}

/** Texts of random tokens, of the given lengths; with a visual channel every one has all pictures. */
export function randomExamples(lengths: readonly number[], graph: MreModelOptions): RelationExample[] {
  const { encoder, i2srm, visual, relations } = graph;
  const draws = stream(SEED, 0, "bench/examples");
  const noise = (size: number) => Float32Array.from({ length: size }, () => draws.uniform());
  const pictureOf = ({ prefix }: I2srmConfig, { mapWidth, classes }: typeof RESNET_50) => ({
    maps: Array.from({ length: picturesOf(prefix) }, () => noise(prefix.promptLength * mapWidth)),
    pooled: noise(classes),
  });
  return lengths.map((length, at): RelationExample => {
    const third = Math.max(1, Math.floor(length / 3));
    return {
      id: String(at),
      input: {
        ids: Array.from({ length }, () => 1 + draws.integer(encoder.vocabSize - 1)),
        wordIndex: [],
        offsets: [],
        unknown: 0,
        emptyWords: [],
        headSpan: [0, third],
        tailSpan: [third, 2 * third],
        length,
        truncated: undefined,
      },
      label: draws.integer(relations),
      visual: visual && pictureOf(i2srm, visual),
    };
  });
}

/** Multiplications and additions of the text encoder's matrix products on a forward pass over one text. */
export function textFlops({ layers, hidden, ffn }: ModelSizes, length: number): number {
  const perToken = 2 * (4 * hidden * hidden + 2 * hidden * ffn) + 4 * length * hidden;
  return length * layers * perToken;
}
