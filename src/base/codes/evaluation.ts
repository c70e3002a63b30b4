// Codes of the evaluation layer: arguments for which a metric is undefined.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata/evaluation`. */
export const EVALUATION_CODES = {
  "evaluation/bad-aim": {
    means: "The precision that thresholds should reach is not between 0 and 1.",
    remedy: "Give a precision above 0 and below 1, for example 0.9.",
  },
  "evaluation/bad-bootstrap": {
    means:
      "An option of the paired bootstrap is outside its range: the size, the samples, the confidence or the seed.",
    remedy: "Set the option that the message names to a value in its range.",
  },
  "evaluation/bad-label-index": {
    means: "A gold or predicted label is not an index into the label set.",
    remedy: "Give whole numbers from 0 to one less than the number of labels.",
  },
  "evaluation/bad-relation": {
    means: "A relation's head or tail is not an index into the entities of its document.",
    remedy: "Count the entities of the same document from 0.",
  },
  "evaluation/bad-scores": {
    means: "Scores or probabilities are not finite, are outside 0 to 1, or do not have one row per instance.",
    remedy: "Give finite scores with one row per instance. Probabilities lie between 0 and 1.",
  },
  "evaluation/different-documents": {
    means: "The gold and the predicted document in the same place have different ids.",
    remedy: "Give both lists with the same documents in the same order.",
  },
  "evaluation/different-lengths": {
    means: "There are more or fewer predictions than gold labels.",
    remedy: "Give one prediction per instance, in the same order.",
  },
  "evaluation/not-a-number": {
    means: "A statistic or the score of a run is NaN or infinite, so no mean or interval can be given.",
    remedy: "Find out why that run has no score. For the bootstrap, use a statistic that every resample has.",
  },
  "evaluation/nothing-to-evaluate": {
    means: "A measure was asked of an empty list.",
    remedy: "Give at least one instance. If a file was read, check that its rows were not all rejected.",
  },
} satisfies CodeTable;
