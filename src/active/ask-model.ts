// Answers to a batch from a vision model: what `relata annotate` does, with a store for each round.
import { type AnnotationOutcome, annotate, requireAnnotated } from "../annotate/annotate.ts";
import type { AnnotatorSettings } from "../annotate/annotator-settings.ts";
import { deriveSchema } from "../annotate/derive-schema.ts";
import { type AnnotationSchema, parseAnnotationSchema } from "../annotate/schema.ts";
import { counted } from "../base/counted.ts";
import { ConfigError, DataError } from "../base/errors.ts";
import type { Document } from "../data/document.ts";
import { totalOf } from "../synthesis/store/by-generator.ts";
import type { Answers } from "./answers.ts";
import type { ActiveTask } from "./questions.ts";

/** Which model is asked, and what it may cost. */
export interface ModelAsk {
  readonly who: "model";
  readonly annotator: AnnotatorSettings;
  /** What the labels mean; undefined: derived from the labelled documents. */
  readonly schema?: AnnotationSchema | undefined;
  /** Answers per document; their agreement is the probability of a label. */
  readonly samples: number;
  /** Limit on the cost of the whole run, in the unit of the annotator's prices; needed if it has any. */
  readonly budget?: number | undefined;
}

/** What a round knows. */
export interface ModelRound {
  /** Folder of the calls. */
  readonly store: string;
  readonly task: ActiveTask;
  /** Labelled documents to show to the model, and to derive labels from. */
  readonly labelled: readonly Document[];
  /** Further documents to derive labels from, which are not shown. */
  readonly scoring: readonly Document[];
  readonly pictures: string | undefined;
  /** Cost of the earlier rounds. */
  readonly spent: number;
  /** Continue although some documents have no answer. */
  readonly partial: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the model about a batch; calls that the store has are not made again. Undefined if the signal was aborted.
 *
 * @throws DataError `active/answers-missing` for calls that failed, or that the budget does not allow; the codes of `annotate`
 */
export async function modelAnswers(
  batch: readonly Document[],
  { annotator, schema, samples, budget }: ModelAsk,
  { store, task, labelled, scoring, pictures, spent, partial, signal }: ModelRound,
): Promise<Answers | undefined> {
  const derived = schema ?? schemaOf([...labelled, ...scoring], task);
  const outcome = await annotate(batch, {
    schema: derived,
    annotator,
    store,
    samples,
    pictures,
    signal,
    budget: budget === undefined ? undefined : Math.max(0, budget - spent),
    ...(labelled.length > 0 ? { examples: { documents: labelled } } : {}),
  });
  if (signal?.aborted) return undefined;
  requireAnnotated(outcome, store);
  const { unanswered, unusable } = outcome.account.documents;
  if (unanswered > 0 && !partial) throw unansweredOf(outcome, unanswered, batch.length, store);
  const back = new Set(outcome.documents.map(({ id }) => id));
  const missing = batch.filter(({ id }) => !back.has(id)).map(({ id }) => id);
  return {
    documents: outcome.documents.map((document) =>
      task === "mner" ? { ...document, relations: [] } : document,
    ),
    rejected: unusable,
    again: unusable === 0 ? missing : [], // which of them were unusable is not known
    cost: totalOf(outcome.survey.cost),
  };
}

/** Labels with typical mentions as their descriptions. */
function schemaOf(documents: readonly Document[], task: ActiveTask): AnnotationSchema {
  const found = deriveSchema(
    task === "mner" ? documents.map((document) => ({ ...document, relations: [] })) : documents,
  );
  if (found !== undefined) return parseAnnotationSchema(found, "the labelled documents");
  throw new ConfigError({
    code: "annotate/bad-schema",
    message: "no labelled document has an entity that says which labels there are",
    place: "--schema",
    remedy: "Name a schema with --schema; `relata annotate --init` writes one.",
  });
}

/** Refuses settings with which a model cannot be asked. @throws ConfigError `config/contradiction` */
export function requireAskable({ annotator, budget }: ModelAsk, task: ActiveTask): void {
  const { pricePerMillionInput, pricePerMillionOutput } = annotator;
  if (task === "mre")
    throw contradiction(
      "a model finds mentions itself, but relations of given mentions are to be learnt",
      "Use --task both, or --ask person.",
    );
  if (pricePerMillionInput + pricePerMillionOutput > 0 && budget === undefined)
    throw contradiction(
      "the calls have a price, but there is no budget",
      "Give --budget: what all rounds may cost.",
    );
}

function contradiction(message: string, remedy: string): ConfigError {
  return new ConfigError({ code: "config/contradiction", message, place: "--ask model", remedy });
}

function unansweredOf(
  { run }: AnnotationOutcome,
  unanswered: number,
  asked: number,
  store: string,
): DataError {
  const [failure] = run?.failures ?? [];
  const why = failure === undefined ? `calls stopped: ${run?.stop ?? "not all were made"}` : failure.message;
  return new DataError({
    code: "active/answers-missing",
    message: `${counted(unanswered, "document")} of ${asked} have no answer of the model (${why})`,
    place: store,
    value: unanswered,
    remedy:
      "Resume: calls that were answered are not made again. Or resume with --partial to continue without them.",
  });
}
