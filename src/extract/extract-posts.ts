// Runs posts through the models: checks each post and encodes its picture, then finds entities, asks for relations and classifies, in batches.

import { DataError, RelataError } from "../base/errors.ts";
import { requireTextLength } from "../base/text-length.ts";
import { inTurns } from "../base/turns.ts";
import { defectError } from "../data/defects.ts";
import type { Entity, Span } from "../data/document.ts";
import { entityDefects } from "../data/document-defects.ts";
import { namedEntities, namedRelations } from "../data/mention-texts.ts";
import { type OffsetUnit, spansFrom, spansIn } from "../data/offset-units.ts";
import { tokenOffsetDefects } from "../data/tokens.ts";
import type { Word } from "../encoders/tokenizing/words.ts";
import type { TextInput } from "../extractors/category/prepare.ts";
import { WindowMerger } from "../extractors/entity/windows.ts";
import { calibrated } from "../extractors/shared/calibration.ts";
import { type RelationQuestions, relationQuestions, relationsOf } from "./ask-relations.ts";
import { belowThresholdNotes, reportedOf, thresholdFor } from "./below-threshold.ts";
import { categoriesOf, categoryInput } from "./find-categories.ts";
import { entitiesOfText, type WindowedText, windowedText, wordsOfText } from "./find-entities.ts";
import type { ModelParts } from "./model-parts.ts";
import type { Extraction, Post, ResolvedExtractionOptions } from "./post.ts";
import { requirePost } from "./require-post.ts";
import { type ShownFeatures, showVisual } from "./show-visual.ts";

/** A post that the models can read. */
export interface PreparedPost {
  readonly text: string;
  readonly words: readonly Word[];
  /** Given mentions; undefined: the entity model finds them. */
  readonly given: readonly Entity[] | undefined;
  readonly windows: WindowedText | undefined;
  readonly categoryInput: TextInput | undefined;
  readonly shown: ShownFeatures;
  /** How it is read; posts of one batch may differ in it. */
  readonly options: ResolvedExtractionOptions;
}

/**
 * Checks a post, cuts its text into windows and computes what the models see of its picture.
 *
 * @throws DataError `data/wrong-type`, `data/text-too-long`, `data/no-mentions` if there is only a relation model and the post gives no mentions, `data/unwanted-visual`, the
 * codes of entities and words that do not fit the text
 */
export async function preparePost(
  parts: ModelParts,
  value: Post,
  options: ResolvedExtractionOptions,
): Promise<PreparedPost> {
  const { windowOverlap, maxTextLength, unwantedVisual, offsets } = options;
  const post = inUtf16(requirePost(value), offsets);
  const { text, entities: given } = post;
  requireTextLength(text, maxTextLength);
  const { tokenizer } = parts.entity ?? parts.relation ?? parts.category ?? {};
  const words = await inTurns(wordsOfText(text, post.words, tokenizer?.splittingWords));
  if (given !== undefined || post.words !== undefined) requireFitting(text, given ?? [], words);
  const { entity, relation } = parts;
  if (entity === undefined && relation !== undefined && given === undefined) throw noMentions();
  const windows =
    entity && given === undefined
      ? await inTurns(
          windowedText(entity.tokenizer, words, {
            maxLength: entity.config.maxLength,
            overlap: windowOverlap,
          }),
        )
      : undefined;
  const shown = await showVisual(parts, post, unwantedVisual);
  const forCategory = await inTurns(categoryInput(parts, words));
  return { text, words, given, windows, categoryInput: forCategory, shown, options };
}

/** The post with its offsets in UTF-16 code units. @throws DataError `data/span-splits-surrogate-pair` for an offset inside a character */
function inUtf16(post: Post, offsets: OffsetUnit): Post {
  const { text, entities, words } = post;
  return {
    ...post,
    ...(entities && { entities: spansFrom(text, entities, offsets, "entities") }),
    ...(words && { words: spansFrom(text, words, offsets, "words") }),
  };
}

/** Reads posts together, each with its own options. Returns what was found in each, or an error if a post's given mentions cannot be used. */
export async function extractPrepared(
  parts: ModelParts,
  posts: readonly PreparedPost[],
  signal?: AbortSignal,
): Promise<(Extraction | RelataError)[]> {
  const found = await entitiesOf(parts, posts, signal);
  signal?.throwIfAborted();
  const entities = found.map((some, i) => {
    const { given, options } = posts[i]!; // one for each post
    if (given !== undefined) return { reported: some, below: {} };
    return reportedOf(some, thresholdFor(parts.entity?.thresholds, { thresholds: options.thresholds }));
  });
  const questions: (RelationQuestions | RelataError)[] = [];
  for (const [i, post] of posts.entries()) {
    questions.push(await questionsOf(parts, post, entities[i]!.reported, post.options, signal));
  }
  const logits = await answersTo(parts, questions);
  signal?.throwIfAborted();
  const categories = await categoriesOf(parts, posts, ({ options }) =>
    thresholdFor(parts.category?.thresholds, { thresholds: options.thresholds }),
  );
  const { relation } = parts;
  return posts.map(({ text, given, shown, options }, i) => {
    const asked = questions[i]!;
    if (asked instanceof RelataError) return asked;
    const { visual, visualError, notes } = shown;
    const answers = relation
      ? relationsOf(asked, logits[i]!, relation.labels.labels, calibrated(relation.calibration))
      : [];
    const relations = reportedOf(answers, thresholdFor(relation?.thresholds, options));
    const { reported, below } = entities[i]!;
    const { category, below: belowCategory, notes: categoryNotes } = categories[i]!;
    return {
      entities: spansIn(text, namedEntities(text, reported), options.offsets),
      relations: namedRelations(text, reported, relations.reported),
      ...(category ? { category } : {}),
      offsets: options.offsets,
      visual,
      ...(visualError ? { visualError } : {}),
      calibrated: isCalibrated(parts, given === undefined),
      notes: [
        ...notes,
        ...asked.notes,
        ...categoryNotes,
        ...belowThresholdNotes({
          entities: below,
          relations: relations.below,
          ...(parts.category ? { categories: belowCategory } : {}),
        }),
      ],
    };
  });
}

/**
 * Windows per call of the model: an ordinary chunk of posts takes one call, a long text several, so that memory
 * holds the scores of at most this many windows.
 */
const WINDOWS_AT_ONCE = 256;

/** Finds the entities of all posts; their windows go through the model in batches of similar length. */
async function entitiesOf(
  { entity }: ModelParts,
  posts: readonly PreparedPost[],
  signal: AbortSignal | undefined,
): Promise<(readonly Entity[])[]> {
  if (entity === undefined) return posts.map(({ given }) => given ?? []);
  const read = posts.map(({ given, windows }) =>
    given === undefined && windows !== undefined && windows.windows.length > 0
      ? new WindowMerger(windows.windows, entity.scheme.tags.length)
      : undefined,
  );
  const windows = posts.flatMap(
    ({ windows, shown }, post) =>
      read[post] === undefined
        ? []
        : windows!.windows.map((input) => ({ post, input, visual: shown.entity })), // this text was read
  );
  for (let at = 0; at < windows.length; at += WINDOWS_AT_ONCE) {
    signal?.throwIfAborted();
    const together = windows.slice(at, at + WINDOWS_AT_ONCE);
    const scores = await entity.model.predict(
      together.map(({ post, input, visual }) => ({ id: String(post), input, tags: undefined, visual })),
    );
    for (const [i, { post }] of together.entries()) read[post]!.add(scores[i]!); // one for each window
  }
  const how = {
    scheme: entity.scheme,
    chain: entity.chain,
    calibration: calibrated(entity.calibration),
  };
  const found: (readonly Entity[])[] = [];
  for (const [i, { given, windows, options }] of posts.entries()) {
    const merged = read[i]?.merged;
    const constrained = options.constrained ?? entity.config.constrained;
    found.push(
      merged && windows
        ? await inTurns(entitiesOfText(windows.words, merged, { ...how, constrained }), signal)
        : (given ?? []),
    );
  }
  return found;
}

const NO_QUESTIONS: RelationQuestions = { pairs: [], examples: [], notes: [] };

/** The questions that the relation model is asked about a post, or the error of given mentions that cannot be used. */
export async function questionsOf(
  { relation, constraints }: ModelParts,
  { text, words, shown }: PreparedPost,
  entities: readonly Entity[],
  { maxPairs, typeConstraints }: ResolvedExtractionOptions,
  signal: AbortSignal | undefined,
): Promise<RelationQuestions | RelataError> {
  if (relation === undefined || entities.length < 2) return NO_QUESTIONS;
  try {
    const questions = relationQuestions(relation, { id: "post", text, words, entities }, shown.relation, {
      maxPairs,
      constraints: typeConstraints ? constraints : undefined,
    });
    return await inTurns(questions, signal);
  } catch (error) {
    if (error instanceof RelataError && error.fault === "input") return error;
    throw error;
  }
}

/** Computes the scores of each post's questions, for all posts together, in batches of similar length. */
async function answersTo(
  { relation }: ModelParts,
  questions: readonly (RelationQuestions | RelataError)[],
): Promise<(readonly Float32Array[])[]> {
  const perPost = questions.map((asked) => (asked instanceof RelataError ? [] : asked.examples));
  const examples = perPost.flat();
  const logits = relation && examples.length > 0 ? await relation.model.predict(examples) : [];
  let at = 0;
  return perPost.map(({ length }) => {
    at += length;
    return logits.slice(at - length, at);
  });
}

function isCalibrated({ entity, relation, category }: ModelParts, entitiesFound: boolean): boolean {
  const used = [
    ...(entity && entitiesFound ? [entity] : []),
    ...(relation ? [relation] : []),
    ...(category ? [category] : []),
  ];
  return used.every(({ calibration }) => calibration !== undefined);
}

/** Refuses mentions and words that do not fit the text, from JavaScript callers or data files. */
function requireFitting(text: string, entities: readonly Entity[], words: readonly Span[]): void {
  const offsets = words.map(({ start, end }) => [start, end]);
  const fatal = [...entityDefects(entities, text, "post"), ...tokenOffsetDefects(offsets, text, "post")].find(
    ({ severity, code }) => severity === "error" && code !== "data/lone-surrogate",
  ); // a text or a label may contain half a character
  if (fatal) throw defectError(fatal);
}

function noMentions(): DataError {
  return new DataError({
    code: "data/no-mentions",
    message: "the model finds relations, not mentions, and the post has no mentions",
    place: "entities",
    remedy:
      "Give the mentions as the post's entities (on the command line --head and --tail), or export a bundle with an entity model (relata export).",
  });
}
