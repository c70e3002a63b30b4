// What every relation method can do with a saved model: I2SRM, MI2RAGE's student, or a user's registered reader.
import type { LabelSet } from "../../data/labels.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { Precision } from "../../engine/prediction.ts";
import type { Runtime } from "../../engine/runtime.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ViewReading } from "../../models/mi2rage/student.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { PredictionViews } from "../requests.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { LentEncoder } from "../shared/lent-encoder.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import type { PreparedSet } from "../shared/training-task.ts";
import type { StudentSet } from "../student/prepare-students.ts";
import type { StudentExample } from "../student/student-example.ts";
import type { TextCoding } from "../student/view-alone.ts";
import type { ExamplesRequest } from "./prepare.ts";

/** What is needed to create a model that only predicts. */
export interface PredictorSetting {
  readonly padId: number;
  readonly groups: { readonly weightDecay: number; readonly headLearningRateScale: number };
  readonly trainable: boolean;
  readonly precision: Precision | undefined;
  /** The text encoder that it shares with other models; a reader that does not use it has weights of its own. */
  readonly lent?: LentEncoder | undefined;
  /** "each": separate scores for every view. */
  readonly reading: ViewReading;
  /** How its texts are encoded. */
  readonly coding: TextCoding;
  /** How far scores move with views (calibration.json); 1 for a model that has none. */
  readonly trust: number;
  /** States of a student's frozen layers; undefined: texts are read from their tokens. */
  readonly states?: LowerStates | undefined;
}

/** Documents to score, optionally with generated views. */
export interface ScoredRequest extends ExamplesRequest {
  readonly views: PredictionViews | undefined;
  /** Whether the documents' own pictures or captions are available. */
  readonly ownVisual: boolean;
}

/** The method of a saved model. */
export interface RelationMethod {
  /** Prompt positions per picture and crops besides the whole picture that the visual channel must provide. */
  readonly prompt: {
    readonly promptLength: number;
    readonly objects: number;
    /** Whether it also looks at the whole picture; absent: it does. */
    readonly wholePicture?: boolean;
  };
  /** Whether it reads a document equally well without its own picture or caption. */
  readonly visualIsOptional: boolean;
  model(runtime: Runtime, encoder: TextEncoderConfig, setting: PredictorSetting): GraphModel<StudentExample>;
  /** @throws DataError `data/unwanted-visual` for views that it cannot read */
  examples(request: ScoredRequest): Promise<PreparedSet<StudentExample> & Pick<StudentSet, "views">>;
  /** Wraps a model that scores every view, as a predictor of their averages. */
  averaging(model: GraphModel<StudentExample>, labels: LabelSet): Pick<GraphModel<StudentExample>, "predict">;
  /** Builds class scores as a graph, for ONNX files, at a trust in views. */
  logits(scope: ParameterScope, encoder: TextEncoderConfig, trust: number): Tensor;
  /** What the description of its ONNX file adds. */
  described(trust: number): Readonly<Record<string, unknown>>;
}
