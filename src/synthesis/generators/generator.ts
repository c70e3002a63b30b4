// The small interfaces that generators implement: a picture from a text, a text from a picture, a text from a text.
// A generator's input never contains a relation label, so generated views cannot leak one. (The one generator that
// looks labels up is the simulator when it is asked to be an oracle.)
import { SynthesisError } from "../../base/errors.ts";
import type { TextSpan } from "../view.ts";

/** Request to a text-to-image generator. */
export interface PictureRequest {
  readonly prompt: string;
  /** Non-negative 32-bit integer; the same request with the same seed may be repeated after a crash. */
  readonly seed: number;
  /** Names of pictures that must not be returned (the instance's own); only retrieval uses it. */
  readonly exclude: readonly string[];
  /** The instance of the chain, for messages and records; the result follows from the other fields. */
  readonly instance: string;
  /** The chain's step that this call makes: 1 for the first picture of a text. */
  readonly step: number;
}

/** Request to an image-to-text generator. */
export interface TextRequest {
  readonly picture: ViewContent;
  /** Mentions that the text must contain, as written; empty if none are required. */
  readonly mentions: readonly string[];
  readonly seed: number;
  readonly instance: string;
  readonly step: number;
}

/** Request to a text-to-text generator: to write a text in other words. */
export interface RewriteRequest {
  readonly text: string;
  /** Where the mentions are in `text`; the new text must contain them as written. */
  readonly mentions: readonly TextSpan[];
  readonly seed: number;
  readonly instance: string;
  readonly step: number;
}

/** Bytes and their media type: "image/png", "text/plain;charset=utf-8", or CAPTIONED_PICTURE. */
export interface ViewContent {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * A picture of a collection without pixels: JSON `{"picture","caption"}`. The caption replaces the picture
 * (caption-as-vision).
 */
export const CAPTIONED_PICTURE = "application/vnd.relata.captioned-picture+json";
export const PLAIN_TEXT = "text/plain;charset=utf-8";

/** A generator's result. */
export interface Generated {
  readonly content: ViewContent;
  /** Where the mentions are in a generated text, in their order, if the generator knows. Absent: relata looks for them. */
  readonly mentions?: readonly TextSpan[];
  /** The server's details about the call, such as the revised prompt and the seed. Plain JSON, no secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What the call cost, if the generator knows better than its `costPerCall`, which is then the most that a call may cost. */
  readonly cost?: number;
}

/** Identity of a generator in the ledger; any change leads to new calls. */
export interface GeneratorIdentity {
  /** The adapter: "openai-images", "sd-webui", "retrieval" ... */
  readonly adapter: string;
  readonly model: string;
  /** Everything that affects the result: size, steps, guidance, instruction. No secrets or addresses. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Common to generators of pictures and of texts. */
export interface Generator {
  readonly identity: GeneratorIdentity;
  /** Maximum number of concurrent calls. */
  readonly concurrency: number;
  /** Price of a call in the user's unit; 0 if it is free. */
  readonly costPerCall: number;
  /** Releases connections, processes and networks. */
  dispose(): Promise<void>;
}

/** A generator of pictures from texts. */
export interface TextToImage extends Generator {
  /**
   * True if `exclude` affects the result (retrieval): an instance's pictures are then requested
   * sequentially.
   */
  readonly heedsExclude?: boolean;
  /** @throws GeneratorRefusal when the generator declines this request for good; SynthesisError for failures */
  picture(request: PictureRequest, signal: AbortSignal): Promise<Generated>;
}

/** A generator of texts from pictures. */
export interface ImageToText extends Generator {
  /** @throws GeneratorRefusal when the generator declines this request for good; SynthesisError for failures */
  text(request: TextRequest, signal: AbortSignal): Promise<Generated>;
}

/** A generator of texts from texts: the same post in other words. */
export interface TextToText extends Generator {
  /** @throws GeneratorRefusal when the generator declines this request for good; SynthesisError for failures */
  rewrite(request: RewriteRequest, signal: AbortSignal): Promise<Generated>;
}

/**
 * A permanent refusal: content policy, or nothing fits. Recorded as a rejection with its reason and never
 * repeated.
 */
export class GeneratorRefusal extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "GeneratorRefusal";
    this.reason = reason;
  }
}

/** A failure before the request was sent (no connection, no program): the call costs nothing. */
export class NotAskedError extends SynthesisError {}
