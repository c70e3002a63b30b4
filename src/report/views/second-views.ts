// Real second views for comparison with generated ones: the pictures or the texts of documents whose views were never generated.

import { ConfigError } from "../../base/errors.ts";
import { readWholeFile } from "../../base/whole-file.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import { PictureFolder } from "../../data/pictures.ts";
import { readDocuments } from "../../data/readers.ts";
import type { Extensions } from "../../extensions/extension.ts";
import type { SecondViews } from "../../synthesis/measures/shift-rows.ts";

/** Documents with real pairs, and how to embed them. */
export interface RealPairs {
  /** File of documents, in any format. */
  readonly documents: string;
  readonly pictures: string | undefined;
  readonly extensions: Extensions | undefined;
  readonly embedTexts: (texts: readonly string[]) => Promise<readonly Float32Array[]>;
  readonly embedPicture: ((bytes: Uint8Array) => Promise<Float32Array | undefined>) | undefined;
}

/**
 * The modality that `direction` lacks: pictures for real texts, texts for real pictures.
 *
 * @throws ConfigError `config/no-pictures` where pictures are needed and no folder or no encoder is named; DataError of the documents
 */
export async function realSecondViews(
  direction: "text" | "picture",
  { documents: file, pictures, extensions, embedTexts, embedPicture }: RealPairs,
): Promise<SecondViews> {
  const { documents } = await readDocuments(file, { extensions });
  const clusters = documentClusters(documents).map(String);
  if (direction === "picture")
    return { space: "words", vectors: await embedTexts(documents.map(({ text }) => text)), clusters };
  if (pictures === undefined || embedPicture === undefined) throw withoutPictures(file);
  const folder = await PictureFolder.open(pictures);
  const vectors: Float32Array[] = [];
  const own: string[] = [];
  const seen = new Set<string>();
  for (const [i, { image }] of documents.entries()) {
    const found = folder.find(image);
    if (found.state !== "found" || seen.has(found.path)) continue;
    seen.add(found.path);
    const vector = await embedPicture(await readWholeFile(found.path));
    if (vector === undefined) continue;
    vectors.push(vector);
    own.push(clusters[i]!);
  }
  return { space: "pixels", vectors, clusters: own };
}

function withoutPictures(file: string): ConfigError {
  return new ConfigError({
    code: "config/no-pictures",
    message: `generated pictures are to be compared with the real ones of ${file}, but their folder or a picture encoder is not named`,
    place: "--real",
    value: file,
    remedy: "Name the folder with --pictures and an encoder with --picture-encoder or --clip.",
  });
}
