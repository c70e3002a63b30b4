// The text encoder of a run: its folder, config, tokenizer, marker ids and weights.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseTextConfig, type TextEncoderConfig } from "../../encoders/text-config.ts";
import {
  type EntityMarkers,
  entityMarkers,
  loadTokenizer,
  type TextTokenizer,
} from "../../encoders/tokenizing/index.ts";
import { EncoderError } from "../../errors.ts";

/** Files that make up a tokenizer; those that exist are kept with a trained model. */
const TOKENIZER_FILES = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
] as const;

/** An encoder's folder without its weights. */
export interface TextEncoderFolder {
  readonly folder: string;
  /** config.json as it is, for model folders. */
  readonly configJson: unknown;
  readonly config: TextEncoderConfig;
  readonly tokenizer: TextTokenizer;
  readonly markers: EntityMarkers;
}

/**
 * Reads config.json and the tokenizer of a folder.
 *
 * @throws EncoderError `encoder/no-config`, `encoder/not-json`, `encoder/unsupported-config`, `encoder/no-tokenizer`
 */
export async function openTextEncoder(folder: string): Promise<TextEncoderFolder> {
  const configJson = await readConfigJson(folder);
  const config = parseTextConfig(configJson, join(folder, "config.json"));
  const tokenizer = await loadTokenizer(folder);
  const markers = entityMarkers(tokenizer, { embeddingRows: config.vocabSize });
  return { folder, configJson, config, tokenizer, markers };
}

/**
 * The parsed config.json of a folder.
 *
 * @throws EncoderError `encoder/no-config`, `encoder/not-json`
 */
export async function readConfigJson(folder: string): Promise<unknown> {
  const path = join(folder, "config.json");
  if (!existsSync(path)) {
    throw new EncoderError({
      code: "encoder/no-config",
      message: `openTextEncoder: there is no config.json in ${folder}`,
      place: path,
      remedy: "Name a folder in the Hugging Face layout: config.json, model.safetensors and a tokenizer.",
    });
  }
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new EncoderError({
      code: "encoder/not-json",
      message: `openTextEncoder: ${path} is not JSON (${(cause as Error).message})`,
      place: path,
      remedy: "Get the file again.",
      cause,
    });
  }
}

/** The tokenizer's files by name, to be kept beside trained weights. */
export async function tokenizerFiles(folder: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const name of TOKENIZER_FILES) {
    if (existsSync(join(folder, name))) files[name] = await readFile(join(folder, name));
  }
  return files;
}

/** sha256 over the text's UTF-8 bytes, shortened to 16 hexadecimal digits: names what was computed from what. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
