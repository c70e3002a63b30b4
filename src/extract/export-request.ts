// What `exportBundle` is asked for, and what it says it wrote.
import type { ExtractorOptions } from "../extractors/requests.ts";
import type { Bundle } from "./bundle.ts";
import type { Stated } from "./card/card-record.ts";
import type { ConstraintRequest } from "./exported-constraints.ts";

/** The models to join, and the output folder. Paths are relative to the working folder. */
export interface ExportRequest extends ExtractorOptions, ConstraintRequest {
  /** Folder of the entity model. */
  readonly entities: string;
  /** Folder of a category model, which then classifies every post; absent: the bundle has none. */
  readonly categories?: string | undefined;
  /** The bundle to write; it must not exist. */
  readonly folder: string;
  /** Also write the prediction graphs as ONNX files, to the bundle's folder "onnx". */
  readonly onnx?: boolean | undefined;
  /** What the model card says about licence, languages and data sets; default: an unknown licence. */
  readonly stated?: Partial<Stated> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The bundle written: its folder, its entity types and its relations ("None" included). */
export interface ExportSummary {
  readonly folder: string;
  readonly bundle: Bundle;
  readonly entityTypes: readonly string[];
  readonly relations: readonly string[];
  /** Empty without a category model. */
  readonly categories: readonly string[];
  /** Why a model that was trained with low-rank adapters shares its text encoder with no other; `bundle.sharedEncoders` lists those that do. */
  readonly notes: readonly string[];
  /** Notes for the user of the bundle: models that were never calibrated, pictures that the models cannot use. */
  readonly warnings: readonly string[];
}
