// Defects of the shape of a row.
import type { DefectKind } from "./defect-kind.ts";

export const ROW_DEFECTS = {
  "data/missing-field": {
    severity: "error",
    meaning: "a required field is missing",
    remedy: "Add the field.",
  },
  "data/wrong-type": {
    severity: "error",
    meaning: "a field does not have the type that the format requires",
    remedy: "Give the field the type listed in docs/data.md.",
  },
  "data/unknown-field": {
    severity: "error",
    meaning: "a field is nearly one of the format, and would be lost; or the format keeps no others",
    remedy: "Correct the name, or move the field into meta.",
  },
  "data/kept-in-meta": {
    severity: "warning",
    meaning:
      "rows have fields that are not part of the format; they are kept in meta (reported once per file)",
    remedy: "Nothing. If one of them is a misspelt field of the format, correct its name.",
  },
  "data/picture-field": {
    severity: "warning",
    meaning: "rows name their picture in a field picture, which is read as image (reported once per file)",
    remedy: "Nothing; or rename the field to image.",
  },
  "data/index-column": {
    severity: "warning",
    meaning:
      "a column or field numbers rows (pandas' index) or tokens (CoNLL) and is left out (reported once per file and column); an error for a CoNLL block that differs from the first blocks of the file",
    remedy:
      "Nothing, if it is such a column; or write the table without it: df.to_parquet(path, index=False).",
  },
  "data/empty-id": { severity: "error", meaning: "an id is empty", remedy: "Give every document an id." },
  "data/duplicate-id": {
    severity: "error",
    meaning: "an earlier row has the same id",
    remedy: "Give every document its own id.",
  },
  "data/empty-text": {
    severity: "error",
    meaning: "a text or token list is empty",
    remedy: "Remove the row.",
  },
  "data/empty-image": {
    severity: "error",
    meaning: "an image name is empty",
    remedy: "Omit the field if there is no picture.",
  },
  "data/lone-surrogate": {
    severity: "error",
    meaning: "a string contains half of a surrogate pair, which is not a character",
    remedy: "Repair the string where it was cut.",
  },
  "data/empty-label": { severity: "error", meaning: "a label is empty", remedy: "Name the label." },
  "data/bad-probability": {
    severity: "error",
    meaning: "the probability of an entity or relation is not from 0 to 1",
    remedy: "Give the probability of the label, or omit it.",
  },
  "data/unknown-label": {
    severity: "error",
    meaning: "a relation's label is not in the given label set",
    remedy: "Correct the label, or give the label set of this data.",
  },
} as const satisfies Readonly<Record<string, DefectKind>>;
