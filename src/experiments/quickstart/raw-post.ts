// The quickstart's last stage: entities, both tasks in one bundle, and a post that it reads with nothing marked in it.
import { join } from "node:path";
import { evaluateEntities } from "../entity/evaluate.ts";
import { exportBundle } from "../extract/export-bundle.ts";
import { load } from "../extract/load.ts";
import type { Extraction } from "../extract/post.ts";
import type { PostTruth, WorldTruth } from "../world/truth.ts";
import type { Setting } from "./settings.ts";
import { trainRun, type Watch } from "./train-and-score.ts";

/** A raw post as a bundle reads it. */
export interface RawPost {
  readonly text: string;
  readonly picture: string;
  readonly head: string;
  readonly tail: string;
  readonly gold: string;
  /** What the text mentions, by construction. */
  readonly mentions: readonly { readonly text: string; readonly type: string }[];
  readonly found: Extraction;
}

/** The model that finds the mentions, and its score on the test posts. */
export interface ScoredEntities {
  readonly modelFolder: string;
  readonly microF1: number;
}

/** Trains and scores the entities. @throws the signal's reason; what training and scoring throw */
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

/** Joins the model of entities and one of relations in the bundle's folder, and reads a test post that needs its picture. */
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
  const post = posts.find(isPlain) ?? posts[0];
  if (post?.picture === undefined) throw new Error("quickstart: no test post is told by its picture alone");
  const picture = join(files.pictures, post.picture.name);
  await using extractor = await load(layout.bundle);
  const { text, head, tail, distractors, label } = post;
  const found = await extractor.extract({ text, image: picture });
  const mentions = [head, tail, ...distractors].map(({ text: name, type }) => ({ text: name, type }));
  return { text, picture, head: head.text, tail: tail.text, gold: label, mentions, found };
}

function needsItsPicture({ split, label, needsPicture, picture }: PostTruth): boolean {
  return split === "test" && needsPicture && label !== "None" && picture?.shows.includes(label) === true;
}

/** Mentions two entities by names in full or short: what a model learns first. */
function isPlain({ head, tail, distractors }: PostTruth): boolean {
  const plain = ({ text, ambiguousName }: PostTruth["head"]) => /^\p{L}/u.test(text) && !ambiguousName;
  return distractors.length === 0 && plain(head) && plain(tail);
}
