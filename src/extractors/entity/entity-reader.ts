// A saved entity model, I2SRM's or a student of MI2RAGE, as what predicts.
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { Precision } from "../../engine/prediction.ts";
import type { Runtime } from "../../engine/runtime.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { mnerForward } from "../../models/i2srm/mner.ts";
import { entityStudentForward } from "../../models/mi2rage/entity-student.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { EntityStudentModel } from "../entity-student/entity-student-model.ts";
import type { LentEncoder } from "../shared/lent-encoder.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import { EntityModel } from "./entity-model.ts";
import { type EntityModelConfig, graphOptions, isStudent, studentGraph } from "./model-config.ts";

export type EntityReader = EntityModel | EntityStudentModel;

/** Creates a model that only predicts. */
export function entityReader(
  runtime: Runtime,
  config: EntityModelConfig,
  encoder: TextEncoderConfig,
  {
    states,
    ...setting
  }: {
    readonly padId: number;
    readonly precision: Precision | undefined;
    /** The text encoder that it shares with other models. */
    readonly lent?: LentEncoder | undefined;
    /** States of a student's frozen layers. */
    readonly states?: LowerStates | undefined;
  },
): EntityReader {
  const options = {
    ...setting,
    groups: { weightDecay: 0, taggerLearningRateScale: 1, headLearningRateScale: 1 },
    trainable: false,
  };
  if (isStudent(config)) {
    return new EntityStudentModel(runtime, { ...options, states, graph: studentGraph(config, encoder) });
  }
  const graph = graphOptions(config, encoder);
  return new EntityModel(runtime, { ...options, graph, maxLength: config.maxLength, labelMixing: "pair" });
}

/** Its tag scores as a graph, for ONNX files. */
export function tagScores(
  scope: ParameterScope,
  config: EntityModelConfig,
  encoder: TextEncoderConfig,
): Tensor {
  const dropout = new Dropout(false);
  return isStudent(config)
    ? entityStudentForward(scope, studentGraph(config, encoder), dropout).emissions
    : mnerForward(scope, graphOptions(config, encoder), dropout).emissions;
}
