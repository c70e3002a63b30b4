// I2SRM (arXiv 2310.06326): graphs and constants.

export type { BertConfig } from "../../encoders/text/bert.ts";
export type { TextEncoderConfig } from "../../encoders/text-config.ts";
export { type ClassTraining, classTraining } from "./class-training.ts";
export {
  type ClassificationForward,
  type ClassificationModelOptions,
  type ClassificationTraining,
  classificationForward,
  classificationTraining,
} from "./classification.ts";
export {
  type CrossSampleAttentionConfig,
  type I2srmConfig,
  type MixedRows,
  type MixupConfig,
  type PrefixConfig,
  PUBLISHED_MRE,
  type SemanticLossConfig,
  textOnly,
  type VisualSizes,
} from "./config.ts";
export { type LabelMixing, labelInputs, type MixedLabels, mixLabels } from "./label-mixing.ts";
export { type MixupPlan, mixupPlan, mixupPool, rowInputs, withoutMixing } from "./mixup-plan.ts";
export {
  type MnerBatch,
  type MnerForward,
  type MnerModelOptions,
  type MnerTraining,
  mnerForward,
  mnerTraining,
} from "./mner.ts";
export {
  type MreForward,
  type MreModelOptions,
  type MreTraining,
  mreForward,
  mreTraining,
} from "./mre.ts";
