// Which parameters lose weight in an optimiser step, in every model over every family of text encoders.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseTextConfig, TEXT_MODEL_TYPES } from "../../encoders/text/table.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { Runtime } from "../../engine/runtime.ts";
import { PUBLISHED_MRE } from "../../models/i2srm/config.ts";
import { EntityModel } from "../entity/entity-model.ts";
import { RelationModel } from "../relation/relation-model.ts";
import { StudentModel } from "../student/student-model.ts";
import type { GraphModel } from "./graph-model.ts";

const SIZES = {
  ...{ vocab_size: 20, hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 12 },
  ...{ dim: 8, n_layers: 2, n_heads: 2, hidden_dim: 12, max_position_embeddings: 16, pad_token_id: 0 },
};
const MORE: Readonly<Record<string, object>> = {
  "deberta-v2": {
    ...{ relative_attention: true, share_att_key: true, pos_att_type: "p2c|c2p", position_buckets: 4 },
    ...{ norm_rel_ebd: "layer_norm", position_biased_input: false },
  },
  modernbert: { local_attention: 2 },
};
const SCALES = { weightDecay: 0.5, headLearningRateScale: 1 };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

const configOf = (modelType: string) =>
  parseTextConfig({ model_type: modelType, ...SIZES, ...MORE[modelType] }, "here");

function modelsOver(encoder: TextEncoderConfig): Readonly<Record<string, GraphModel<never>>> {
  const i2srm = {
    ...PUBLISHED_MRE,
    prefix: { ...PUBLISHED_MRE.prefix, promptHidden: 8, objects: 1 },
    attention: { ...PUBLISHED_MRE.attention, feedForward: 16 },
  };
  const shared = { padId: 0, trainable: true } as const;
  const graph = { encoder, i2srm, visual: { mapWidth: 6, classes: 5 } };
  const student = (real: "text" | "picture") =>
    new StudentModel(runtime, {
      ...shared,
      groups: SCALES,
      reading: "fused",
      graph: {
        ...{ encoder, relations: 3, addedTokens: 2, real, picture: { maps: 6, classes: 4 } },
        fusion: { width: 8, heads: 2, dropout: 0 },
      },
    });
  return {
    relations: new RelationModel(runtime, {
      ...shared,
      groups: SCALES,
      graph: { ...graph, relations: 3, addedTokens: 2 },
    }),
    entities: new EntityModel(runtime, {
      ...{ ...shared, maxLength: 12, labelMixing: "pair" },
      groups: { ...SCALES, taggerLearningRateScale: 1 },
      graph: { ...graph, tags: 5, emissionWidth: 4 },
    }),
    "student of texts": student("text"),
    "student of pictures": student("picture"),
  };
}

/** The parameters whose weights one step without any gradient makes smaller. */
async function decayed(model: GraphModel<never>): Promise<string[]> {
  const names = model.parameters.names();
  for (const name of names) model.parameters.weight(name).data.fill(1);
  await using optimizer = model.optimizer();
  await optimizer.apply(1, 0.1, { accumulated: 1 });
  return names.filter((name) => model.parameters.weight(name).data[0]! < 1);
}

/** A bias or a normalisation by the names and first values that checkpoints and layers give them, whatever their shapes. */
const isBiasOrNormalization = (name: string, initializer: string) =>
  /bias$/i.test(name) || /norm/i.test(name) || initializer === "ones";

const OTHER_VECTORS = ["crf.start", "crf.end"]; // biases of the first and the last tag

describe.each(TEXT_MODEL_TYPES.map((type) => [type]))("over %s", (modelType) => {
  it("every model decays its matrices and tables, and no bias and no normalisation", async () => {
    for (const [kind, model] of Object.entries(modelsOver(configOf(modelType)))) {
      const expected = [...model.declarations.values()]
        .filter(({ name, initializer }) => !isBiasOrNormalization(name, initializer.kind))
        .map(({ name }) => name)
        .filter((name) => !OTHER_VECTORS.includes(name));
      expect([kind, await decayed(model)]).toEqual([kind, expected]);
      const norms = [...model.declarations.keys()].filter((name) => /norm/i.test(name));
      expect(norms.length).toBeGreaterThan(4);
      await model.dispose();
    }
  });
});
