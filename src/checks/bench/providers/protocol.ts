// What the benchmark of providers and its candidates' processes tell each other. Both ends are this program, so nothing is checked again.
import type { ErrorCode } from "../../../base/codes/error-code.ts";
import type { RuntimeOptions } from "../../../engine/runtime.ts";
import type { CandidateWork } from "./candidate.ts";

/** The first message: what to open. */
export interface OpenMessage {
  readonly options: RuntimeOptions;
  readonly work: CandidateWork;
}

/** A further message: what to do. */
export interface CallMessage {
  readonly call: "trainStep" | "predict" | "writeGradients" | "compareGradients" | "peakRssBytes";
  readonly argument?: string | number | undefined;
}

/** The answer to every message. */
export type Answer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly remedy: string } };
