// The quickstart's first stage: prepares an empty folder, the embedded corpus in it, and two small untrained encoders.
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { DataError } from "../../base/errors.ts";
import { drawWorld } from "../../world/generate.ts";
import { writeTinyBert, writeTinyResnet } from "../../world/tiny-encoders.ts";
import { readWorldTruth, type WorldTruth } from "../../world/truth.ts";
import { worldVocabulary } from "../../world/vocabulary.ts";
import { type WorldFiles, writeWorld } from "../../world/write.ts";
import type { Effort, Layout } from "./settings.ts";

export interface Corpus {
  readonly files: WorldFiles;
  /** Facts about the posts by construction; no model reads them. */
  readonly truth: WorldTruth;
}

export interface CorpusOptions {
  readonly layout: Layout;
  readonly effort: Effort;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Draws the corpus and the encoders' initial weights; the same seed and effort give the same bytes. */
export async function makeCorpus({
  layout,
  effort,
  seed,
  signal,
  onProgress,
}: CorpusOptions): Promise<Corpus> {
  const { train, validation, test } = effort;
  const options = { seed, train, validation, test };
  const files = await writeWorld(layout.corpus, {
    ...options,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  await writeTinyBert(layout.textEncoder, worldVocabulary(drawWorld(options)), seed);
  await writeTinyResnet(layout.pictureEncoder, seed);
  const { truth } = await readWorldTruth(layout.corpus);
  return { files, truth };
}

/**
 * Empties the folder of a quickstart; replaces an earlier quickstart, recognised by its corpus.
 *
 * @throws DataError `quickstart/folder-in-use` for a folder with other contents
 */
export async function clearFolder(folder: string, { corpus }: Layout): Promise<void> {
  if (existsSync(corpus)) await rm(folder, { recursive: true });
  else if (existsSync(folder)) {
    throw new DataError({
      code: "quickstart/folder-in-use",
      message: "the folder exists but does not contain an earlier quickstart",
      place: folder,
      remedy: "Name another folder, or remove this one.",
    });
  }
  await mkdir(corpus, { recursive: true });
}
