// Wraps a generator and removes secrets from every field of its answers, refusals and errors. Adapters
// remove their key from quotes before shortening them; this wrapper covers content decoded later and
// anything they miss.
import { Buffer } from "node:buffer";
import { RelataError, SynthesisError } from "../../base/errors.ts";
import {
  type Generated,
  type Generator,
  GeneratorRefusal,
  type ImageToText,
  NotAskedError,
  PLAIN_TEXT,
  type TextToImage,
  type TextToText,
} from "./generator.ts";
import type { Secrets } from "./secrets.ts";

/** A generator of pictures that keeps secrets to itself. */
export function discreetPictures(generator: TextToImage, secrets: Secrets): TextToImage {
  return { ...commonOf(generator), picture: (...call) => discreet(generator.picture(...call), secrets) };
}

/** A generator of texts that keeps secrets to itself. */
export function discreetTexts(generator: ImageToText, secrets: Secrets): ImageToText {
  return { ...commonOf(generator), text: (...call) => discreet(generator.text(...call), secrets) };
}

/** A generator of texts from texts that keeps secrets to itself. */
export function discreetRewriting(generator: TextToText, secrets: Secrets): TextToText {
  return { ...commonOf(generator), rewrite: (...call) => discreet(generator.rewrite(...call), secrets) };
}

function commonOf(generator: Generator) {
  const { identity, concurrency, costPerCall } = generator;
  return { identity, concurrency, costPerCall, dispose: () => generator.dispose() };
}

async function discreet(call: Promise<Generated>, secrets: Secrets): Promise<Generated> {
  try {
    const { content, details, mentions, cost } = await call;
    return {
      ...(cost === undefined ? {} : { cost }),
      ...(mentions === undefined ? {} : { mentions }), // checked against the text, so they cannot be wrong
      content:
        content.mediaType === PLAIN_TEXT ? { ...content, bytes: clean(content.bytes, secrets) } : content,
      ...(details === undefined ? {} : { details: secrets.redactJson(details) as Record<string, unknown> }),
    };
  } catch (error) {
    throw cleanError(error, secrets);
  }
}

function clean(bytes: Uint8Array, secrets: Secrets): Uint8Array {
  const text = Buffer.from(bytes).toString("utf8");
  const cleaned = secrets.redact(text);
  return cleaned === text ? bytes : Buffer.from(cleaned, "utf8");
}

/** The error itself where it holds no secret; else one that says the same without it, and without its causes. */
function cleanError(error: unknown, secrets: Secrets): unknown {
  if (!(error instanceof Error) || !holdsSecret(error, secrets)) return error;
  const message = secrets.redact(error.message);
  if (error instanceof GeneratorRefusal) return new GeneratorRefusal(secrets.redact(error.reason), message);
  if (!(error instanceof RelataError)) return new Error(message);
  const { code, place, remedy, value, fault } = error;
  const Kind = error instanceof NotAskedError ? NotAskedError : SynthesisError;
  return new Kind({
    ...{ code, message, remedy: secrets.redact(remedy), fault },
    place: place === undefined ? undefined : secrets.redact(place),
    value: secrets.redactJson(value),
  });
}

function holdsSecret(error: Error, secrets: Secrets): boolean {
  const { message, stack = "", cause } = error;
  const { place, remedy, value, reason } = error as Partial<RelataError & GeneratorRefusal>;
  const said = [message, stack, place, remedy, reason, JSON.stringify(value)];
  if (said.some((text) => text !== undefined && secrets.redact(text) !== text)) return true;
  return cause instanceof Error ? holdsSecret(cause, secrets) : false;
}
