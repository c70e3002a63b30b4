// Writes a world in the layout of a user's data: documents (JSONL), pictures (PNG), captions and the label
// set; plus the truth.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "../base/cannot-write.ts";
import { DataError } from "../base/errors.ts";
import { lockFolder } from "../base/output-lock.ts";
import { sha256 } from "../base/sha256.ts";
import type { Document } from "../data/document.ts";
import { stream } from "../training/random.ts";
import { type BestReaders, bestReaders, expectedCeilings, labelsGiven, reachedCeilings } from "./ceilings.ts";
import { evidence } from "./distribution.ts";
import { drawScene } from "./drawings.ts";
import { bestEntityReaders, type EntityReaders, reachedEntityCeilings } from "./entity-ceilings.ts";
import {
  drawWorld,
  SPLITS,
  type SplitName,
  type World,
  type WorldOptions,
  type WorldPost,
} from "./generate.ts";
import type { Label } from "./labels.ts";
import { encodePng } from "./png.ts";
import { captionScene, shownBy } from "./scenes.ts";
import { topicOf, topicTruth } from "./topics.ts";
import { type PostTruth, type SplitTruth, TRUTH_FILE, type WorldTruth } from "./truth.ts";

export interface WorldFiles {
  readonly folder: string;
  readonly train: string;
  readonly validation: string;
  readonly test: string;
  /** The documents whose text leaves the relation open or fits several. */
  readonly needsPicture: { readonly validation: string; readonly test: string };
  /** Folder of the pictures that the documents' `image` fields name. */
  readonly pictures: string;
  readonly captions: Readonly<Record<SplitName, string>>;
  /** Labels and their numbers, as `rel2id.json` of MNRE. */
  readonly relations: string;
  /** The truth by construction; models must not read it. */
  readonly truth: string;
  /** The same for the topics of posts. */
  readonly topics: string;
}

export interface WriteOptions extends WorldOptions {
  readonly signal?: AbortSignal;
  /** Posts done, with or without a picture. */
  readonly onProgress?: (done: number) => void;
}

const PICTURES_AT_A_TIME = 32; // sharp encodes on separate threads; more at once would only use more memory

/**
 * Draws a world and writes all its files to `folder`, created if needed; the same options write the same bytes.
 *
 * @throws DataError `world/too-many-posts`, `world/cannot-write`; the signal's reason
 */
export async function writeWorld(folder: string, options: WriteOptions = {}): Promise<WorldFiles> {
  const world = drawWorld(options);
  const at = (name: string) => join(folder, name);
  const files: WorldFiles = {
    folder,
    train: at("train.jsonl"),
    validation: at("validation.jsonl"),
    test: at("test.jsonl"),
    needsPicture: {
      validation: at("validation-needs-picture.jsonl"),
      test: at("test-needs-picture.jsonl"),
    },
    pictures: at("pictures"),
    captions: {
      train: at("captions-train.jsonl"),
      validation: at("captions-validation.jsonl"),
      test: at("captions-test.jsonl"),
    },
    relations: at("relations.json"),
    truth: at(TRUTH_FILE),
    topics: at("topics.json"),
  };
  try {
    await mkdir(files.pictures, { recursive: true });
    await using _lock = await lockFolder(folder);
    await writeFiles(world, files, options);
  } catch (error) {
    throw isSystemError(error) ? cannotWrite(folder, error) : error;
  }
  return files;
}

async function writeFiles(world: World, files: WorldFiles, options: WriteOptions): Promise<void> {
  const hashes = new Map<string, string>();
  let done = 0;
  for (const split of SPLITS) {
    const posts = world.posts[split];
    await writeFile(files[split], jsonLines(posts.map(documentOf)));
    await writeFile(files.captions[split], jsonLines(captionsOf(world.seed, posts)));
    for (let from = 0; from < posts.length; from += PICTURES_AT_A_TIME) {
      options.signal?.throwIfAborted();
      const some = posts.slice(from, from + PICTURES_AT_A_TIME);
      await Promise.all(some.map((post) => writePicture(world.seed, post, files.pictures, hashes)));
      done += some.length;
      options.onProgress?.(done);
    }
  }
  for (const split of ["validation", "test"] as const) {
    const open = world.posts[split].filter((post) => post.needsPicture);
    await writeFile(files.needsPicture[split], jsonLines(open.map(documentOf)));
  }
  await writeFile(
    files.relations,
    json(Object.fromEntries(world.labels.map((label, index) => [label, index]))),
  );
  await writeFile(files.truth, json(truthOf(world, hashes)));
  await writeFile(files.topics, json(topicTruth(world)));
}

function cannotWrite(folder: string, cause: Error): DataError {
  return new DataError({
    code: "world/cannot-write",
    message: `cannot write to the folder: ${cause.message}`,
    place: folder,
    remedy: "Name another folder; it is created if it does not exist.",
    cause,
  });
}

/**
 * Converts the post to a document: its entities in text order, including distractors, its topic as category, and nothing
 * that a real post would not reveal.
 */
export function documentOf(post: WorldPost): Document {
  const mentions = [post.head, post.tail, ...post.distractors].sort((a, b) => a.start - b.start);
  return {
    id: post.id,
    text: post.text,
    ...(post.image === undefined ? {} : { image: post.image }),
    entities: mentions.map(({ start, end, type }) => ({ start, end, label: type })),
    relations: [{ head: mentions.indexOf(post.head), tail: mentions.indexOf(post.tail), label: post.label }],
    category: { label: topicOf(post) },
  };
}

/** The picture of a post as a PNG file; undefined if it has none. */
async function pictureOf(seed: number, post: WorldPost): Promise<Uint8Array | undefined> {
  const { scene } = post.cell.picture;
  if (scene === undefined) return undefined;
  return encodePng(drawScene(scene, stream(seed, 0, `world/picture/${post.id}`)));
}

function captionsOf(seed: number, posts: readonly WorldPost[]) {
  return posts.flatMap(({ id, image, cell }) => {
    if (cell.picture.scene === undefined) return [];
    return [{ image, caption: captionScene(cell.picture.scene, stream(seed, 0, `world/caption/${id}`)) }];
  });
}

async function writePicture(
  seed: number,
  post: WorldPost,
  folder: string,
  hashes: Map<string, string>,
): Promise<void> {
  const picture = await pictureOf(seed, post);
  if (picture === undefined || post.image === undefined) return;
  hashes.set(post.id, sha256(picture));
  await writeFile(join(folder, post.image), picture);
}

function truthOf(world: World, hashes: ReadonlyMap<string, string>): WorldTruth {
  const readers = bestReaders(world.cells);
  const entities = bestEntityReaders(world.cells, world.shares);
  const splits = Object.fromEntries(
    SPLITS.map((split) => [split, splitTruth(world.posts[split], world.labels, readers, entities.readers)]),
  ) as Record<SplitName, SplitTruth>;
  return {
    seed: world.seed,
    shares: { ...world.shares, distractors: [...world.shares.distractors] },
    ceilings: expectedCeilings(readers),
    entityCeilings: entities.expected,
    splits,
    posts: SPLITS.flatMap((split) => world.posts[split].map((post) => postTruth(post, readers, hashes))),
  };
}

/** Counts of a split, and the scores of the best readers of the world on it. */
function splitTruth(
  posts: readonly WorldPost[],
  all: readonly Label[],
  readers: BestReaders,
  entityReaders: EntityReaders,
): SplitTruth {
  const count = (holds: (post: WorldPost) => boolean) => posts.filter(holds).length;
  return {
    documents: posts.length,
    needsPicture: count((post) => post.needsPicture),
    withoutPicture: count((post) => post.cell.picture.kind === "none"),
    unrelatedPicture: count((post) => post.cell.picture.kind === "unrelated"),
    labels: Object.fromEntries(all.map((label) => [label, count((post) => post.label === label)])),
    ceilings: reachedCeilings(
      readers,
      posts.map(({ cell }) => cell),
    ),
    entityCeilings: reachedEntityCeilings(entityReaders, posts),
  };
}

function postTruth(post: WorldPost, readers: BestReaders, hashes: ReadonlyMap<string, string>): PostTruth {
  const { cell, text } = post;
  const { scene, kind } = cell.picture;
  const mention = ({ start, end, type, name }: WorldPost["head"]) => ({
    text: text.slice(start, end),
    type,
    ambiguousName: name === "any",
  });
  return {
    id: post.id,
    split: post.split,
    label: post.label,
    head: mention(post.head),
    tail: mention(post.tail),
    distractors: post.distractors.map(mention),
    text,
    wording: cell.wording,
    textAllows: [...labelsGiven(readers.text, evidence("text", cell))],
    needsPicture: post.needsPicture,
    ...(scene === undefined || post.image === undefined
      ? {}
      : {
          picture: {
            name: post.image,
            sha256: hashes.get(post.id) ?? "",
            scene,
            shows: [...shownBy(scene)],
            unrelated: kind === "unrelated",
          },
        }),
  };
}

function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
