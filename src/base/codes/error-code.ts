// The codes that an error may have. The compiler refuses any other, so every error has an entry in docs/errors.md.
import type { ACTIVE_CODES } from "./active.ts";
import type { ANNOTATE_CODES } from "./annotate.ts";
import type { AUDIT_CODES } from "./audit.ts";
import type { CLI_CODES } from "./cli.ts";
import type { CLIENT_CODES } from "./client.ts";
import type { CONFIG_CODES } from "./config.ts";
import type { DATA_CODES } from "./data.ts";
import type { DefectCode } from "./data-defects.ts";
import type { ENCODER_CODES } from "./encoder.ts";
import type { ENGINE_CODES } from "./engine.ts";
import type { EVALUATION_CODES } from "./evaluation.ts";
import type { EXPERIMENT_CODES } from "./experiment.ts";
import type { EXTENSION_CODES } from "./extension.ts";
import type { FINDING_CODES } from "./findings.ts";
import type { GRAPH_CODES } from "./graph.ts";
import type { HUB_CODES } from "./hub.ts";
import type { MODEL_FILE_CODES } from "./model-files.ts";
import type { MODEL_CODES } from "./models.ts";
import type { NOTE_CODES } from "./notes.ts";
import type { REJECTION_CODES } from "./rejections.ts";
import type { REQUEST_CODES } from "./requests.ts";
import type { SERVING_CODES } from "./serving.ts";
import type { SYNTHESIS_CODES } from "./synthesis.ts";
import type { TORCH_CODES } from "./torch.ts";
import type { TRAINING_CODES } from "./training.ts";
import type { UNIT_CODES } from "./units.ts";
import type { WEB_CODES } from "./web.ts";

/** Codes of relata's own errors: the keys of the tables in this folder. */
export type KnownErrorCode =
  | keyof typeof ACTIVE_CODES
  | keyof typeof ANNOTATE_CODES
  | keyof typeof AUDIT_CODES
  | keyof typeof CLI_CODES
  | keyof typeof CLIENT_CODES
  | keyof typeof CONFIG_CODES
  | keyof typeof DATA_CODES
  | DefectCode
  | keyof typeof ENCODER_CODES
  | keyof typeof ENGINE_CODES
  | keyof typeof EVALUATION_CODES
  | keyof typeof EXPERIMENT_CODES
  | keyof typeof EXTENSION_CODES
  | keyof typeof GRAPH_CODES
  | keyof typeof HUB_CODES
  | keyof typeof MODEL_FILE_CODES
  | keyof typeof MODEL_CODES
  | keyof typeof REQUEST_CODES
  | keyof typeof SERVING_CODES
  | keyof typeof SYNTHESIS_CODES
  | keyof typeof TORCH_CODES
  | keyof typeof TRAINING_CODES
  | keyof typeof UNIT_CODES
  | keyof typeof WEB_CODES;

/** A code of relata, or one that begins with `own/`, for errors of the user's own readers, generators and encoders. */
export type ErrorCode = KnownErrorCode | `own/${string}`;

/** Codes of notes about anything an extraction cut or left out. */
export type NoteCode = keyof typeof NOTE_CODES;

/** Why relata's checks and generators reject a generated view; users' generators may add other reasons. */
export type RejectionReason = keyof typeof REJECTION_CODES;

/** Codes of findings of an audit. */
export type FindingCode = keyof typeof FINDING_CODES;
