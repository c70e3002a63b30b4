// Writes the tiny corpus as a user would keep it: documents (JSONL), pictures (PNG), captions, the label set and the truth.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Document } from "../../data/document.ts";
import { stream } from "../../training/random.ts";
import type { Canvas } from "./canvas.ts";
import type { TinyCorpus, TinyPost, TinySplit } from "./generate.ts";
import { LABELS } from "./posts.ts";
import { captionScene, drawScene } from "./scenes.ts";

export interface TinyCorpusFiles {
  readonly train: string;
  readonly validation: string;
  /** The validation documents whose relation only the picture tells. */
  readonly needsPicture: string;
  readonly pictures: string;
  readonly captions: { readonly train: string; readonly validation: string };
  readonly relations: string;
  /** What the corpus holds by construction: counts per label and the ceilings of a reader of the texts alone. */
  readonly truth: string;
}

const PICTURES_AT_A_TIME = 32; // sharp encodes on its own threads; more at a time only holds memory

/** Writes all files below `folder`, which is made if needed, and gives their paths. */
export async function writeTinyCorpus(corpus: TinyCorpus, folder: string): Promise<TinyCorpusFiles> {
  const files: TinyCorpusFiles = {
    train: join(folder, "train.jsonl"),
    validation: join(folder, "validation.jsonl"),
    needsPicture: join(folder, "validation-needs-picture.jsonl"),
    pictures: join(folder, "pictures"),
    captions: {
      train: join(folder, "captions-train.jsonl"),
      validation: join(folder, "captions-validation.jsonl"),
    },
    relations: join(folder, "relations.json"),
    truth: join(folder, "truth.json"),
  };
  await mkdir(files.pictures, { recursive: true });
  for (const split of ["train", "validation"] as const) {
    const { posts } = corpus[split];
    await writeFile(files[split], jsonLines(posts.map(documentOf)));
    await writeFile(files.captions[split], jsonLines(captionsOf(corpus.seed, posts)));
    await writePictures(corpus.seed, posts, files.pictures);
  }
  const open = corpus.validation.posts.filter((post) => post.needsPicture);
  await writeFile(files.needsPicture, jsonLines(open.map(documentOf)));
  await writeFile(files.relations, json(Object.fromEntries(LABELS.map((label, index) => [label, index]))));
  await writeFile(files.truth, json(truthOf(corpus)));
  return files;
}

/** The post as a document; `meta` says nothing about the label. */
export function documentOf(post: TinyPost): Document {
  return {
    id: post.id,
    text: post.text,
    ...(post.scene === undefined ? {} : { image: pictureName(post) }),
    entities: [
      { ...post.head, label: "person" },
      { ...post.tail, label: "person" },
    ],
    relations: [{ head: 0, tail: 1, label: post.label }],
  };
}

function pictureName(post: TinyPost): string {
  return `${post.id}.png`;
}

/** The picture of a post; undefined when it has none. */
export function drawPicture(seed: number, post: TinyPost): Canvas | undefined {
  if (post.scene === undefined) return undefined;
  const draws = stream(seed, 0, `tiny-corpus/picture/${post.id}`);
  return drawScene(post.scene, () => draws.uniform());
}

function captionsOf(seed: number, posts: readonly TinyPost[]) {
  return posts.flatMap((post) => {
    if (post.scene === undefined) return [];
    const draws = stream(seed, 0, `tiny-corpus/caption/${post.id}`);
    return [{ image: pictureName(post), caption: captionScene(post.scene, () => draws.uniform()) }];
  });
}

async function writePictures(seed: number, posts: readonly TinyPost[], folder: string): Promise<void> {
  const { default: sharp } = await import("sharp");
  for (let from = 0; from < posts.length; from += PICTURES_AT_A_TIME) {
    await Promise.all(
      posts.slice(from, from + PICTURES_AT_A_TIME).map(async (post) => {
        const picture = drawPicture(seed, post);
        if (picture === undefined) return;
        const { width, height, data } = picture;
        const png = await sharp(data, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer();
        await writeFile(join(folder, pictureName(post)), png);
      }),
    );
  }
}

function truthOf(corpus: TinyCorpus) {
  const needs = (split: TinySplit) => split.posts.filter((post) => post.needsPicture).map((post) => post.id);
  return {
    seed: corpus.seed,
    train: { ...corpus.train.truth, needsPictureIds: needs(corpus.train) },
    validation: { ...corpus.validation.truth, needsPictureIds: needs(corpus.validation) },
  };
}

function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
