// The label for "no relation": its other names, reading documents that use one, and detecting a missing None.

import { counted } from "../base/counted.ts";
import { type Defect, defect, quote } from "./defects.ts";
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

/** Renames labels that mean "no relation" to "None" while a file is read, and reports them once. */
export class NoneNames {
  readonly #path: string;
  readonly #isNamed: boolean;
  readonly #counts = new Map<string, number>();

  /** @param noneLabel the user's name for it: then no other label is renamed */
  constructor(path: string, noneLabel: string | undefined) {
    this.#path = path;
    this.#isNamed = noneLabel !== undefined;
  }

  rename<D extends Document | undefined>(document: D): D | Document {
    if (document === undefined || this.#isNamed) return document;
    const names = new Set(namesOfNone(document.relations.map(({ label }) => label)));
    names.delete(NONE_LABEL);
    if (names.size === 0) return document;
    const relations = document.relations.map((relation) => {
      if (!names.has(relation.label)) return relation;
      this.#counts.set(relation.label, (this.#counts.get(relation.label) ?? 0) + 1);
      return { ...relation, label: NONE_LABEL };
    });
    return { ...document, relations };
  }

  defects(): readonly Defect[] {
    return [...this.#counts].map(([name, count]) => {
      const message = `${counted(count, "relation")} ${quote(name)} read as ${NONE_LABEL}, no relation`;
      return defect("data/none-label", this.#path, message, name);
    });
  }
}
