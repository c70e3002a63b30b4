// Errors of every layer: a base class with a stable code, a message, the place and the remedy.
import type { ErrorCode } from "./codes/error-code.ts";

/** The cause: "input" is the user's data, options or files; "work" is a run that could not finish. */
export type Fault = "input" | "work";

/** Details of an error: a code for programs, the rest for people. */
export interface ErrorDetails {
  /**
   * Stable, `layer/what-is-wrong`; never renamed once released. Meanings and remedies are in `codes/`; codes of errors from outside relata
   * begin with `own/`.
   */
  readonly code: ErrorCode;
  /** What is wrong, in one sentence that includes the value. */
  readonly message: string;
  /** Where it occurred: `file:line`, a tensor's name, an operator, an option. */
  readonly place?: string | undefined;
  /** What the user can do about it. */
  readonly remedy: string;
  readonly value?: unknown;
  readonly cause?: unknown;
  readonly fault?: Fault;
}

/**
 * Base of all errors that relata throws deliberately. Any other error is a bug in relata.
 *
 * @example
 * import { RelataError } from "relata/errors";
 *
 * try {
 *   throw new RelataError({ code: "own/no-token", message: "the token is missing", remedy: "Set TOKEN." });
 * } catch (error) {
 *   if (!(error instanceof RelataError)) throw error;
 *   console.error(`${error.code}: ${error.message}. ${error.remedy}`);
 * }
 */
export class RelataError extends Error {
  readonly code: ErrorCode;
  readonly place: string | undefined;
  readonly remedy: string;
  readonly value: unknown;
  readonly fault: Fault;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.place = details.place;
    this.remedy = details.remedy;
    this.value = details.value;
    this.fault = details.fault ?? "input";
  }
}

/** A graph that cannot be built: shapes or dtypes that do not fit an operator. */
export class GraphError extends RelataError {}
/** The runtime refused or failed: buffers, native library, devices, files of weights. */
export class EngineError extends RelataError {}
/** A data file or document that is malformed or inconsistent. */
export class DataError extends RelataError {}
/** An encoder folder, tokenizer or picture that cannot be used. */
export class EncoderError extends RelataError {}
/** Labels, spans or scores that do not fit a model's input or output. */
export class ModelError extends RelataError {}
/** A configuration or command line that cannot be used. */
export class ConfigError extends RelataError {}
/** A training run that cannot start or continue. */
export class TrainingError extends RelataError {}
/** A generator, a chain or a store of generated views that cannot be used or continued. */
export class SynthesisError extends RelataError {}
/** A user's extension that cannot be loaded, is missing, fails or breaks its contract. */
export class ExtensionError extends RelataError {}
