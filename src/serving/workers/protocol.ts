// What the server and its worker processes tell each other. Both ends are this program, so nothing here is checked again.
import { DataError, EncoderError, EngineError, RelataError } from "../../base/errors.ts";
import type { ModelDescription, ModelName } from "../../client/api-types.ts";
import type { Explanation } from "../../extract/explain/explanation.ts";
import type { Extraction, ExtractionOptions, Post } from "../../extract/post.ts";
import type { ProviderSetting } from "../../extractors/shared/runtime-options.ts";
import type { ServeSettings } from "../settings.ts";

/** How a worker opens its model. */
export type WorkerModelOptions = Pick<
  ServeSettings,
  "device" | "threads" | "library" | "precision" | "verify" | "extension"
> & { readonly provider: ProviderSetting | undefined };

/** A post of a batch, and how to read it. */
export interface BatchPost {
  readonly post: Post;
  readonly options: ExtractionOptions;
  readonly explain: boolean;
}

/** From the server. */
export type ToWorker =
  | { readonly kind: "load"; readonly folder: string; readonly options: WorkerModelOptions }
  | { readonly kind: "read"; readonly batch: number; readonly posts: readonly BatchPost[] }
  /** Finish what was sent, release the model and exit. */
  | { readonly kind: "end" };

/** What was found in a post of a batch, or why it could not be read. */
export type PostResult =
  | { readonly extraction: Extraction; readonly explanation?: Explanation }
  | { readonly error: ErrorRecord };

/** From a worker. */
export type FromWorker =
  | {
      readonly kind: "ready";
      readonly version: ModelName["version"];
      readonly description: ModelDescription;
    }
  | { readonly kind: "cannot-load"; readonly error: ErrorRecord }
  | {
      readonly kind: "answers";
      readonly batch: number;
      readonly results: readonly PostResult[];
      /** Milliseconds from the end of the batch before, or the arrival of this one, to its answers. */
      readonly readMs: number;
    };

/** An error on its way between processes. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a RelataError. */
  readonly details: Pick<RelataError, "code" | "place" | "remedy" | "fault"> | undefined;
}

/** The parts of an error that another process can be told. */
export function errorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof Error))
    return { name: "Error", message: String(error), stack: undefined, details: undefined };
  const { name, message, stack } = error;
  if (!(error instanceof RelataError)) return { name, message, stack, details: undefined };
  const { code, place, remedy, fault } = error;
  return { name, message, stack, details: { code, place, remedy, fault } };
}

const CLASSES: Readonly<Record<string, typeof RelataError>> = { DataError, EncoderError, EngineError };

/** The error of a record, of its class, with the other process's stack. */
export function errorFrom({ name, message, stack, details }: ErrorRecord): Error {
  const error =
    details === undefined ? new Error(message) : new (CLASSES[name] ?? RelataError)({ message, ...details });
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
