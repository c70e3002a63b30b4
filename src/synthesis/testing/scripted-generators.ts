// Generators for tests: what they give follows from the request alone, and they do what a test tells them at a call.
import sharp from "sharp";
import { SynthesisError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import {
  type Generated,
  GeneratorRefusal,
  type ImageToText,
  NotAskedError,
  type PictureRequest,
  PLAIN_TEXT,
  type TextRequest,
  type TextToImage,
} from "../generators/generator.ts";
import type { SourceInstance } from "../instance.ts";

/** What a generator does at a call in place of answering. */
export type Move = "answer" | "fail" | "unreached" | "refuse" | "black" | "broken" | "wrong-key";

export interface Scripted {
  /** Asked before every call, with the place of the call. */
  readonly move?: (at: { readonly instance: string; readonly step: number; readonly seed: number }) => Move;
  readonly costPerCall?: number;
  readonly concurrency?: number;
  readonly heedsExclude?: boolean;
}

/** Pictures of 4 x 4 plain fields whose colours follow from prompt and seed. */
export class ScriptedPictures implements TextToImage {
  readonly identity = { adapter: "scripted-pictures", model: "fields", settings: {} };
  readonly concurrency: number;
  readonly costPerCall: number;
  readonly heedsExclude: boolean;
  readonly requests: PictureRequest[] = [];
  readonly #script: Scripted;

  constructor(script: Scripted = {}) {
    this.#script = script;
    this.concurrency = script.concurrency ?? 4;
    this.costPerCall = script.costPerCall ?? 0;
    this.heedsExclude = script.heedsExclude ?? false;
  }

  async picture(request: PictureRequest, signal: AbortSignal): Promise<Generated> {
    signal.throwIfAborted();
    this.requests.push(request);
    const move = obey(this.#script, request);
    const isBlack = move === "black";
    const colours = Buffer.from(sha256(`${request.prompt} ${request.seed}`).repeat(2).slice(0, 96), "hex");
    const data = isBlack ? Buffer.alloc(48) : colours;
    const fields = sharp(data, { raw: { width: 4, height: 4, channels: 3 } });
    const whole = await fields.resize(32, 32, { kernel: "nearest" }).png().toBuffer();
    const bytes = move === "broken" ? whole.subarray(0, whole.length >> 1) : whole;
    return { content: { mediaType: "image/png", bytes }, details: { seed: request.seed } };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** Texts that name the mentions and a word that follows from picture and seed. */
export class ScriptedTexts implements ImageToText {
  readonly identity = { adapter: "scripted-texts", model: "words", settings: {} };
  readonly concurrency = 4;
  readonly costPerCall: number;
  readonly requests: TextRequest[] = [];
  readonly #script: Scripted;

  constructor(script: Scripted = {}) {
    this.#script = script;
    this.costPerCall = script.costPerCall ?? 0;
  }

  async text(request: TextRequest, signal: AbortSignal): Promise<Generated> {
    signal.throwIfAborted();
    this.requests.push(request);
    obey(this.#script, request);
    const word = sha256(`${sha256(request.picture.bytes)} ${request.seed}`).slice(0, 8);
    const text = `${request.mentions.join(" and ")} near ${word}`;
    return { content: { mediaType: PLAIN_TEXT, bytes: new TextEncoder().encode(text) } };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

function obey({ move }: Scripted, request: Parameters<NonNullable<Scripted["move"]>>[0]): Move {
  const asked = move?.(request) ?? "answer";
  if (asked === "refuse") throw new GeneratorRefusal("policy", "not this one");
  const message = `${asked} at step ${request.step} of ${request.instance}`;
  const remedy = "Ask again.";
  if (asked === "fail")
    throw new SynthesisError({ code: "synthesis/timeout", message, remedy, fault: "work" });
  if (asked === "unreached")
    throw new NotAskedError({ code: "synthesis/unreachable", message, remedy, fault: "work" });
  if (asked === "wrong-key") throw new SynthesisError({ code: "synthesis/not-authorised", message, remedy });
  return asked;
}

/** Instances with a real text each. */
export function textSources(count: number): () => AsyncGenerator<SourceInstance> {
  return async function* instances() {
    for (let i = 0; i < count; i++) {
      const bytes = new TextEncoder().encode(`Ada met Bo at place ${i}`);
      yield {
        id: `post-${i}`,
        real: () => Promise.resolve({ mediaType: PLAIN_TEXT, bytes }),
        fingerprint: sha256(bytes),
        mentions: ["Ada", "Bo"],
        exclude: [`own-${i}.jpg`],
      };
    }
  };
}
