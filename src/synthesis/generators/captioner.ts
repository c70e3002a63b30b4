// Generates captions locally with transformers.js, an optional package, from a folder in its layout or a
// hub id.

import { readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { ErrorCode } from "../../base/codes/error-code.ts";
import { EncoderError, SynthesisError } from "../../base/errors.ts";
import { combinedFingerprint, fileFingerprint } from "../../encoders/onnx-file.ts";
import { decodePicture } from "../../encoders/pictures/decode.ts";
import type { RgbPicture } from "../../encoders/pictures/rgb-picture.ts";
import { type CaptionerModel, CaptionerProcess, type Outcome } from "./captioner-process.ts";
import { checkedText, pixelsOf } from "./checked-content.ts";
import { discreetTexts } from "./discreet.ts";
import {
  type Generated,
  GeneratorRefusal,
  type ImageToText,
  type TextRequest,
  type ViewContent,
} from "./generator.ts";
import { callSettings } from "./http-settings.ts";
import { mentionTemplateSetting, withMentions } from "./mentions.ts";
import { type Environment, Secrets, secretsOf } from "./secrets.ts";

const ADAPTER = "captioner";
const LIBRARY = "@huggingface/transformers";
const HUB_ID = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;
/** Required files of a captioner's folder, in addition to its networks. */
const FILES = ["config.json", "tokenizer.json", "preprocessor_config.json"] as const;

export const schema = z.strictObject({
  adapter: z.literal(ADAPTER),
  model: z
    .string()
    .min(1)
    .describe("Folder in the transformers.js layout (networks in onnx/), or a hub id, which is downloaded."),
  ...callSettings,
  revision: z.string().min(1).default("main").describe("Branch, tag or commit of a hub id."),
  cache: z.string().min(1).optional().describe("Folder for downloads; absent: ~/.cache/relata/transformers."),
  dtype: z
    .enum(["fp32", "fp16", "q8", "int8", "uint8", "q4", "q4f16", "bnb4"])
    .default("fp32")
    .describe("Which of the exported weights to use."),
  device: z.enum(["cpu", "webgpu", "cuda"]).default("cpu").describe("Device on which the networks run."),
  maxTokens: z.int().positive().max(1000).default(50).describe("Maximum length of a caption, in tokens."),
  temperature: z
    .number()
    .min(0)
    .default(1)
    .describe(
      "Sampling temperature; 0: always the most likely token, so that all chains get the same caption.",
    ),
  topK: z.int().min(0).default(50).describe("Number of most likely tokens to sample from; 0: all."),
  mentionTemplate: mentionTemplateSetting,
});

type CaptionerSettings = z.output<typeof schema>;

export interface CaptionerOptions {
  /**
   * Files or folders to resolve the library from, in this order; default: relata's location, then the
   * current folder.
   */
  readonly libraryFrom?: readonly string[] | undefined;
}

/**
 * Finds the library and the model; the model is loaded, and downloaded, at the first caption.
 *
 * @throws SynthesisError `synthesis/no-transformers-js`, `synthesis/bad-captioner`
 */
export async function openCaptioner(
  settings: CaptionerSettings,
  environment: Environment,
  options: CaptionerOptions = {},
): Promise<ImageToText> {
  const library = locateLibrary(
    options.libraryFrom ?? [import.meta.url, join(process.cwd(), "package.json")],
  );
  const folder = resolve(settings.model);
  const isFolder = await exists(folder);
  if (!isFolder && !HUB_ID.test(settings.model)) {
    throw badCaptioner(settings.model, "it is neither a folder nor a hub id owner/name");
  }
  const model: CaptionerModel = {
    library,
    model: isFolder ? folder : settings.model,
    remote: !isFolder,
    revision: settings.revision,
    cacheFolder: isFolder
      ? undefined
      : (settings.cache ?? join(homedir(), ".cache", "relata", "transformers")),
    dtype: settings.dtype,
    device: settings.device,
  };
  const name = isFolder
    ? `captioner:${(await folderFingerprint(folder)).slice(0, 16)}` // the files, wherever they lie
    : `${settings.model}@${settings.revision}`;
  const captioner = new TransformersCaptioner(settings, environment, model, name);
  return discreetTexts(captioner, new Secrets(secretsOf(environment))); // the process sees the environment, a hub's token in it
}

class TransformersCaptioner implements ImageToText {
  readonly identity: ImageToText["identity"];
  /** The process answers one call at a time, with all cores. */
  readonly concurrency = 1;
  readonly costPerCall: number;
  readonly #settings: CaptionerSettings;
  readonly #environment: Environment;
  readonly #model: CaptionerModel;
  #process: CaptionerProcess | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(settings: CaptionerSettings, environment: Environment, model: CaptionerModel, name: string) {
    this.#settings = settings;
    this.#environment = environment;
    this.#model = model;
    this.costPerCall = settings.costPerCall;
    const { dtype, device, maxTokens, temperature, topK, mentionTemplate } = settings;
    this.identity = {
      adapter: ADAPTER,
      model: name,
      settings: { dtype, device, maxTokens, temperature, topK, mentionTemplate: mentionTemplate ?? null },
    };
  }

  async text({ picture, mentions, seed }: TextRequest, signal: AbortSignal): Promise<Generated> {
    const { width, height, data } = await this.#pixelsOf(picture);
    const { maxTokens, temperature, topK, mentionTemplate } = this.#settings;
    const sampling = temperature === 0 ? {} : { temperature, top_k: topK };
    const generation = { max_new_tokens: maxTokens, do_sample: temperature > 0, ...sampling };
    const caption = await this.#inTurn(async () => {
      const running = await this.#running(signal);
      const outcome = await running.caption({ width, height, data, seed, generation }, signal);
      return this.#textOf(outcome, "synthesis/captioner-failed", "could not caption a picture");
    });
    if (caption.trim() === "") throw new GeneratorRefusal("empty-text", `${ADAPTER}: the caption is empty`);
    const text = withMentions(mentionTemplate, caption.trim(), mentions);
    return { content: checkedText(text, ADAPTER), details: { caption: caption.trim() } };
  }

  /** An unreadable picture is a refusal: the same bytes would fail again. */
  async #pixelsOf(picture: ViewContent): Promise<RgbPicture> {
    try {
      return await decodePicture(pixelsOf(picture, ADAPTER).bytes);
    } catch (error) {
      if (error instanceof EncoderError) throw new GeneratorRefusal("unreadable-picture", error.message);
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await this.#process?.dispose();
    this.#process = undefined;
  }

  /** A process whose model is loaded; a new one when the last was ended. */
  async #running(signal: AbortSignal): Promise<CaptionerProcess> {
    if (this.#process?.hasEnded === false) return this.#process;
    const started = new CaptionerProcess(this.#environment);
    this.#process = started;
    try {
      const outcome = await started.load(this.#model, signal);
      this.#textOf(outcome, "synthesis/bad-captioner", "could not load it");
      return started;
    } catch (error) {
      await started.dispose();
      throw error;
    }
  }

  #textOf(outcome: Outcome, code: ErrorCode, what: string): string {
    switch (outcome.state) {
      case "done":
        return outcome.text;
      case "failed":
        throw new SynthesisError({
          code,
          message: `captioner: ${this.#model.model}: ${LIBRARY} ${what} (${outcome.problem})`,
          place: this.#model.model,
          remedy: LOADING_REMEDY,
          fault: code === "synthesis/bad-captioner" ? "input" : "work",
        });
      case "ended":
        throw new SynthesisError({
          code: "synthesis/captioner-ended",
          message: `captioner: ${this.#model.model}: the process of ${LIBRARY} ${outcome.how}`,
          place: this.#model.model,
          remedy: "This can happen if there is too little memory: use a smaller model or dtype, then resume.",
          fault: "work",
        });
      default:
        return outcome satisfies never;
    }
  }

  /** Calls are sequential: the library's random numbers are shared. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined); // the caller sees the error; the next call has its own
    return mine;
  }
}

const LOADING_REMEDY =
  "Give a captioner in the transformers.js layout: config.json, tokenizer.json, preprocessor_config.json and, in onnx/, " +
  "encoder_model and decoder_model_merged of the chosen dtype; for example Xenova/vit-gpt2-image-captioning.";

function locateLibrary(places: readonly string[]): string {
  for (const place of places) {
    try {
      return createRequire(place).resolve(LIBRARY);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw cause;
    }
  }
  throw new SynthesisError({
    code: "synthesis/no-transformers-js",
    message: `captioner: the package ${LIBRARY} is not installed`,
    place: LIBRARY,
    remedy: `Run \`npm install ${LIBRARY}\` (about 170 MB), or use another adapter.`,
  });
}

async function folderFingerprint(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();
  const missing = FILES.find((file) => !names.includes(file));
  if (missing !== undefined) throw badCaptioner(folder, `it has no ${missing}`);
  const parts: unknown[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if ((await stat(path)).isFile()) parts.push([name, await fileFingerprint(path)]);
  }
  return combinedFingerprint(parts);
}

async function exists(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw cause;
  }
}

function badCaptioner(place: string, problem: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/bad-captioner",
    message: `captioner: ${place}: ${problem}`,
    place,
    remedy: LOADING_REMEDY,
  });
}
