// I2SRM as a relation method.
import { mreForward } from "../../models/i2srm/mre.ts";
import { Dropout } from "../../nn/dropout.ts";
import { graphOptions, type I2srmRelationConfig } from "./model-config.ts";
import type { RelationMethod } from "./relation-method.ts";
import { RelationModel } from "./relation-model.ts";
import { examplesWithoutViews } from "./without-views.ts";

export function i2srmMethod(config: I2srmRelationConfig): RelationMethod {
  const { promptLength, objects, wholePicture } = config.i2srm.prefix;
  return {
    prompt: { promptLength, objects, wholePicture },
    visualIsOptional: false,
    model: (runtime, encoder, { reading: _, trust: __, coding: { markers }, ...setting }) =>
      new RelationModel(runtime, { ...setting, markers, graph: graphOptions(config, encoder) }),
    examples: examplesWithoutViews,
    averaging: (model) => model,
    logits: (scope, encoder) => mreForward(scope, graphOptions(config, encoder), new Dropout(false)).logits,
    described: () => (config.pairs === "packed" ? { pairs: config.pairs } : {}),
  };
}
