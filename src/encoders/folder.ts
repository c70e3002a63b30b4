// Finds an encoder by folder path or hub id, and lists its files.

import { isAbsolute, join, resolve } from "node:path";
import { EncoderError } from "../base/errors.ts";
import { CONFIG_FILE } from "./file-names.ts";
import { chooseFiles, type EncoderFiles, type FileWishes } from "./folder-files.ts";
import { isFolder, regularFiles, subfoldersWith } from "./folder-list.ts";
import type { HubOptions } from "./hub-download.ts";
import { fullHubId } from "./hub-names.ts";
import { readJsonFile } from "./json-file.ts";
import { isMissingPart } from "./missing-part.ts";
import { describeChoice } from "./weight-files.ts";

/** `parts` are `["weights"]` by default. */
export interface ResolveEncoderOptions extends HubOptions, Partial<FileWishes> {}

/** An encoder's folder on this machine. */
export interface EncoderFolder {
  /** Absolute path. */
  readonly folder: string;
  /** Content of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly files: EncoderFiles;
  /** Notes for the user about how its files were chosen, one sentence each. */
  readonly notes: readonly string[];
  /** The commit, when it came from a hub. */
  readonly commit: string | undefined;
}

const HUB_ID = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/**
 * Resolves `reference`: an existing folder, or a hub id: `owner/name`, or the name alone of a model that everybody
 * knows by it, such as `bert-base-uncased`, which a note says. A model with all needed files in the
 * cache is used without network requests; otherwise the missing files are downloaded into the cache.
 *
 * @throws EncoderError `encoder/no-such-folder`, `encoder/no-config`, `encoder/no-weights`, `encoder/ambiguous-weights`, `encoder/no-tokenizer`,
 * `encoder/no-preprocessor`, `encoder/unsupported-config` (known not to be an encoder), `encoder/not-json`, `encoder/unreadable-file`, `encoder/bad-revision`, `encoder/not-cached` (offline), and the codes of
 * `downloadSnapshot`.
 * @example
 * const encoder = await resolveEncoder("FacebookAI/roberta-base", { parts: ["weights", "tokenizer"] });
 * const tokenizer = await loadTokenizer(encoder.folder);
 */
export async function resolveEncoder(
  reference: string,
  options: ResolveEncoderOptions = {},
): Promise<EncoderFolder> {
  const wishes: FileWishes = { ...options, parts: options.parts ?? ["weights"] };
  const path = resolve(reference);
  if (await isFolder(path)) return openFolder(path, await localFiles(path, wishes), undefined);
  const id = fullHubId(reference);
  if (id !== undefined) {
    const encoder = await resolveHubId(id, wishes, options);
    return { ...encoder, notes: [`note: ${reference} is ${id} on the hub`, ...encoder.notes] };
  }
  const looksLikePath = isAbsolute(reference) || /^[.~]/.test(reference) || reference.includes("\\");
  if (looksLikePath || !HUB_ID.test(reference) || reference.includes("..")) {
    throw new EncoderError({
      code: "encoder/no-such-folder",
      message: `${JSON.stringify(reference)} is neither a folder nor a hub id owner/name`,
      place: path,
      value: reference,
      remedy:
        "Pass the path of a folder with config.json, or the full hub id (answerdotai/ModernBERT-base, not ModernBERT-base).",
    });
  }
  return resolveHubId(reference, wishes, options);
}

async function resolveHubId(id: string, wishes: FileWishes, options: HubOptions): Promise<EncoderFolder> {
  const revision = options.revision ?? "main";
  if (!/^[\w][\w./-]*$/.test(revision) || revision.includes("..")) {
    throw new EncoderError({
      code: "encoder/bad-revision",
      message: `${JSON.stringify(revision)} is not a branch, tag or commit`,
      value: revision,
      remedy: 'Give a branch such as "main", a tag, or a commit of 40 hexadecimal digits.',
    });
  }
  const { cachedSnapshot, downloadSnapshot } = await import("./hub-download.ts"); // a folder needs no network
  const cached = await cachedSnapshot(id, options);
  let gap: unknown;
  if (cached !== undefined && (await isFolder(cached))) {
    try {
      return await openFolder(cached, await localFiles(cached, wishes), commitOf(cached));
    } catch (error) {
      if (!isMissingPart(error)) throw error;
      gap = error; // an incomplete snapshot; the rest is downloaded
    }
  }
  if (options.offline === true) {
    throw new EncoderError({
      code: "encoder/not-cached",
      message: `${id} (${revision}) is not completely cached, and downloads are disabled`,
      place: id,
      value: id,
      cause: gap,
      remedy: "Run once with network access, or pass the path of the model's folder.",
    });
  }
  const { folder, files } = await downloadSnapshot(id, wishes, options);
  return openFolder(folder, files, commitOf(folder));
}

async function openFolder(
  folder: string,
  files: EncoderFiles,
  commit: string | undefined,
): Promise<EncoderFolder> {
  const config = await readJsonFile(join(folder, CONFIG_FILE));
  const note = describeChoice(files.weights, files.weightIndex);
  return { folder, config, files, notes: note === undefined ? [] : [`note: ${folder}: ${note}`], commit };
}

async function localFiles(folder: string, wishes: FileWishes): Promise<EncoderFiles> {
  try {
    return await chooseFiles(await regularFiles(folder), wishes, folder, (name) =>
      Promise.resolve(join(folder, name)),
    );
  } catch (error) {
    throw await namingSubfolders(error, folder);
  }
}

const MAX_SUBFOLDERS_NAMED = 5;

/** An `encoder/no-config` that names the models inside the folder: a run's checkpoints, the snapshots of a hub's cache. */
async function namingSubfolders(error: unknown, folder: string): Promise<unknown> {
  if (!(error instanceof EncoderError) || error.code !== "encoder/no-config") return error;
  const inside = await subfoldersWith(folder, CONFIG_FILE);
  if (inside.length === 0) return error;
  const named = inside.slice(0, MAX_SUBFOLDERS_NAMED).map((name) => join(folder, name));
  const more = inside.length > named.length ? ` and ${inside.length - named.length} more` : "";
  const { code, message, place, value } = error;
  const remedy = `Folders inside it have one: pass ${named.join(" or ")}${more}.`;
  return new EncoderError({ code, message, place, value, remedy });
}

/** A snapshot's folder is named after its commit. */
function commitOf(snapshot: string): string {
  return snapshot.split(/[\\/]/).at(-1) ?? "";
}
