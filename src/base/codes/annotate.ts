// Codes of `relata annotate`: the schema of the labels, and what to ask about.
import type { CodeTable } from "./code-table.ts";

/** Errors of annotation by a model. A call that fails has a code of `synthesis/`, because the same clients make it. */
export const ANNOTATE_CODES = {
  "annotate/bad-schema": {
    means: "The schema of the labels has a field of the wrong shape, or its parts contradict each other.",
    remedy:
      "Fix the fields that the message names. docs/annotating.md shows a schema, and `relata annotate --init` writes one.",
  },
  "annotate/no-documents": {
    means: "There is no document to annotate.",
    remedy:
      "Name a file with at least one document that can be used; `relata validate` says which rows cannot.",
  },
  "annotate/nothing-annotated": {
    means: "No document has a usable answer: the model refused, or its answers could not be read.",
    remedy:
      "Read the counts above this message, try another model, or raise maxTokens. The answers are kept in the store.",
    fault: "work",
  },
  "annotate/schema-exists": {
    means: "The file for a new schema exists. It is not replaced, because somebody may have filled it in.",
    remedy: "Name another file, or remove this one.",
  },
} as const satisfies CodeTable;
