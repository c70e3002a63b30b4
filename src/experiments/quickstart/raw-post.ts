// The quickstart's last stage: trains an entity model, joins both tasks in a bundle, and reads a post without marked mentions.
import { join } from "node:path";
import { exportBundle } from "../../extract/export-bundle.ts";
import { load } from "../../extract/load.ts";
import type { Extraction } from "../../extract/post.ts";
import { evaluateEntities } from "../../extractors/entity/evaluate.ts";
import type { PostTruth, WorldTruth } from "../../world/truth.ts";
import type { Setting } from "./settings.ts";
import { trainRun, type Watch } from "./train-and-score.ts";

/** A raw post and what a bundle finds in it. */
export interface RawPost {
  readonly text: string;
  readonly picture: string;
  readonly head: string;
  readonly tail: string;
  readonly gold: string;
  /** The mentions of the text, by construction. */
  readonly mentions: readonly { readonly text: string; readonly type: string }[];
  readonly found: Extraction;
  /** Whether exactly the post's relation was found. */
  readonly isRight: boolean;
  /** Number of posts read until one was read correctly. */
  readonly tried: number;
}

/** The entity model, and its score on the test posts. */
export interface ScoredEntities {
  readonly modelFolder: string;
  readonly microF1: number;
}

/** Trains and scores the entity model. @throws the signal's reason; the errors of training and scoring */
export async function trainEntities(setting: Setting, watch: Watch): Promise<ScoredEntities> {
  const { files } = setting;
  const modelFolder = await trainRun("entities", setting, watch);
  const { metrics } = await evaluateEntities({
    model: modelFolder,
    data: files.test,
    format: "relata",
    pictures: files.pictures,
  });
  return { modelFolder, microF1: metrics.micro.f1 };
}

const MOST_TRIED = 20;

/** Joins the entity model and a relation model in the bundle's folder, and reads test posts that need their picture until one is read correctly. */
export async function readRawPost(
  entities: string,
  relations: string,
  { layout, files }: Setting,
  truth: WorldTruth,
): Promise<RawPost> {
  await exportBundle({
    entities,
    relations,
    folder: layout.bundle,
    constraintsFrom: { path: files.train, format: "relata" },
  });
  const posts = truth.posts.filter(needsItsPicture);
  const plainFirst = [...posts.filter(isPlain), ...posts.filter((post) => !isPlain(post))];
  await using extractor = await load(layout.bundle);
  let first: RawPost | undefined;
  for (const [i, post] of plainFirst.slice(0, MOST_TRIED).entries()) {
    if (post.picture === undefined) continue;
    const picture = join(files.pictures, post.picture.name);
    const { text, head, tail, distractors, label } = post;
    const found = await extractor.extract({ text, image: picture });
    const mentions = [head, tail, ...distractors].map(({ text: name, type }) => ({ text: name, type }));
    const isRight = tells(found, [head.text, label, tail.text]);
    const read = { text, picture, head: head.text, tail: tail.text, gold: label, mentions, found, isRight };
    if (isRight) return { ...read, tried: i + 1 };
    first ??= { ...read, tried: Math.min(MOST_TRIED, plainFirst.length) };
  }
  if (first) return first;
  throw new Error("there is no test post whose relation only the picture shows");
}

/** Tells whether exactly the right relation was found. */
function tells({ relations }: Extraction, triple: readonly string[]): boolean {
  const found = relations.map(({ headText, label, tailText }) => [headText, label, tailText]);
  return JSON.stringify(found) === JSON.stringify([triple]);
}

function needsItsPicture({ split, label, needsPicture, picture }: PostTruth): boolean {
  return split === "test" && needsPicture && label !== "None" && picture?.shows.includes(label) === true;
}

/** Tells whether a text mentions two entities by full or short names, which a model learns first. */
function isPlain({ head, tail, distractors }: PostTruth): boolean {
  const plain = ({ text, ambiguousName }: PostTruth["head"]) => /^\p{L}/u.test(text) && !ambiguousName;
  return distractors.length === 0 && plain(head) && plain(tail);
}
