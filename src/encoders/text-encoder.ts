// The text encoder of a run: its folder, config, tokenizer, marker ids and weights.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readWholeFile } from "../base/whole-file.ts";
import { Extensions } from "../extensions/extension.ts";
import { resolveEncoder } from "./folder.ts";
import type { HubOptions } from "./hub-download.ts";
import { neededByTextWith } from "./needed-weights.ts";
import { withStamp } from "./text/registered.ts";
import { parseTextConfig } from "./text/table.ts";
import type { TextEncoderConfig } from "./text-config.ts";
import { tokenizerNotes } from "./tokenizer-notes.ts";
import { loadTokenizer } from "./tokenizing/load-tokenizer.ts";
import { type EntityMarkers, entityMarkers } from "./tokenizing/markers.ts";
import type { TextTokenizer } from "./tokenizing/tokenizer.ts";
import { TOKENIZER_FILES } from "./tokenizing/tokenizer-files.ts";

/** An encoder's folder without its weights. */
export interface TextEncoderFolder {
  readonly folder: string;
  /** config.json for model folders: unchanged, plus name and version of a registered family. */
  readonly configJson: unknown;
  readonly config: TextEncoderConfig;
  readonly tokenizer: TextTokenizer;
  readonly markers: EntityMarkers;
  /** Notes for the user about its files, one sentence each. */
  readonly notes: readonly string[];
}

/** How to report and stop a hub download, and the registered encoders. */
export interface EncoderDownload extends Pick<HubOptions, "signal" | "onDownload"> {
  /** Their encoders can be named. */
  readonly extensions?: Extensions | undefined;
}

/**
 * Opens an encoder: a folder in the Hugging Face layout, or a hub id, which is downloaded only once.
 *
 * @throws EncoderError the codes of `resolveEncoder`, `encoder/unsupported-config`, `encoder/no-tokenizer`
 */
export async function openTextEncoder(
  reference: string,
  options: EncoderDownload = {},
): Promise<TextEncoderFolder> {
  const { extensions = Extensions.NONE } = options;
  const {
    folder,
    config: configJson,
    notes,
  } = await resolveEncoder(reference, {
    ...options,
    parts: ["weights", "tokenizer"],
    neededWeights: neededByTextWith(extensions),
    checkConfig: (json, place) => parseTextConfig(json, place, extensions),
  });
  const config = parseTextConfig(configJson, join(folder, "config.json"), extensions);
  const tokenizer = await loadTokenizer(folder);
  const markers = entityMarkers(tokenizer, { embeddingRows: config.vocabSize });
  const allNotes = [...notes, ...tokenizerNotes(config, tokenizer, folder)];
  return { folder, configJson: withStamp(configJson, config), config, tokenizer, markers, notes: allNotes };
}

/** The tokenizer's existing files, by name, to save with trained weights. */
export async function tokenizerFiles(folder: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const name of TOKENIZER_FILES) {
    if (existsSync(join(folder, name))) files[name] = await readWholeFile(join(folder, name));
  }
  return files;
}
