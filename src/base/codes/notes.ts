// Codes of notes: what extraction left out or cut, in a result that is otherwise complete.
import type { NoteTable } from "./code-table.ts";

/** Notes of an extraction. They change no exit code. */
export const NOTE_CODES = {
  "extract/below-threshold": {
    means:
      "Entities, relations or the category were found, but are not reported, because they are less probable than their label's threshold. The note counts them by label.",
    remedy:
      "Nothing, if precision matters more. Otherwise set other thresholds with `relata thresholds`, or extract with `thresholds: false` (`--no-thresholds`).",
  },
  "extract/mentions-too-long": {
    means:
      "Some pairs of entities were not asked about, because their two mentions alone have more tokens than the model reads.",
    remedy:
      "Nothing, if long mentions do not matter. Otherwise train the relation model with a larger `training.maxLength`.",
  },
  "extract/pairs-left-out": {
    means:
      "The post has more pairs of entities than are asked about. Those with the fewest mentions between them were taken.",
    remedy: "Raise `maxPairs` (`--max-pairs`) if the other pairs matter.",
  },
  "extract/text-cut": {
    means:
      "For some pairs of entities the text was cut around the mentions, to what the relation model reads. Or the category model read only the beginning of the text.",
    remedy:
      "Nothing, unless relations or the category depend on distant words. Then train with a larger `training.maxLength`.",
  },
} satisfies NoteTable;
