// The contract of a generator that users register: pictures from texts, or texts from pictures.
import { CONTRACT, type Extension } from "../extensions/extension.ts";
import type { PictureRequest, TextRequest } from "../synthesis/generators/generator.ts";

/** What a generator gets when it is opened, in addition to its settings. */
export interface OpeningGenerator {
  /** `process.env`: read API keys from here, and never put them into settings. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A permanent refusal, for example by a content policy or because nothing fits. It is recorded with its
 * reason and the request is never repeated.
 */
export interface Refused {
  /** A word such as "policy". */
  readonly refused: string;
}

type Json = Readonly<Record<string, unknown>>;

/** An open generator. */
export interface OpenedGenerator<Request, Answer> {
  /** The model name to record. */
  readonly model: string;
  /**
   * Everything else that affects the output, as plain JSON without secrets; the settings if absent. A
   * change leads to new calls.
   */
  readonly identity?: Json | undefined;
  /** Maximum number of concurrent calls; 1 if absent. */
  readonly concurrency?: number | undefined;
  /** Price of a call; 0 if absent. */
  readonly costPerCall?: number | undefined;
  /**
   * Time limit of one call; 120 000 if absent. A longer call fails with `synthesis/timeout`, and the run
   * continues.
   */
  readonly timeoutMs?: number | undefined;
  /** If it throws, the call has failed; the failure is recorded and the call can be repeated. */
  generate(request: Request, signal: AbortSignal): Promise<Answer | Refused> | Answer | Refused;
  /** Releases resources; relata waits ten seconds for it. */
  dispose?(): Promise<void> | void;
}

interface GeneratorBase<Settings> extends Extension {
  readonly kind: "generator";
  /** Names of settings that hold paths, as dotted names; in a plan they are relative to its folder. */
  readonly paths?: readonly string[] | undefined;
  /**
   * Checks the plan's settings other than `adapter`; throws an error whose message names the field. Absent:
   * there are no settings.
   */
  settings?(given: Json): Settings;
}

/** The answer of a picture generator: a complete PNG, JPEG or WebP file. */
export type PictureAnswer = Uint8Array | { readonly bytes: Uint8Array; readonly details?: Json | undefined };
/** The answer of a text generator. */
export type TextAnswer = string | { readonly text: string; readonly details?: Json | undefined };

/** Pictures from texts: `textToImage` of a plan. */
export interface PictureGenerator<Settings = Json> extends GeneratorBase<Settings> {
  readonly makes: "picture";
  /** Opens the generator, once for a run. */
  open(
    settings: Settings,
    opening: OpeningGenerator,
  ): Promise<OpenedGenerator<PictureRequest, PictureAnswer>> | OpenedGenerator<PictureRequest, PictureAnswer>;
}

/** Texts from pictures: `imageToText` of a plan. */
export interface TextGenerator<Settings = Json> extends GeneratorBase<Settings> {
  readonly makes: "text";
  /** Opens the generator, once for a run. */
  open(
    settings: Settings,
    opening: OpeningGenerator,
  ): Promise<OpenedGenerator<TextRequest, TextAnswer>> | OpenedGenerator<TextRequest, TextAnswer>;
}

type Given<Generator> = Omit<Generator, "kind" | "contract">;

/**
 * Defines a generator. Users name it as the `adapter` of a synthesis plan.
 *
 * @example
 * import { readFileSync } from "node:fs";
 * import { defineGenerator } from "relata/extend";
 *
 * export default defineGenerator({
 *   name: "grey",
 *   version: "1.0.0",
 *   makes: "picture",
 *   open: () => ({ model: "grey", generate: () => readFileSync("grey.png") }),
 * });
 */
export function defineGenerator<Settings = Json>(
  generator: Given<PictureGenerator<Settings>>,
): PictureGenerator<Settings>;
export function defineGenerator<Settings = Json>(
  generator: Given<TextGenerator<Settings>>,
): TextGenerator<Settings>;
export function defineGenerator(
  generator: Given<PictureGenerator> | Given<TextGenerator>,
): PictureGenerator | TextGenerator {
  return Object.freeze({ ...generator, kind: "generator", contract: CONTRACT });
}
