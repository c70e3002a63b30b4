// Turns users' generators into adapters: the extension checks its settings, relata checks every answer, and
// every call has a time limit.
import { ConfigError, SynthesisError } from "../base/errors.ts";
import { type Extensions, requireOwnNames } from "../extensions/extension.ts";
import { badAnswer, call, callNow, nameOf } from "../extensions/guarded.ts";
import { checkedPicture, checkedText, pixelsOf } from "../synthesis/generators/checked-content.ts";
import { withDeadline } from "../synthesis/generators/deadline.ts";
import {
  type Generated,
  GeneratorRefusal,
  type ImageToText,
  type PictureRequest,
  type TextRequest,
  type TextToImage,
} from "../synthesis/generators/generator.ts";
import { type AdapterEntry, type GeneratorAdapters, joinAdapters } from "./adapters.ts";
import type { OpenedGenerator, PictureGenerator, TextGenerator } from "./generator-contract.ts";

const DEFAULT_TIMEOUT_MS = 120_000; // as for a request to a server
const DISPOSE_TIMEOUT_MS = 10_000;
const MAX_PIXELS = 16_777_216; // 4096 x 4096, as for every adapter

type Fields = Readonly<Record<string, unknown>>;
type Registered = PictureGenerator | TextGenerator;
type Opened = OpenedGenerator<never, unknown>;

/** The table with the registered generators in it. @throws ExtensionError `extension/name-taken` */
export function withRegistered(adapters: GeneratorAdapters, extensions: Extensions): GeneratorAdapters {
  const all = extensions.of<Registered>("generator");
  if (all.length === 0) return adapters;
  requireOwnNames(
    all,
    Object.values(adapters).flatMap((entries) => Object.keys(entries)),
  );
  const textToImage: Record<string, AdapterEntry<TextToImage>> = {};
  const imageToText: Record<string, AdapterEntry<ImageToText>> = {};
  for (const generator of all) {
    if (generator.makes === "picture") textToImage[generator.name] = entryOf(generator, toPictures);
    else if (generator.makes === "text") imageToText[generator.name] = entryOf(generator, toTexts);
    else throw badAnswer(generator, "when it was registered", '"makes" must be "picture" or "text"');
  }
  return joinAdapters(adapters, { textToImage, imageToText, textToText: {} });
}

function entryOf<Extension extends Registered, Generator>(
  extension: Extension,
  create: (extension: Extension, opened: Opened, settings: Fields) => Generator,
): AdapterEntry<Generator> {
  return {
    paths: (extension.paths ?? []).map((path) => ({ path: path.split(".") })),
    load: async () => ({
      read(given, place) {
        const settings = settingsOf(extension, given, place);
        return async (environment) => {
          const { variables, signal } = environment;
          const open = () => extension.open(settings, { variables, signal });
          const opened = await call<unknown>(extension, "when it was opened", open, signal);
          return create(extension, checkedOpened(extension, opened), settings);
        };
      },
    }),
  };
}

/**
 * The plan's settings other than the adapter's name, as the generator returns them. @throws ConfigError
 * `config/invalid`
 */
function settingsOf(extension: Registered, given: unknown, place: string): Fields {
  const { adapter: _, ...fields } = given as Fields; // the plan's schema has checked that it is an object
  const [unknown] = extension.settings === undefined ? Object.keys(fields) : [];
  const fault = (message: string, cause?: unknown) =>
    new ConfigError({
      code: "config/invalid",
      message: `${place}: ${nameOf(extension)} refuses its settings (${message})`,
      place,
      value: fields,
      remedy: "Fix the settings as the generator asks.",
      cause,
    });
  if (unknown !== undefined) throw fault(`it has none, and "${unknown}" is given`);
  if (extension.settings === undefined) return {};
  try {
    return extension.settings(fields);
  } catch (cause) {
    throw fault(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function checkedOpened(extension: Registered, value: unknown): Opened {
  const fault = (what: string) => badAnswer(extension, "when it was opened", what, value);
  if (typeof value !== "object" || value === null) throw fault("open gave no generator");
  const { model, generate, dispose, ...more } = value as Partial<Record<keyof Opened, unknown>>;
  const { concurrency = 1, costPerCall = 0, timeoutMs = DEFAULT_TIMEOUT_MS, identity } = more;
  if (typeof model !== "string" || model === "") throw fault('"model" must be a text that is not empty');
  if (typeof generate !== "function") throw fault('"generate" must be a function');
  if (dispose !== undefined && typeof dispose !== "function") throw fault('"dispose" must be a function');
  if (!isWithin(concurrency, 1, 256) || !Number.isInteger(concurrency))
    throw fault('"concurrency" must be an integer from 1 to 256');
  if (!isWithin(costPerCall, 0, Number.MAX_VALUE))
    throw fault('"costPerCall" must be a number of at least 0');
  if (!isWithin(timeoutMs, 1, 2 ** 31 - 1)) throw fault('"timeoutMs" must be a number of milliseconds');
  if (identity !== undefined && (typeof identity !== "object" || identity === null))
    throw fault('"identity" must be an object');
  return value as Opened; // every field was checked
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && value >= least && value <= most;
}

function toPictures(extension: Registered, opened: Opened, settings: Fields): TextToImage {
  return {
    ...commonOf(extension, opened, settings),
    async picture(request: PictureRequest, signal) {
      const answer = await ask(extension, opened, request, signal);
      const bytes = answer instanceof Uint8Array ? answer : fieldOf(answer, "bytes");
      if (!(bytes instanceof Uint8Array)) {
        throw badAnswer(extension, "generating", "the answer is neither bytes, { bytes } nor { refused }");
      }
      return generated(await checkedPicture(bytes, MAX_PIXELS, nameOf(extension)), answer, extension);
    },
  };
}

function toTexts(extension: Registered, opened: Opened, settings: Fields): ImageToText {
  return {
    ...commonOf(extension, opened, settings),
    async text(request: TextRequest, signal) {
      const picture = pixelsOf(request.picture, extension.name);
      const answer = await ask(extension, opened, { ...request, picture }, signal);
      const text = typeof answer === "string" ? answer : fieldOf(answer, "text");
      if (typeof text !== "string") {
        throw badAnswer(extension, "generating", "the answer is neither a text, { text } nor { refused }");
      }
      return generated(checkedText(text, nameOf(extension)), answer, extension);
    },
  };
}

function commonOf(extension: Registered, opened: Opened, settings: Fields) {
  const { model, identity = settings, concurrency = 1, costPerCall = 0 } = opened;
  return {
    identity: {
      adapter: extension.name,
      model,
      settings: { version: extension.version, ...plainJson(extension, "identity", identity) },
    },
    concurrency,
    costPerCall,
    async dispose() {
      const never = new AbortController().signal;
      const late = () => badAnswer(extension, "when it was closed", "dispose did not come to its end");
      await withDeadline(never, DISPOSE_TIMEOUT_MS, late, (signal) =>
        call(extension, "when it was closed", () => opened.dispose?.(), signal),
      );
    },
  };
}

/**
 * Makes one call within its time limit. @throws GeneratorRefusal; SynthesisError `synthesis/timeout`;
 * ExtensionError `extension/failed`
 */
async function ask(
  extension: Registered,
  opened: Opened,
  request: PictureRequest | TextRequest,
  signal: AbortSignal,
): Promise<unknown> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = opened;
  const late = () =>
    new SynthesisError({
      code: "synthesis/timeout",
      message: `${nameOf(extension)} did not answer within ${timeoutMs} ms`,
      place: extension.name,
      remedy: "Raise timeoutMs where the generator is opened, or find out what it waits for.",
      fault: "work",
    });
  const answer = await withDeadline(signal, timeoutMs, late, (limited) =>
    call<unknown>(extension, "generating", () => opened.generate(request as never, limited), limited),
  );
  const refused = fieldOf(answer, "refused");
  if (refused === undefined) return answer;
  if (typeof refused !== "string" || refused === "") {
    throw badAnswer(extension, "generating", '"refused" must be the reason, a text that is not empty');
  }
  throw new GeneratorRefusal(refused, `${nameOf(extension)} declines: ${refused}`);
}

function generated(content: Generated["content"], answer: unknown, extension: Registered): Generated {
  const details = fieldOf(answer, "details");
  return details === undefined ? { content } : { content, details: plainJson(extension, "details", details) };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Fields)[name] : undefined;
}

/**
 * The details for the ledger. @throws ExtensionError `extension/bad-answer` if they are not an object of
 * plain JSON
 */
function plainJson(extension: Registered, name: string, value: unknown): Fields {
  const fault = () => badAnswer(extension, "generating", `"${name}" must be an object of plain JSON`);
  const copy = callNow(extension, `giving "${name}"`, () => JSON.parse(JSON.stringify(value) ?? "null"));
  if (typeof copy !== "object" || copy === null || Array.isArray(copy)) throw fault();
  return copy;
}
