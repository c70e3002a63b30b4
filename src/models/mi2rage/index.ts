// MI2RAGE (arXiv 2312.03025): training from one real modality with generated views of the other.

export type { BertConfig } from "../../encoders/text/bert.ts";
export type { TextEncoderConfig } from "../../encoders/text-config.ts";
export type { TextStart } from "../text-states.ts";
export type { FusionConfig, PictureSizes, RealView } from "./config.ts";
export { type EntityStudentOptions, entityStudentForward, type TagScores } from "./entity-student.ts";
export {
  type StudentOptions,
  studentForward,
  studentLoss,
  type TrustedReading,
  type ViewReading,
} from "./student.ts";
