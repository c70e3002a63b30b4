// The two small interfaces that every generator implements: a picture from a text, a text from a picture.
// What a generator is given never holds a relation label: what is generated cannot leak one.
import { SynthesisError } from "../../base/errors.ts";

/** What is asked of a text-to-image generator. */
export interface PictureRequest {
  readonly prompt: string;
  /** Non-negative 32-bit integer; the same request with the same seed may be asked again after a crash. */
  readonly seed: number;
  /** Names of pictures that must not come back (the instance's own); only retrieval uses it. */
  readonly exclude: readonly string[];
  /** The instance that the chain began with, for generators that keep track of it (the simulator). */
  readonly instance: string;
  /** The chain's step that this call makes: 1 for the first picture of a text. */
  readonly step: number;
}

/** What is asked of an image-to-text generator. */
export interface TextRequest {
  readonly picture: ViewContent;
  /** Mentions that the text must hold, as they are written; empty when nothing is required. */
  readonly mentions: readonly string[];
  readonly seed: number;
  readonly instance: string;
  readonly step: number;
}

/** Bytes and what they are: "image/png", "text/plain;charset=utf-8", or CAPTIONED_PICTURE. */
export interface ViewContent {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * A picture of a collection of which only name and caption are known: JSON `{"picture","caption"}`. The caption stands for the
 * picture (caption-as-vision).
 */
export const CAPTIONED_PICTURE = "application/vnd.relata.captioned-picture+json";
export const PLAIN_TEXT = "text/plain;charset=utf-8";

/** What a generator made. */
export interface Generated {
  readonly content: ViewContent;
  /** What the server says about the call: the prompt it made of ours, the seed it used. Plain JSON, no secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What identifies a generator in the ledger; a change of any of it makes other calls. */
export interface GeneratorIdentity {
  /** The adapter: "openai-images", "sd-webui", "retrieval" ... */
  readonly adapter: string;
  readonly model: string;
  /** Everything that changes what comes out: size, steps, guidance, instruction. No secrets, no addresses. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What generators of pictures and of texts have in common. */
export interface Generator {
  readonly identity: GeneratorIdentity;
  /** Most calls under way at once. */
  readonly concurrency: number;
  /** Price of a call in the unit the user states; 0 when it costs nothing but time. */
  readonly costPerCall: number;
  /** Releases connections, processes and networks. */
  dispose(): Promise<void>;
}

/** A generator of pictures from texts. */
export interface TextToImage extends Generator {
  /** True where `exclude` changes what comes back (retrieval): an instance's pictures are then asked for one after the other. */
  readonly heedsExclude?: boolean;
  /** @throws GeneratorRefusal when the generator declines this request for good; SynthesisError for failures */
  picture(request: PictureRequest, signal: AbortSignal): Promise<Generated>;
}

/** A generator of texts from pictures. */
export interface ImageToText extends Generator {
  /** @throws GeneratorRefusal when the generator declines this request for good; SynthesisError for failures */
  text(request: TextRequest, signal: AbortSignal): Promise<Generated>;
}

/** The generator's answer is no: content policy, nothing fits. Kept as a rejection with its reason, never tried again. */
export class GeneratorRefusal extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "GeneratorRefusal";
    this.reason = reason;
  }
}

/** A failure before anybody was asked (no connection, no program): the call costs nothing. */
export class NotAskedError extends SynthesisError {}
