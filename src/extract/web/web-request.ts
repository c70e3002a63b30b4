// What `exportWeb` is asked for, and what it says it wrote.
import type { OnPreparation } from "../../base/progress.ts";
import type { StoredPrecision } from "../../engine/packed-weights.ts";
import type { ExtensionsInput } from "../../extensions/load-extensions.ts";
import type { VerifyOptions } from "../../extractors/shared/verify-model.ts";

/** What to export for web pages, and how. */
export interface WebExportRequest extends VerifyOptions {
  /** A bundle, or the model-best of a training run. */
  readonly model: string;
  /** The folder to write; it must not exist. */
  readonly folder: string;
  /** How weights are stored for the way; a page computes in float32 either way. Default "fp32". */
  readonly precision?: StoredPrecision | undefined;
  /** What the model needs from outside relata. */
  readonly extensions?: ExtensionsInput | undefined;
  /** Leave out what models see of pictures or captions; they then read texts only. Default false. */
  readonly withoutPictures?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnPreparation;
}

/** What was written. */
export interface WebExportSummary {
  readonly folder: string;
  readonly precision: StoredPrecision;
  readonly files: number;
  readonly bytes: number;
  readonly entityTypes: readonly string[];
  readonly relations: readonly string[];
  readonly categories: readonly string[];
  /** Whether posts may have pictures. */
  readonly pictures: boolean;
  /** What was left out, one sentence each. */
  readonly notices: readonly string[];
}
