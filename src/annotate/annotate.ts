// Annotates documents with a vision model: asks for mentions as strings, finds them in the texts, and joins several samples.
// Every call is a row of a store (the one of `relata synthesize`: a text made from a text in one step), so it is made once and can be resumed.
import { SynthesisError } from "../base/errors.ts";
import type { Document } from "../data/document.ts";
import type { TextToText } from "../synthesis/generators/generator.ts";
import type { PartsJob } from "../synthesis/queued-parts.ts";
import { runChains, type SynthesisOutcome } from "../synthesis/run-chains.ts";
import { type QueuedOutcome, type QueuedRun, runQueuedParts } from "../synthesis/run-queued-parts.ts";
import type { FailureKind, RunCounts } from "../synthesis/run-state.ts";
import { totalOf } from "../synthesis/store/by-generator.ts";
import { unfinishedParts } from "../synthesis/store/part-meter.ts";
import { type StoreSurvey, surveyStore } from "../synthesis/store/survey.ts";
import type { ShardChoice } from "../units/shard.ts";
import { type AnnotationAccount, Tally } from "./annotation-account.ts";
import { answersIn, collect } from "./collect.ts";
import { isServer, openAnnotation, type QuestionSettings } from "./open-annotation.ts";
import type { AskedDocument, QuestionAccount } from "./questions.ts";
import { priceOf, tokensOf } from "./token-estimate.ts";

/** What to ask, whom, how often, and what it may cost. */
export interface AnnotateSettings extends QuestionSettings {
  /** Share of usable samples that an entity or a relation needs, 0 to 1; default 0.5. */
  readonly leastAgreement?: number | undefined;
  /** Limit on the cost of the store, earlier runs included, in the unit of the prices. */
  readonly budget?: number | undefined;
  /** Ask about this many documents only. */
  readonly limit?: number | undefined;
  /** Ask only the questions in this share of the store's parts; other processes ask the others. */
  readonly share?: ShardChoice | undefined;
  /** Let workers ask, who get parts of the store through a queue; nothing is asked in this process. */
  readonly queue?: AnnotationQueue | undefined;
  /** Called before the first call. An error thrown here ends the run. */
  readonly onEstimate?: ((estimate: AnnotationEstimate) => void | Promise<void>) | undefined;
  readonly onProgress?: ((counts: RunCounts) => void) | undefined;
  readonly onFailure?: ((failure: FailureKind) => void) | undefined;
}

/** A queue, and what its workers are told. */
export interface AnnotationQueue
  extends Pick<QueuedRun, "broker" | "depth" | "attempts" | "onPartFailure" | "onNote"> {
  /** What a worker needs to ask the same questions. */
  readonly job: PartsJob;
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
  readonly run: SynthesisOutcome | QueuedOutcome | undefined;
  readonly survey: StoreSurvey;
  /** Parts of the store that are not finished, by number. */
  readonly unfinished: readonly number[];
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
  const { schema, store, samples = 3, leastAgreement = 0.5, limit, dryRun = false } = settings;
  const { plan, manifest, asked, annotator, questions } = await openAnnotation(documents, settings);
  try {
    const before = await surveyStore(store, manifest);
    const estimate = estimateOf(settings, asked, annotator, before, questions);
    await settings.onEstimate?.(estimate);
    const { budget, signal, share, queue, onProgress, onFailure } = settings;
    const ask = () =>
      queue === undefined
        ? runChains({
            folder: store,
            ...{ plan, manifest, before, limit, share, budget, signal, onProgress, onFailure },
          })
        : runQueuedParts(store, { plan, manifest }, queue.job, { ...queue, budget, signal, onProgress });
    const run = dryRun ? undefined : await ask();
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
    const unfinished = unfinishedParts(store, manifest);
    return { documents: labelled, account: tally.account(), estimate, run, survey, unfinished };
  } finally {
    await annotator.dispose();
  }
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
