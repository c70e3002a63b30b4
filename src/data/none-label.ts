// The label that says "no relation": other names for it, how documents are read that use one, and how a missing None is noticed.

import type { Document } from "./document.ts";
import { NONE_LABEL } from "./labels.ts";

/** What data sets call it, in lower case and without anything but letters: NA (NYT10, OpenNRE, DeepKE), no_relation (TACRED), Other (SemEval). */
const NAMES = new Set(
  "na nil nota o no none null nothing noneoftheabove norel norelation norelations norelationship norelationships notrelated nonrelated notapplicable unrelated other others negative false".split(
    " ",
  ),
);

/** Labels that look like another name for "None", in the order given; empty where "None" itself is among them. */
export function likeNone(labels: Iterable<string>): readonly string[] {
  const all = [...labels];
  if (all.includes(NONE_LABEL)) return [];
  return all.filter((label) => NAMES.has(lettersOf(label)));
}

/** Names that are hardly a relation's, whatever the other labels are: not "Other" or "negative". */
const ONLY_NONE = new Set(
  "na nil no none null norel norelation norelations norelationship norelationships notrelated unrelated".split(
    " ",
  ),
);

/** Labels that can hardly mean anything but "no relation", in the order given. */
export function namesOfNone(labels: Iterable<string>): readonly string[] {
  return [...labels].filter((label) => ONLY_NONE.has(lettersOf(label)));
}

function lettersOf(label: string): string {
  return label
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/** The document with "None" where it says `noneLabel`. */
export function withNone(document: Document, noneLabel: string | undefined): Document {
  if (noneLabel === undefined || !document.relations.some(({ label }) => label === noneLabel))
    return document;
  return {
    ...document,
    relations: document.relations.map((relation) =>
      relation.label === noneLabel ? { ...relation, label: NONE_LABEL } : relation,
    ),
  };
}
