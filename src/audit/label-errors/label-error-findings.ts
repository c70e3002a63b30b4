// Turns suspicions into findings and into documents to correct.

import type { FindingCode } from "../../base/codes/error-code.ts";
import { FINDING_CODES } from "../../base/codes/findings.ts";
import type { Document, JsonObject } from "../../data/document.ts";
import type { Finding } from "../finding.ts";
import type { LabelErrors } from "./find-label-errors.ts";
import type { RankedEntitySuspicion } from "./judge-entities.ts";
import type { RelationSuspicion } from "./judge-relations.ts";
import type { PlacedDocument } from "./label-error-options.ts";

/** Findings of each code: as many as a person looks through; `--suspects` has all. */
const MOST_FINDINGS = 20;

/** The most suspicious labels, each as a finding. Only those whose other reading is more probable than the given one. */
export function findingsOf(seen: readonly PlacedDocument[], { entities, relations }: LabelErrors): Finding[] {
  const taken = new Map<FindingCode, number>();
  const isWanted = (code: FindingCode) => {
    taken.set(code, (taken.get(code) ?? 0) + 1);
    return taken.get(code)! <= MOST_FINDINGS;
  };
  const all = [
    ...(relations?.ranking.filter(isDoubtful).map((one) => relationFinding(seen[one.document]!, one)) ?? []),
    ...(entities?.ranking.filter(isDoubtful).map((one) => entityFinding(seen[one.document]!, one)) ?? []),
  ];
  return all.filter(({ code }) => isWanted(code));
}

function relationFinding({ document, split, place }: PlacedDocument, one: RelationSuspicion): Finding {
  const { head, tail } = document.relations[one.relation]!;
  const [a, b] = [head, tail].map((i) => quoted(document, document.entities[i]!));
  return finding("label/suspicious-relation", {
    feature: `relation ${one.given}`,
    split,
    strength: one.score,
    rows: [place],
    sentence: `${a} and ${b} are labelled ${one.given} (probability ${shown(one.givenProbability)}); models that never saw them say ${one.other} (${shown(one.otherProbability)}).`,
  });
}

function entityFinding({ document, split, place }: PlacedDocument, one: RankedEntitySuspicion): Finding {
  const given = one.given && document.entities[one.given.entity]!;
  const other = one.otherSpan && `${quoted(document, one.otherSpan)} as ${one.otherSpan.label}`;
  const common = { split, strength: one.score, rows: [place] };
  if (given === undefined) {
    return finding("label/missing-entity", {
      ...common,
      feature: `entity ${one.otherSpan?.label ?? ""}`,
      sentence: `Nothing is annotated where models that never saw the text find ${other} (probability ${shown(one.otherProbability)}).`,
    });
  }
  return finding("label/suspicious-entity", {
    ...common,
    feature: `entity ${given.label}: ${one.kind}`,
    sentence: `${quoted(document, given)} is annotated as ${given.label} (probability ${shown(one.givenProbability)}); models that never saw the text find ${other ?? "no entity"} (${shown(one.otherProbability)}).`,
  });
}

function finding(
  code: FindingCode,
  rest: Omit<Finding, "code" | "severity" | "interval" | "remedy">,
): Finding {
  return { code, severity: "note", interval: null, remedy: FINDING_CODES[code].remedy, ...rest };
}

/** Documents with a doubtful label, the most suspicious first; `meta.suspicious` says what the models read. */
export function suspectDocuments(
  seen: readonly PlacedDocument[],
  { entities, relations }: LabelErrors,
): Document[] {
  const notes = new Map<number, { readonly score: number; readonly note: JsonObject }[]>();
  const add = (document: number, score: number, note: JsonObject) => {
    const own = notes.get(document) ?? [];
    own.push({ score, note });
    notes.set(document, own);
  };
  for (const one of relations?.ranking.filter(isDoubtful) ?? []) {
    const { relation, given, givenProbability, other, otherProbability, score } = one;
    add(one.document, score, { relation, given, givenProbability, other, otherProbability });
  }
  for (const one of entities?.ranking.filter(isDoubtful) ?? []) {
    const { kind, givenProbability, otherProbability, score } = one;
    add(one.document, score, {
      kind,
      ...(one.given ? { entity: one.given.entity } : {}),
      givenProbability,
      ...(one.otherSpan ? { other: { ...one.otherSpan } } : {}),
      otherProbability,
    });
  }
  const most = (d: number) => Math.max(...notes.get(d)!.map(({ score }) => score));
  const order = [...notes.keys()].sort((a, b) => most(b) - most(a) || a - b);
  const ids = new Map<string, number>();
  return order.map((d) => {
    const { document, place } = seen[d]!;
    const times = (ids.get(document.id) ?? 0) + 1;
    ids.set(document.id, times);
    const suspicious = [...notes.get(d)!].sort((a, b) => b.score - a.score).map(({ note }) => note);
    return {
      ...document,
      id: times === 1 ? document.id : `${document.id}~${times}`, // ids of several files may be equal
      meta: { ...document.meta, suspicious, from: { file: place.file, row: place.row, id: document.id } },
    };
  });
}

/** A label is doubtful if something else is more probable. */
const isDoubtful = (one: { readonly givenProbability: number; readonly otherProbability: number }): boolean =>
  one.otherProbability > one.givenProbability;

const quoted = (
  { text }: Document,
  { start, end }: { readonly start: number; readonly end: number },
): string => JSON.stringify(text.slice(start, end));

const shown = (probability: number): string => (probability < 0.001 ? "below 0.001" : probability.toFixed(3));
