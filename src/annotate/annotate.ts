// Annotates documents with a vision model: asks for mentions as strings, finds them in the texts, and joins several samples.
// Every call is a row of a store (the one of `relata synthesize`: a text made from a text in one step), so it is made once and can be resumed.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { ConfigError, SynthesisError } from "../base/errors.ts";
import { sha256 } from "../base/sha256.ts";
import type { Document } from "../data/document.ts";
import { type ChainPlan, manifestOf } from "../synthesis/chain-plan.ts";
import { PLAIN_TEXT, type TextToText } from "../synthesis/generators/generator.ts";
import type { Environment } from "../synthesis/generators/secrets.ts";
import type { SourceInstance } from "../synthesis/instance.ts";
import { runChains, type SynthesisOutcome } from "../synthesis/run-chains.ts";
import type { FailureKind, RunCounts } from "../synthesis/run-state.ts";
import { totalOf } from "../synthesis/store/by-generator.ts";
import { requireSamePlan } from "../synthesis/store/create-store.ts";
import { storeLayout } from "../synthesis/store/layout.ts";
import { readManifest } from "../synthesis/store/manifest.ts";
import { type StoreSurvey, surveyStore } from "../synthesis/store/survey.ts";
import { type AnnotationAccount, Tally } from "./annotation-account.ts";
import type { AnnotatorSettings } from "./annotator-settings.ts";
import { openChatAnnotator } from "./chat-annotator.ts";
import { answersIn, collect } from "./collect.ts";
import { pictureDataUrl } from "./picture-for-model.ts";
import { answerJsonSchema } from "./prompt.ts";
import { type AskedDocument, type QuestionAccount, questionsAbout, type ShownExamples } from "./questions.ts";
import type { AnnotationSchema } from "./schema.ts";
import { priceOf, tokensOf } from "./token-estimate.ts";

/** What to ask, whom, how often, and what it may cost. */
export interface AnnotateSettings {
  readonly schema: AnnotationSchema;
  /** A server to ask, or an open generator of texts from texts that gets each question as JSON (`Question`) and gives the answer. */
  readonly annotator: AnnotatorSettings | TextToText;
  /** Folder of the calls and their answers, created if needed. */
  readonly store: string;
  /** Answers per document; their agreement is the probability. Default 3. */
  readonly samples?: number | undefined;
  /** The seed that those of all calls are derived from; default 1. */
  readonly seed?: number | undefined;
  /** Share of usable samples that an entity or a relation needs, 0 to 1; default 0.5. */
  readonly leastAgreement?: number | undefined;
  readonly examples?: ShownExamples | undefined;
  /** Folder of the pictures; absent: none is sent. */
  readonly pictures?: string | undefined;
  /** Limit on the cost of the store, earlier runs included, in the unit of the prices. */
  readonly budget?: number | undefined;
  /** Ask about this many documents only. */
  readonly limit?: number | undefined;
  /** Where keys are read from; default `process.env`. */
  readonly environment?: Environment | undefined;
  /** Starts no further calls. */
  readonly signal?: AbortSignal | undefined;
  /** Called before the first call. An error thrown here ends the run. */
  readonly onEstimate?: ((estimate: AnnotationEstimate) => void | Promise<void>) | undefined;
  readonly onPreparation?: ((done: number, total: number) => void) | undefined;
  readonly onProgress?: ((counts: RunCounts) => void) | undefined;
  readonly onFailure?: ((failure: FailureKind) => void) | undefined;
}

/** Work and cost of an annotation. */
export interface AnnotationEstimate {
  readonly model: string;
  readonly documents: number;
  readonly samples: number;
  /** Calls to make; those in the store are not made again. */
  readonly calls: number;
  readonly done: number;
  /** Roughly, for the calls to make; undefined for an annotator that is not a server. */
  readonly tokens: { readonly input: number; readonly output: number } | undefined;
  /** Roughly, in the unit of the prices; 0 if there are none. */
  readonly cost: number;
  /** The most that one call can cost, with all its repetitions; a budget below it allows no call. */
  readonly mostPerCall: number;
  /** What the store has cost so far. */
  readonly spent: number;
  readonly questions: QuestionAccount;
}

/** Labelled documents and what happened on the way. */
export interface AnnotationOutcome {
  /** The annotated ones, in the order given. */
  readonly documents: readonly Document[];
  readonly account: AnnotationAccount;
  readonly estimate: AnnotationEstimate;
  /** Undefined for a dry run. */
  readonly run: SynthesisOutcome | undefined;
  readonly survey: StoreSurvey;
}

/**
 * Asks about the documents what the store does not hold yet, and returns them labelled. Labels that they have are neither shown nor kept.
 *
 * @throws ConfigError `annotate/no-documents`; SynthesisError `synthesis/other-plan` if the store holds answers to other questions,
 * `synthesis/duplicate-instance`, `synthesis/no-key`, `synthesis/not-authorised` and the other errors that every call would have
 */
export async function annotate(
  documents: readonly Document[],
  settings: AnnotateSettings & { readonly dryRun?: boolean | undefined },
): Promise<AnnotationOutcome> {
  const {
    schema,
    store,
    samples = 3,
    seed = 1,
    leastAgreement = 0.5,
    limit,
    signal,
    dryRun = false,
  } = settings;
  if (documents.length === 0) throw noDocuments();
  const { asked, account: questions } = await questionsAbout(documents, {
    ...settings,
    onProgress: (done) => settings.onPreparation?.(done, documents.length),
  });
  const annotator = open(settings, asked);
  try {
    const plan: ChainPlan = {
      direction: "text",
      rounds: 1,
      chains: samples,
      seed,
      duplicateLevels: null,
      textToText: annotator,
      instances: () => instancesOf(asked),
    };
    const wanted = await manifestOf(plan);
    const isThere = existsSync(storeLayout(store).manifest);
    const manifest = isThere ? requireSamePlan(store, await readManifest(store), wanted) : wanted;
    const before = await surveyStore(store, manifest);
    const estimate = estimateOf(settings, asked, annotator, before, questions);
    await settings.onEstimate?.(estimate);
    const run = dryRun
      ? undefined
      : await runChains({
          folder: store,
          plan,
          manifest,
          before,
          limit,
          budget: settings.budget,
          signal,
          onProgress: settings.onProgress,
          onFailure: settings.onFailure,
        });
    const { rows, timings } = await answersIn(store, manifest);
    const tally = new Tally();
    tally.documents.given = documents.length;
    const { model, settings: of } = annotator.identity;
    const temperature = typeof of.temperature === "number" ? of.temperature : undefined;
    const options = { schema, samples, leastAgreement, model, temperature };
    const labelled = asked.flatMap((one) => {
      const collected = collect(one, rows.get(one.document.id) ?? [], timings, options, tally);
      return collected.state === "annotated" ? [collected.document] : [];
    });
    const survey = await surveyStore(store, manifest);
    return { documents: labelled, account: tally.account(), estimate, run, survey };
  } finally {
    await annotator.dispose();
  }
}

function open(
  { annotator, schema, environment = process.env }: AnnotateSettings,
  asked: readonly AskedDocument[],
): TextToText {
  if (!isServer(annotator)) return annotator;
  const paths = new Map(asked.map(({ document, picturePath }) => [document.id, picturePath]));
  return openChatAnnotator(annotator, {
    environment,
    answerSchema: answerJsonSchema(schema),
    mostPerCall: mostPerCall(annotator, asked),
    pictureOf: (id) => readPictureUrl(paths.get(id), annotator.pictureSide, id),
  });
}

function isServer(annotator: AnnotatorSettings | TextToText): annotator is AnnotatorSettings {
  return "baseUrl" in annotator;
}

async function readPictureUrl(path: string | undefined, side: number, id: string): Promise<string> {
  if (path === undefined) throw new Error(`the question about ${id} has a picture without a path`);
  try {
    return await pictureDataUrl(await readFile(path), side, path);
  } catch (cause) {
    throw new SynthesisError({
      code: "synthesis/no-pixels",
      message: `the picture of ${id} could be read before, and cannot be read now: ${(cause as Error).message}`,
      place: path,
      remedy: "Do not change the pictures while they are annotated.",
      cause,
    });
  }
}

/** The longest question and the longest answer, as often as a call may be repeated. */
function mostPerCall(settings: AnnotatorSettings, asked: readonly AskedDocument[]): number {
  const input = asked.reduce((most, { question }) => Math.max(most, tokensOf(question, settings).input), 0);
  return priceOf({ input, output: settings.maxTokens }, settings) * (1 + settings.repeats);
}

function estimateOf(
  { annotator, samples = 3, limit }: AnnotateSettings,
  asked: readonly AskedDocument[],
  { identity, costPerCall }: TextToText,
  before: StoreSurvey,
  questions: QuestionAccount,
): AnnotationEstimate {
  const wanted = asked.slice(0, limit);
  const calls = Math.max(0, wanted.length * samples - before.done);
  const share = calls / (wanted.length * samples);
  let tokens: AnnotationEstimate["tokens"];
  let cost = calls * costPerCall;
  if (isServer(annotator)) {
    const all = wanted.map(({ question }) => tokensOf(question, annotator));
    const sum = (of: "input" | "output") =>
      Math.round(all.reduce((total, one) => total + one[of], 0) * samples * share);
    tokens = { input: sum("input"), output: sum("output") };
    cost = priceOf(tokens, annotator);
  }
  return {
    model: identity.model,
    documents: wanted.length,
    samples,
    calls,
    done: before.done,
    tokens,
    cost,
    mostPerCall: costPerCall,
    spent: totalOf(before.cost),
    questions,
  };
}

async function* instancesOf(asked: readonly AskedDocument[]): AsyncGenerator<SourceInstance> {
  for (const { document, text } of asked) {
    const bytes = new TextEncoder().encode(text);
    yield {
      id: document.id,
      real: async () => ({ mediaType: PLAIN_TEXT, bytes }),
      fingerprint: sha256(bytes),
      mentions: [],
      spans: [],
      exclude: [],
    };
  }
}

/**
 * Refuses an outcome in which everything was answered and nothing can be used.
 *
 * @throws SynthesisError `annotate/nothing-annotated`
 */
export function requireAnnotated({ documents, account }: AnnotationOutcome, store: string): void {
  if (documents.length > 0 || account.documents.unanswered > 0) return;
  const { asked, refused } = account.samples;
  throw new SynthesisError({
    code: "annotate/nothing-annotated",
    message: `none of ${asked} answers is usable: ${refused} refused, ${asked - refused} could not be read`,
    place: store,
    value: account.samples,
    remedy: "Try another model, or raise maxTokens; the answers are in the store.",
    fault: "work",
  });
}

function noDocuments(): ConfigError {
  return new ConfigError({
    code: "annotate/no-documents",
    message: "there is no document to annotate",
    place: "documents",
    remedy:
      "Name a file with at least one document that can be used; `relata validate` says which rows cannot.",
  });
}
