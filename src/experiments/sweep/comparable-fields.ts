// Which fields a sweep may compare: not those that leave the model as it is, and not those that would score rows on different documents.
import { configFields, similarFields } from "../../config/fields.ts";
import { MAY_CHANGE } from "../../config/resuming.ts";
import type { Config } from "../../config/schema.ts";
import { presetError } from "../plan.ts";

interface Reason {
  readonly why: string;
  readonly remedy: string;
}

const FOR_ALL_ROWS = "Set it for all rows with --set or in the configuration.";
const WHERE_IT_RUNS: Reason = {
  why: "says where the graphs run, not what they compute",
  remedy: FOR_ALL_ROWS,
};
const WHAT_IS_READ: Reason = {
  why: "says how the scored documents are read, so each row would be scored on other documents",
  remedy: "Give a configuration for each reading, with --dataset name=config.json.",
};

/** Fields and sections that cannot be compared. */
const REFUSED: Readonly<Record<string, Reason>> = {
  task: {
    why: "decides what is scored, and rows of two tasks have no common score",
    remedy: "Run an experiment for each task.",
  },
  preset: {
    why: "only fills in fields, and the configuration has them all before it is swept",
    remedy: "Use `relata experiment run published-defaults`, which exchanges the defaults.",
  },
  extensions: { why: "only loads code", remedy: "Sweep the field that names what an extension brings." },
  "training.seed": {
    why: "is what every row is repeated with",
    remedy: "Name the seeds with --seeds.",
  },
  "training.device": WHERE_IT_RUNS,
  "training.library": WHERE_IT_RUNS,
  "training.provider": WHERE_IT_RUNS,
  "data.validation": WHAT_IS_READ,
  "data.captions.validation": WHAT_IS_READ,
  "data.format": WHAT_IS_READ,
  "data.bio": WHAT_IS_READ,
  "data.imageExtension": WHAT_IS_READ,
  "data.offsets": WHAT_IS_READ,
  "data.annotators": WHAT_IS_READ,
  "data.textField": WHAT_IS_READ,
  "data.imageField": WHAT_IS_READ,
  "data.noneLabel": WHAT_IS_READ,
};

/** @throws ConfigError `experiment/unknown-field` with similar names, `experiment/field-not-compared` with the reason */
export function requireComparable(field: string, base: Config): void {
  if (!configFields().has(field)) throw unknown(field);
  const reason = reasonAgainst(field, base);
  if (reason === undefined) return;
  throw presetError(
    "experiment/field-not-compared",
    `${field} cannot be swept: it ${reason.why}`,
    reason.remedy,
    field,
  );
}

function reasonAgainst(field: string, base: Config): Reason | undefined {
  const refused = Object.entries(REFUSED).find(
    ([name]) => field === name || field.startsWith(`${name}.`),
  )?.[1];
  if (refused !== undefined) return refused;
  const free = MAY_CHANGE.find(
    ({ field: name, where }) => name === field && (where === undefined || where(base)),
  );
  return free === undefined ? undefined : { why: free.why, remedy: FOR_ALL_ROWS };
}

function unknown(field: string) {
  const similar = similarFields(field);
  const isSection = similar.some((name) => name.startsWith(`${field}.`));
  return presetError(
    "experiment/unknown-field",
    isSection
      ? `"${field}" is a section of the configuration, not one field`
      : `the configuration has no field "${field}"`,
    similar.length === 0
      ? "docs/configuration.md lists every field."
      : `${isSection ? "Name one of its fields" : "Did you mean"}: ${similar.join(", ")}${isSection ? "." : "? docs/configuration.md lists every field."}`,
    field,
  );
}
