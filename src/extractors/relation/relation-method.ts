// What every method of reading relations can do with a saved model: I2SRM, MI2RAGE's student, a reader that users registered.
import type { LabelSet } from "../../data/labels.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { Precision } from "../../engine/prediction.ts";
import type { Runtime } from "../../engine/runtime.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ViewReading } from "../../models/mi2rage/student.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { PredictionViews } from "../requests.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { PreparedSet } from "../shared/training-task.ts";
import type { StudentSet } from "../student/prepare-students.ts";
import type { StudentExample } from "../student/student-example.ts";
import type { ExamplesRequest } from "./prepare.ts";

/** What a model that only predicts is made with. */
export interface PredictorSetting {
  readonly padId: number;
  readonly groups: { readonly weightDecay: number; readonly headLearningRateScale: number };
  readonly trainable: boolean;
  readonly precision: Precision | undefined;
  /** "each": scores for every view alone. */
  readonly reading: ViewReading;
}

/** Documents to be scored, with generated views beside them where some are given. */
export interface ScoredRequest extends ExamplesRequest {
  readonly views: PredictionViews | undefined;
  /** Whether the documents' own pictures or captions are available. */
  readonly ownVisual: boolean;
}

/** A saved model's method. */
export interface RelationMethod {
  /** Prompt positions per picture, and crops beside the whole one, that the visual channel must give. */
  readonly prompt: { readonly promptLength: number; readonly objects: number };
  /** Whether it reads a document without its own picture or caption as well as it reads one with. */
  readonly visualIsOptional: boolean;
  model(runtime: Runtime, encoder: TextEncoderConfig, setting: PredictorSetting): GraphModel<StudentExample>;
  /** @throws DataError `data/unwanted-visual` for views that it cannot read */
  examples(request: ScoredRequest): Promise<PreparedSet<StudentExample> & Pick<StudentSet, "views">>;
  /** A model with scores for every view, as a predictor of their averages. */
  averaging(model: GraphModel<StudentExample>, labels: LabelSet): Pick<GraphModel<StudentExample>, "predict">;
  /** Class scores as a graph, for ONNX files. */
  logits(scope: ParameterScope, encoder: TextEncoderConfig): Tensor;
  /** What the description of its ONNX file says beside what all say. */
  readonly described: Readonly<Record<string, unknown>>;
}
