// The contract of a generator that users register: pictures from texts, or texts from pictures.
import { CONTRACT, type Extension } from "../extensions/extension.ts";
import type { PictureRequest, TextRequest } from "../synthesis/generators/generator.ts";

/** What a generator is opened with beside its settings. */
export interface OpeningGenerator {
  /** `process.env`: read keys from here, and never put them into settings. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** The generator's answer is no, for good: a content policy, nothing fits. It is recorded with its reason and never asked again. */
export interface Refused {
  /** A word such as "policy". */
  readonly refused: string;
}

type Json = Readonly<Record<string, unknown>>;

/** A generator that is ready to be asked. */
export interface OpenedGenerator<Request, Answer> {
  /** What is recorded as the model. */
  readonly model: string;
  /** What else changes what comes out, as plain JSON without secrets; the settings when absent. A change makes other calls. */
  readonly identity?: Json | undefined;
  /** Most calls under way at once; 1 when absent. */
  readonly concurrency?: number | undefined;
  /** Price of a call; 0 when absent. */
  readonly costPerCall?: number | undefined;
  /** Time for one call; 120 000 when absent. A call beyond it fails with `synthesis/timeout`, and the run continues. */
  readonly timeoutMs?: number | undefined;
  /** Anything thrown is a failed call, which is recorded and can be made again. */
  generate(request: Request, signal: AbortSignal): Promise<Answer | Refused> | Answer | Refused;
  /** Releases what was opened; waited for ten seconds. */
  dispose?(): Promise<void> | void;
}

interface GeneratorBase<Settings> extends Extension {
  readonly kind: "generator";
  /** Settings that hold paths, with dots between the parts; a plan states them relative to its folder. */
  readonly paths?: readonly string[] | undefined;
  /** Checks what the plan says beside `adapter`; throws with a sentence that names the field. Absent: there are no settings. */
  settings?(given: Json): Settings;
}

/** What a picture's generator answers: a whole PNG, JPEG or WebP. */
export type PictureAnswer = Uint8Array | { readonly bytes: Uint8Array; readonly details?: Json | undefined };
/** What a text's generator answers. */
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
 * Defines a generator, whose name users then write as the `adapter` of a synthesis plan.
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
