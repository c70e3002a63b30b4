// Notes on a relation model's labels: whether it can answer "no relation", and whether one of them may mean that.

import { shellWord } from "../../base/shell-word.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import { likeNone, namesOfNone } from "../../data/none-label.ts";
import type { PairAccount } from "./pair-set.ts";

/** Where to declare the label that means "no relation". */
const NAMING = "--none-label";

/**
 * Returns a label that may be another name for "None"; empty if the set has "None".
 *
 * @param where what has the labels, such as "the training documents"
 */
function likeNoneNotes(labels: Iterable<string>, where: string): string[] {
  return likeNone(labels).map(
    (label) =>
      `note: ${JSON.stringify(label)} of ${where} may mean "no relation" but counts as a relation like any other: F1 includes it, and extraction reports it. If it means no relation, use ${NAMING} ${shellWord(label)} (data.noneLabel)`,
  );
}

/** Labels that surely mean "no relation" and occur together with "None", as in joined data sets; Other may be a relation there. */
function besideNoneNotes(labels: readonly string[]): string[] {
  return namesOfNone(labels.filter((label) => label !== NONE_LABEL)).map(
    (label) =>
      `note: the training documents have both ${JSON.stringify(label)} and "${NONE_LABEL}", which may both mean "no relation"; ${JSON.stringify(label)} counts as a relation. If it means no relation, use ${NAMING} ${shellWord(label)} (data.noneLabel)`,
  );
}

/** Returns the notes of a training run. */
export function relationNotes(
  { labels }: { readonly labels: Iterable<string> },
  { pairs }: { readonly pairs?: Pick<PairAccount, "negatives" | "made"> | undefined },
): string[] {
  const all = [...labels];
  const isMade = (pairs?.made ?? 0) > 0; // the label set has None, but the documents may use another name
  const like = likeNoneNotes(
    isMade ? all.filter((label) => label !== NONE_LABEL) : all,
    "the training documents",
  );
  if (like.length === 0) like.push(...besideNoneNotes(all));
  if (all.includes(NONE_LABEL)) return like;
  if (like.length > 0) return like;
  const remedy = pairs?.negatives === "all" ? "" : ", or add all unannotated pairs with --negatives all";
  return [
    `warning: no training pair is ${NONE_LABEL} ("no relation"): the model will find a relation for every pair it is asked about. Annotate pairs without a relation as ${NONE_LABEL}${remedy}`,
  ];
}

/** The note for a model that cannot answer "None". */
export function withoutNoneNotes(labels: Iterable<string>): string[] {
  const all = [...labels];
  if (all.includes(NONE_LABEL)) return [];
  const like = likeNoneNotes(all, "the model's labels");
  if (like.length > 0) return like;
  return [
    `warning: the model has no label ${NONE_LABEL} ("no relation"): it finds a relation for every pair it is asked about. Train it with --negatives typed`,
  ];
}
