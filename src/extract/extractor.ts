// Wraps trained models in one call: takes a raw post, or a stream of them, and returns entities, relations and the category.

import { mapConcurrently } from "../base/concurrently.ts";
import { ConfigError, DataError, RelataError } from "../base/errors.ts";
import { inChunks } from "../base/in-chunks.ts";
import { MAX_TEXT_LENGTH } from "../base/text-length.ts";
import { isOffsetUnit, OFFSET_UNITS, spansFrom } from "../data/offset-units.ts";
import { Lifetime } from "../engine/lifetime.ts";
import { WINDOW_OVERLAP } from "../extractors/entity/scores.ts";
import { MAX_PAIRS } from "../extractors/pairs/candidate-pairs.ts";
import { withoutNoneNotes } from "../extractors/pairs/relation-notes.ts";
import { extractRelation } from "../extractors/relation/extractor.ts";
import type { ExtractedRelation, ExtractRequest } from "../extractors/requests.ts";
import type { VisualChannelName } from "../visual/visual-channel.ts";
import { inTwoStages } from "./chunks.ts";
import type { ExplainedExtraction } from "./explain/explanation.ts";
import { extractPrepared, type PreparedPost, preparePost } from "./extract-posts.ts";
import type { ModelParts } from "./model-parts.ts";
import type { Extraction, ExtractionOptions, Post, ResolvedExtractionOptions } from "./post.ts";
import { refuseMentionPair, requireMentionPair } from "./require-post.ts";

/** Options for reading a stream of posts. */
export interface ExtractManyOptions extends ExtractionOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after every chunk with the number of posts (items) done. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Posts read together; default 128. At most two chunks are in memory. */
  readonly chunkSize?: number | undefined;
}

/** The outcome of one post of a stream. */
export type ExtractionOutcome<P extends Post = Post> =
  | { readonly post: P; readonly extraction: Extraction }
  | { readonly post: P; readonly error: RelataError };

/** An item of a stream and what was found in its post; undefined for an item without a post. */
export interface ItemOutcome<Item> {
  readonly item: Item;
  readonly outcome: Extraction | RelataError | undefined;
}

/** Explains a post, with what only models in Node have. */
export type PostExplainer = (post: Post, options: ResolvedExtractionOptions) => Promise<ExplainedExtraction>;

/** Posts read together. Units of work are multiples of it, so that the same posts meet whoever reads them. */
export const CHUNK_SIZE = 128; // long enough to sort by length, short enough to hold two chunks' picture maps: about 60 MB with three crops
const PICTURES_AT_A_TIME = 4; // one in the encoder while the others are decoded

/** Loaded models. Call `dispose`, or declare them with `await using`. */
export class Extractor {
  /** The relation model's labels, "None" included; empty without a relation model. */
  readonly labels: readonly string[];
  /** The entity model's types; empty without an entity model. */
  readonly entityTypes: readonly string[];
  /** The category model's categories; empty without a category model. */
  readonly categories: readonly string[];
  /** The visual input of each model. */
  readonly visualChannels: readonly VisualChannelName[];
  /** What at least one of the models can use besides the text. */
  readonly sees: { readonly pictures: boolean; readonly captions: boolean };
  /** Whether posts must include their mentions. */
  readonly needsMentions: boolean;
  /** Notes for the user of the models, one line each: labels that the types do not rule out, a missing "None". */
  readonly remarks: readonly string[];
  /** Notes on how the models were loaded: files that were not compared with their recorded SHA-256. */
  readonly notices: readonly string[];
  readonly #parts: ModelParts;
  readonly #release: () => Promise<void>;
  readonly #explain: PostExplainer | undefined;
  readonly #lifetime = new Lifetime("the extractor");

  /** @internal used by `load`; without `explain`, posts are read but not explained */
  constructor(
    parts: ModelParts,
    release: () => Promise<void>,
    notices: readonly string[] = [],
    explain?: PostExplainer,
  ) {
    const { entity, relation, category } = parts;
    this.#parts = parts;
    this.#release = release;
    this.#explain = explain;
    this.notices = notices;
    this.labels = relation?.labels.labels ?? [];
    this.entityTypes = entity?.scheme.types ?? [];
    this.categories = category?.labels.labels ?? [];
    this.needsMentions = entity === undefined && relation !== undefined;
    this.remarks = remarksOf(parts);
    const channels = [entity?.visual, relation?.visual, category?.visual];
    this.sees = {
      pictures: channels.some((channel) => channel?.featuresOfPicture !== undefined),
      captions: channels.some((channel) => channel?.featuresOfCaption !== undefined),
    };
    this.visualChannels = [entity, relation, category].flatMap((part) =>
      part ? [part.config.visual?.label ?? "text only"] : [],
    );
  }

  /**
   * Returns the entities and relations of one post, and its category, as far as there are models for them.
   *
   * @throws DataError `data/unwanted-visual` for a picture or caption that no model can use (unless `unwantedVisual` is "report"),
   * `data/no-mentions` for a relation model without an entity model and a post without mentions, and the codes of mentions that do not fit the text
   * @example
   * const { entities, relations } = await model.extract({ text: "Ada met Bo in Rome", image: "photo.jpg" });
   * for (const { text, label } of entities) console.log(text, label);
   * for (const { headText, label, tailText } of relations) console.log(headText, label, tailText);
   */
  extract(post: Post, options: ExtractionOptions = {}): Promise<Extraction> {
    return this.#using(async () => {
      refuseMentionPair(post);
      const resolved = resolveOptions(options, "refuse");
      const prepared = await preparePost(this.#parts, post, resolved);
      const [result] = await extractPrepared(this.#parts, [prepared]);
      if (result instanceof RelataError) throw result;
      return result!; // one post, one result
    });
  }

  /**
   * Returns what `extract` returns, and what the picture or caption did: the answer without it, what it changed, the regions that were shown, and how far
   * each layer used them. Costs about three times as much; the first call compiles graphs of its own, which hold the weights again.
   *
   * @throws the errors of `extract`
   * @example
   * const { explanation } = await model.explain({ text: "Ada met Bo in Rome", image: "photo.jpg" });
   * for (const { change, text } of explanation.changed.entities) console.log(change, text);
   */
  explain(post: Post, options: ExtractionOptions = {}): Promise<ExplainedExtraction> {
    return this.#using(async () => {
      refuseMentionPair(post);
      const resolved = resolveOptions(options, "refuse");
      if (this.#explain === undefined) throw noExplanation();
      return this.#explain(post, resolved);
    });
  }

  /**
   * Returns the entities, relations and categories of many posts: one outcome per post, in order. A post that cannot be read has an error as its outcome;
   * a picture or caption that no model can use becomes a note. While the texts of one chunk are read, the pictures of the next are decoded
   * and encoded.
   *
   * @throws the signal's reason; errors of the models themselves; EngineError `engine/disposed` if the models are disposed of meanwhile
   * @example
   * for await (const { post, ...outcome } of model.extractMany(posts)) {
   *   if ("extraction" in outcome) console.log(post.text, outcome.extraction.relations);
   * }
   */
  async *extractMany<P extends Post>(
    posts: AsyncIterable<P> | Iterable<P>,
    options: ExtractManyOptions = {},
  ): AsyncGenerator<ExtractionOutcome<P>, void, undefined> {
    for await (const chunk of this.extractChunks(posts, (post) => post, options)) {
      for (const { item: post, outcome } of chunk) {
        if (outcome instanceof RelataError) yield { post, error: outcome };
        else if (outcome !== undefined) yield { post, extraction: outcome };
      }
    }
  }

  /**
   * Returns the relation between two given mentions of a text, "None" included, with the probability of every label; needs a relation model.
   * The types of the mentions are not used and rule nothing out.
   *
   * @throws ConfigError `config/no-relation-model`, `config/no-such-picture`; DataError `data/wrong-type`, `data/span-out-of-range`,
   * `data/text-too-long`, `data/unwanted-visual`; EncoderError with the code of a broken picture's fault, which `extract`
   * reports in its result instead; EngineError `engine/disposed`
   * @example
   * const head = { start: 0, end: 3 };
   * const { label, probability } = await model.relationBetween({ text: "Ada met Bo", head, tail: { start: 8, end: 10 } });
   */
  relationBetween(
    request: ExtractRequest,
    options: Pick<ExtractionOptions, "maxTextLength" | "offsets"> = {},
  ): Promise<ExtractedRelation> {
    return this.#using(async () => {
      requireMentionPair(request);
      const { text, head, tail } = request;
      const unit = requireUnit(options.offsets);
      const [first] = spansFrom(text, [head], unit, "head");
      const [second] = spansFrom(text, [tail], unit, "tail");
      return this.#relationOf({ ...request, head: first!, tail: second! }, options.maxTextLength); // one for each
    });
  }

  /**
   * Runs `extractMany` for items with or without a post: items without one keep their place and have no outcome.
   *
   * @throws the errors of `extractMany`
   */
  async *extractChunks<Item>(
    items: AsyncIterable<Item> | Iterable<Item>,
    postOf: (item: Item) => Post | undefined,
    options: ExtractManyOptions = {},
  ): AsyncGenerator<ItemOutcome<Item>[], void, undefined> {
    const { signal, onProgress, chunkSize = CHUNK_SIZE } = options;
    const resolved = resolveOptions(options, "report");
    requireCount("chunkSize", chunkSize, 1);
    const outcomes = inTwoStages(
      inChunks(items, chunkSize),
      (chunk) =>
        mapConcurrently(chunk, PICTURES_AT_A_TIME, async (item) => {
          signal?.throwIfAborted();
          const post = postOf(item);
          return {
            item,
            prepared:
              post === undefined ? undefined : await this.#using(() => this.#prepared(post, resolved)),
          };
        }),
      (chunk) => this.#using(() => this.#finished(chunk, signal)),
    );
    let done = 0;
    for await (const chunk of outcomes) {
      done += chunk.length;
      onProgress?.(done);
      yield chunk;
    }
  }

  /**
   * Does the first half of `extract`: checks a post and encodes its picture. Returns the error of a post that cannot be read.
   *
   * @internal used by `relata serve`, which prepares one batch while another is read
   * @throws the errors of options and models
   */
  prepare(post: Post, options: ExtractionOptions): Promise<PreparedPost | RelataError> {
    return this.#using(async () => this.#prepared(post, resolveOptions(options, "refuse")));
  }

  /**
   * Does the second half, for posts with options of their own: one outcome per post, in order.
   *
   * @internal
   * @throws errors of the models
   */
  read(prepared: readonly PreparedPost[]): Promise<readonly (Extraction | RelataError)[]> {
    return this.#using(() => extractPrepared(this.#parts, prepared));
  }

  /** Waits for running work, then releases the models and onnxruntime. Calling it twice is harmless. */
  dispose(): Promise<void> {
    return this.#lifetime.end(this.#release);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Keeps the models alive while `work` runs; between the chunks of a stream they may be disposed of. */
  async #using<T>(work: () => Promise<T>): Promise<T> {
    this.#lifetime.enter();
    try {
      return await work();
    } finally {
      this.#lifetime.leave();
    }
  }

  async #prepared(post: Post, options: ResolvedExtractionOptions): Promise<PreparedPost | RelataError> {
    try {
      return await preparePost(this.#parts, post, options);
    } catch (error) {
      if (error instanceof DataError && error.fault === "input") return error; // errors in options or models end the stream
      throw error;
    }
  }

  async #finished<Item>(
    chunk: readonly {
      readonly item: Item;
      readonly prepared: PreparedPost | RelataError | undefined;
    }[],
    signal: AbortSignal | undefined,
  ): Promise<ItemOutcome<Item>[]> {
    const readable = chunk.flatMap(({ prepared }) =>
      prepared === undefined || prepared instanceof RelataError ? [] : [prepared],
    );
    const results = await extractPrepared(this.#parts, readable, signal);
    let at = 0;
    return chunk.map(({ item, prepared }) => ({
      item,
      outcome: prepared === undefined || prepared instanceof RelataError ? prepared : results[at++]!, // one for each readable post
    }));
  }

  #relationOf(request: ExtractRequest, maxTextLength: number | undefined): Promise<ExtractedRelation> {
    const { relation } = this.#parts;
    if (relation) return extractRelation(relation, request, maxTextLength);
    throw new ConfigError({
      code: "config/no-relation-model",
      message: "a relation was requested, but there is no relation model",
      place: "head",
      remedy: "Load a relation model, or a bundle that holds one.",
    });
  }
}

function noExplanation(): ConfigError {
  return new ConfigError({
    code: "web/no-explanation",
    message: "an explanation was asked of a model that was exported to read posts only",
    place: "explain",
    remedy: "Load the bundle in Node, which can explain its answers.",
  });
}

function remarksOf({ relation, constraints }: ModelParts): string[] {
  const bare = constraints?.pairs.filter(({ labels }) => labels === undefined) ?? [];
  return [
    ...(bare.length > 0
      ? [
          "note: the bundle lists which types can be related but not by which relations, so any relation may join them; export it again to add the relations",
        ]
      : []),
    ...(relation ? withoutNoneNotes(relation.labels) : []),
  ];
}

function resolveOptions(
  options: ExtractionOptions,
  unwantedVisual: "refuse" | "report",
): ResolvedExtractionOptions {
  const { threshold, maxPairs = MAX_PAIRS, windowOverlap = WINDOW_OVERLAP } = options;
  const { maxTextLength = MAX_TEXT_LENGTH } = options;
  requireCount("maxPairs", maxPairs, 0);
  requireCount("maxTextLength", maxTextLength, 1);
  if (threshold !== undefined && !(threshold >= 0 && threshold <= 1))
    throw wrongOption("threshold", threshold, "a number from 0 to 1");
  return {
    threshold,
    thresholds: options.thresholds ?? true,
    maxPairs,
    windowOverlap,
    maxTextLength,
    constrained: options.constrained,
    typeConstraints: options.typeConstraints ?? true,
    unwantedVisual: options.unwantedVisual ?? unwantedVisual,
    offsets: requireUnit(options.offsets),
  };
}

function requireUnit(unit: ExtractionOptions["offsets"] = "utf-16") {
  if (isOffsetUnit(unit)) return unit;
  throw wrongOption("offsets", unit, `one of ${OFFSET_UNITS.join(", ")}`);
}

function requireCount(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw wrongOption(name, value, `an integer of at least ${least}`);
  }
}

function wrongOption(name: string, value: unknown, wanted: string): ConfigError {
  return new ConfigError({
    code: "config/wrong-extraction-option",
    message: `${name} must be ${wanted}, got ${String(value)}`,
    place: name,
    value,
    remedy: "Correct the option, or omit it.",
  });
}
