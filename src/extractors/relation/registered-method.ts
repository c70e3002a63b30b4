// A user's registered relation reader as a relation method.

import type { Extensions } from "../../extensions/extension.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { RegisteredRelationConfig } from "./registered-config.ts";
import { RegisteredModel, registeredLogits } from "./registered-model.ts";
import type { RelationMethod } from "./relation-method.ts";
import { requireRelationReader } from "./require-relation-reader.ts";
import { examplesWithoutViews } from "./without-views.ts";

/** @throws ExtensionError `extension/missing` */
export function registeredMethod(config: RegisteredRelationConfig, extensions: Extensions): RelationMethod {
  const reader = requireRelationReader(config.reader, extensions);
  return {
    prompt: { promptLength: config.promptLength, objects: 0 },
    visualIsOptional: false,
    model: (runtime, encoder, { reading: _, trust: __, coding: ___, ...setting }) =>
      new RegisteredModel(runtime, { ...setting, reader, config, encoder }),
    examples: examplesWithoutViews,
    averaging: (model) => model,
    logits: (scope, encoder) => registeredLogits(scope, { reader, config, encoder }, new Dropout(false)),
    described: () => ({ reader: config.reader }),
  };
}
