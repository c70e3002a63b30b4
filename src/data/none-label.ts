// The label for "no relation": its other names, reading documents that use one, and detecting a missing None.

import type { Document } from "./document.ts";
import { NONE_LABEL } from "./labels.ts";

/** Its names in data sets, in lower case and letters only: NA (NYT10, OpenNRE, DeepKE), no_relation (TACRED), Other (SemEval). */
const NAMES = new Set(
  "na nil nota o no none null nothing noneoftheabove norel norelation norelations norelationship norelationships notrelated nonrelated notapplicable unrelated other others negative false".split(
    " ",
  ),
);

/** Labels that look like another name for "None", in the given order; empty if "None" itself is among them. */
export function likeNone(labels: Iterable<string>): readonly string[] {
  const all = [...labels];
  if (all.includes(NONE_LABEL)) return [];
  return all.filter((label) => NAMES.has(lettersOf(label)));
}

/** Names that are hardly ever a real relation, whatever the other labels are; excludes "Other" and "negative". */
const ONLY_NONE = new Set(
  "na nil no none null norel norelation norelations norelationship norelationships notrelated unrelated".split(
    " ",
  ),
);

/** Labels that almost certainly mean "no relation", in the given order. */
export function namesOfNone(labels: Iterable<string>): readonly string[] {
  return [...labels].filter((label) => ONLY_NONE.has(lettersOf(label)));
}

function lettersOf(label: string): string {
  return label
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/** The document with `noneLabel` replaced by "None". */
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
