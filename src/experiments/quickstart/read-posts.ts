// The quickstart's last stage: trains an entity model, joins both tasks in a bundle, and reads test posts in which nothing is marked.
import { join } from "node:path";
import { exportBundle } from "../../extract/export-bundle.ts";
import { load } from "../../extract/load.ts";
import type { Extraction } from "../../extract/post.ts";
import { evaluateEntities } from "../../extractors/entity/evaluate.ts";
import type { PostTruth, WorldTruth } from "../../world/truth.ts";
import type { Setting } from "./settings.ts";
import { trainRun, type Watch } from "./train-and-score.ts";

/** A post and what a bundle finds in it. */
export interface ReadPost {
  readonly text: string;
  readonly picture: string;
  readonly head: string;
  readonly tail: string;
  readonly gold: string;
  /** The mentions of the text, by construction. */
  readonly mentions: readonly { readonly text: string; readonly type: string }[];
  /** Found in the text and its picture. */
  readonly found: Extraction;
  /** Found in the text alone. */
  readonly foundInText: Extraction;
  /** Whether the post's relation and no other was found in text and picture. */
  readonly isRight: boolean;
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

const MOST_READ = 5;

/** Joins the entity model and a relation model in the bundle's folder, and reads some test posts with it. */
export async function readPosts(
  entities: string,
  relations: string,
  { layout, files }: Setting,
  truth: WorldTruth,
): Promise<readonly ReadPost[]> {
  await exportBundle({
    entities,
    relations,
    folder: layout.bundle,
    constraintsFrom: { path: files.train, format: "relata" },
  });
  await using extractor = await load(layout.bundle);
  const read: ReadPost[] = [];
  for (const { text, head, tail, distractors, label, picture } of postsToRead(truth)) {
    const image = join(files.pictures, picture.name);
    const found = await extractor.extract({ text, image });
    read.push({
      text,
      picture: image,
      head: head.text,
      tail: tail.text,
      gold: label,
      mentions: [head, tail, ...distractors].map(({ text: name, type }) => ({ text: name, type })),
      found,
      foundInText: await extractor.extract({ text }),
      isRight: tells(found, { head: head.text, label, tail: tail.text }),
    });
  }
  return read;
}

type PicturedPost = PostTruth & { readonly picture: NonNullable<PostTruth["picture"]> };

/**
 * Test posts whose text leaves open which relation it tells and whose picture shows it: the first of each of
 * five relations, plainly worded ones before the others. No model has a say in the choice.
 */
function postsToRead({ posts }: WorldTruth): readonly PicturedPost[] {
  const fitting = posts.filter(needsItsPicture);
  const byLabel = new Map<string, PicturedPost>();
  for (const post of [...fitting.filter(isPlain), ...fitting])
    if (!byLabel.has(post.label)) byLabel.set(post.label, post);
  return [...byLabel.values()].slice(0, MOST_READ);
}

function needsItsPicture(post: PostTruth): post is PicturedPost {
  const { split, label, needsPicture, picture } = post;
  return split === "test" && needsPicture && label !== "None" && picture?.shows.includes(label) === true;
}

/** Tells whether a text is words alone, without emoji and hashtags, about two entities whose names tell their types. */
function isPlain({ text, head, tail, distractors }: PicturedPost): boolean {
  const named = !head.ambiguousName && !tail.ambiguousName;
  return distractors.length === 0 && named && /^[\p{L} .,]+$/u.test(text);
}

/**
 * Tells whether exactly the right relation was found. Two persons who are a couple, siblings or colleagues are so in
 * both directions, though the corpus writes one.
 */
function tells({ relations }: Extraction, gold: Triple): boolean {
  const found = relations.map(({ headText, label, tailText }) =>
    key({ head: headText, label, tail: tailText }),
  );
  return found.length > 0 && found.every((one) => one === key(gold));
}

interface Triple {
  readonly head: string;
  readonly label: string;
  readonly tail: string;
}

function key({ head, label, tail }: Triple): string {
  const ends = label.startsWith("per/per/") ? [head, tail].sort() : [head, tail];
  return JSON.stringify([label, ...ends]);
}
