// What is asked about each document: its conversation with examples, and its picture if there is a readable one.
import { sha256 } from "../base/sha256.ts";
import type { Document } from "../data/document.ts";
import { PictureFolder } from "../data/pictures.ts";
import { readPictureFile } from "../encoders/pictures/decode.ts";
import { isPictureFault } from "../encoders/pictures/limits.ts";
import { unreadablePicture } from "../synthesis/checks.ts";
import type { ExampleChoice } from "./examples.ts";
import { ExamplePool } from "./examples.ts";
import { type Question, turnsFor } from "./prompt.ts";
import type { AnnotationSchema } from "./schema.ts";

/** Labelled documents to show to the model. */
export interface ShownExamples {
  readonly documents: readonly Document[];
  /** How many are shown with each post; default 4. */
  readonly shots?: number | undefined;
  /** Default "nearest". */
  readonly choice?: ExampleChoice | undefined;
}

/** A document and the question about it. */
export interface AskedDocument {
  readonly document: Document;
  readonly question: Question;
  /** The question as JSON: what the store keeps and what identifies it. */
  readonly text: string;
  readonly picturePath: string | undefined;
}

/** Pictures and examples that were not used. */
export interface QuestionAccount {
  readonly withPicture: number;
  /** Documents that name a picture, and are asked about without it: its file is missing. */
  readonly missingPictures: number;
  /** The same, because the file is not a readable picture. */
  readonly brokenPictures: number;
  /** The same, because no folder of pictures was named. */
  readonly unsoughtPictures: number;
  readonly examples: number;
  readonly unusableExamples: number;
}

/** Makes the questions, in the order of the documents. */
export async function questionsAbout(
  documents: readonly Document[],
  options: {
    readonly schema: AnnotationSchema;
    readonly examples?: ShownExamples | undefined;
    readonly pictures?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((done: number) => void) | undefined;
  },
): Promise<{ readonly asked: readonly AskedDocument[]; readonly account: QuestionAccount }> {
  const { schema, examples, pictures, signal, onProgress } = options;
  const folder = pictures === undefined ? undefined : await PictureFolder.open(pictures);
  const pool = examples && new ExamplePool(examples.documents, schema, examples.choice ?? "nearest");
  const shots = examples?.shots ?? 4;
  const counts = { withPicture: 0, missingPictures: 0, brokenPictures: 0, unsoughtPictures: 0 };
  const asked: AskedDocument[] = [];
  for (const document of documents) {
    signal?.throwIfAborted();
    const picture = await pictureOf(document, folder, counts);
    const shown = [
      ...schema.examples.filter(({ text }) => text !== document.text),
      ...(pool?.choose(document, shots) ?? []),
    ];
    const question: Question = {
      turns: turnsFor(document.text, schema, shown),
      picture: picture?.hash ?? null,
    };
    asked.push({ document, question, text: JSON.stringify(question), picturePath: picture?.path });
    onProgress?.(asked.length);
  }
  return {
    asked,
    account: { ...counts, examples: pool?.size ?? 0, unusableExamples: pool?.unusable ?? 0 },
  };
}

async function pictureOf(
  { image }: Document,
  folder: PictureFolder | undefined,
  counts: { withPicture: number; missingPictures: number; brokenPictures: number; unsoughtPictures: number },
): Promise<{ readonly path: string; readonly hash: string } | undefined> {
  if (image === undefined) return undefined;
  if (folder === undefined) {
    counts.unsoughtPictures++;
    return undefined;
  }
  const state = folder.find(image);
  if (state.state === "missing") {
    counts.missingPictures++;
    return undefined;
  }
  const bytes = await readable(state.path);
  if (bytes === undefined) {
    counts.brokenPictures++;
    return undefined;
  }
  counts.withPicture++;
  return { path: state.path, hash: sha256(bytes) };
}

async function readable(path: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readPictureFile(path);
    if (bytes === undefined || (await unreadablePicture(bytes, path)) !== undefined) return undefined;
    return bytes;
  } catch (error) {
    if (isPictureFault(error)) return undefined;
    throw error;
  }
}
