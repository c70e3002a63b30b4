// Turns the answers in a store into labelled documents. Nothing is asked here, so it can be repeated with other rules for what is kept.
import type { Document, JsonObject } from "../data/document.ts";
import type { ContentRow, Timing } from "../synthesis/store/ledger-row.ts";
import { hasContent, type LedgerRow } from "../synthesis/store/ledger-row.ts";
import type { Manifest } from "../synthesis/store/manifest.ts";
import { readingStore, storeEntries, storeTimings } from "../synthesis/store/survey.ts";
import { type Agreement, agree } from "./agreement.ts";
import type { Tally } from "./annotation-account.ts";
import { type GroundedAnswer, Grounder, type LostMention } from "./ground-answer.ts";
import type { AskedDocument } from "./questions.ts";
import { readAnswer } from "./read-answer.ts";
import type { AnnotationSchema } from "./schema.ts";
import { uncertaintyOf } from "./uncertainty.ts";

/** Which samples of a document say something. */
interface Samples {
  readonly asked: number;
  readonly usable: number;
}

/** Lost mentions that a document lists; the counts cover all. */
const MAX_LOST_LISTED = 20;

/** The answered calls of a store, by document. */
export async function answersIn(
  folder: string,
  manifest: Manifest,
): Promise<{
  readonly rows: ReadonlyMap<string, readonly LedgerRow[]>;
  readonly timings: ReadonlyMap<string, Timing>;
}> {
  return readingStore(async () => {
    const rows = new Map<string, LedgerRow[]>();
    const timings = new Map<string, Timing>();
    for await (const entry of storeEntries(folder, manifest)) {
      if (entry.kind !== "row") continue;
      const known = rows.get(entry.row.instance);
      if (known === undefined) rows.set(entry.row.instance, [entry.row]);
      else known.push(entry.row);
    }
    for await (const timing of storeTimings(folder, manifest)) timings.set(timing.call, timing);
    return { rows, timings };
  });
}

/** What a document became, or why it is not in the output. */
export type Collected =
  | { readonly state: "annotated"; readonly document: Document; readonly agreement: Agreement }
  /** Some samples are not answered yet. */
  | { readonly state: "unanswered" }
  /** All samples are answered, and none is usable. */
  | { readonly state: "unusable" };

/** How samples become documents. */
export interface CollectOptions {
  readonly schema: AnnotationSchema;
  readonly samples: number;
  /** Share of usable samples that an entity or a relation needs. */
  readonly leastAgreement: number;
  readonly model: string;
  readonly temperature: number | undefined;
}

/** Grounds and joins the samples of one document; adds to the tally. */
export function collect(
  { document }: AskedDocument,
  rows: readonly LedgerRow[],
  timings: ReadonlyMap<string, Timing>,
  options: CollectOptions,
  tally: Tally,
): Collected {
  if (rows.length < options.samples) {
    tally.documents.unanswered++;
    return { state: "unanswered" };
  }
  const grounder = new Grounder(document.text, options.schema);
  const answers: GroundedAnswer[] = [];
  for (const row of rows) {
    const answer = answerOf(row, tally);
    if (answer === undefined) continue;
    tally.samples.usable++;
    tally.counts.malformed += answer.malformed;
    answers.push(grounder.ground(answer.mentions, answer.relations, tally.counts));
  }
  const lost = lostOf(answers);
  tally.addLost(document.id, lost);
  if (answers.length === 0) {
    tally.documents.unusable++;
    return { state: "unusable" };
  }
  tally.documents.annotated++;
  const agreement = agree(answers, options.schema, options.leastAgreement);
  tally.addAgreement(agreement);
  const samples = { asked: options.samples, usable: answers.length };
  return {
    state: "annotated",
    agreement,
    document: labelled(document, agreement, rows, timings, samples, lost, options),
  };
}

function answerOf(row: LedgerRow, tally: Tally) {
  tally.samples.asked++;
  if (!hasContent(row)) {
    tally.samples.refused++;
    return undefined;
  }
  tally.addDetails(row);
  const answer = readAnswer((row as ContentRow).text ?? "");
  if (answer.state === "read") return answer;
  tally.addUnreadable(answer.why);
  return undefined;
}

function lostOf(answers: readonly GroundedAnswer[]): readonly LostMention[] {
  const all = answers.flatMap(({ lost }) => lost);
  return [...new Map(all.map((one) => [`${one.why}\n${one.label}\n${one.text}`, one])).values()];
}

function labelled(
  document: Document,
  { entities, relations, leftOut, ...rest }: Agreement,
  rows: readonly LedgerRow[],
  timings: ReadonlyMap<string, Timing>,
  samples: Samples,
  lost: readonly LostMention[],
  { model, temperature }: CollectOptions,
): Document {
  // One sample agrees with itself: that says nothing, so nothing is said.
  const probability = (share: number) => (samples.usable < 2 ? {} : { probability: share });
  const first = rows.find(hasContent);
  const served = first?.details?.model;
  const times = rows.flatMap((row) => (row.state === "not-made" ? [] : (timings.get(row.call)?.at ?? [])));
  const annotatedBy: JsonObject = {
    model,
    ...(typeof served === "string" && served !== model ? { servedModel: served } : {}),
    prompt: first?.request ?? "",
    samples: { ...samples },
    ...(temperature === undefined ? {} : { temperature }),
    uncertainty: uncertaintyOf({ entities, relations, leftOut, ...rest }, samples.usable, lost.length),
    ...(times.length === 0 ? {} : { at: times.sort().at(-1) ?? "" }),
    ...(leftOut.length === 0
      ? {}
      : {
          leftOut: leftOut.map(({ start, end, label, share, why }) => ({
            text: document.text.slice(start, end),
            ...{ start, end, label, ...probability(share), why },
          })),
        }),
    ...(lost.length === 0
      ? {}
      : {
          lost: lost
            .slice(0, MAX_LOST_LISTED)
            .map(({ text, label, why }) => ({ text: wellFormed(text), label: wellFormed(label), why })),
        }),
  };
  const { id, text, image, category, meta } = document;
  return {
    id,
    text,
    ...(image === undefined ? {} : { image }),
    entities: entities.map(({ start, end, label, share }) => ({ start, end, label, ...probability(share) })),
    relations: relations.map(({ head, tail, label, share }) => ({
      head,
      tail,
      label,
      ...probability(share),
    })),
    ...(category === undefined ? {} : { category }),
    meta: { ...meta, annotatedBy },
  };
}

/** A model's string without halves of characters, which no file of documents may have. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, "\ufffd");
}
