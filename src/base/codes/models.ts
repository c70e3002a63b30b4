// Codes of the models' inputs and outputs: tags, spans and scores of entities.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata/tagging` and the other model subpaths. */
export const MODEL_CODES = {
  "models/bad-emissions": {
    means: "A tagger's scores are not finite, or not one row per token and one column per tag.",
    remedy: "Give the scores [tokens, tags] of the model that the tag scheme belongs to.",
  },
  "models/bad-entity-range": {
    means: "An entity's word range is empty, reversed or not made of whole numbers.",
    remedy: "Give half-open ranges of word indices, with the end after the start.",
  },
  "models/bad-entity-types": {
    means: "The list of entity types is empty, or holds an empty or a repeated name.",
    remedy: "Name every entity type once.",
  },
  "models/bad-temperature": {
    means: "The temperature that divides the scores is not a finite number above 0.",
    remedy: "Fit it on validation documents, or keep it at 1.",
  },
  "models/bad-word-index": {
    means: "The tokens do not name their words in text order.",
    remedy: "Give each token the index of its word, never decreasing, and -1 for special tokens.",
  },
  "models/overlapping-entities": {
    means: "Two entities share a word, which BIO tags cannot express.",
    remedy: "Keep one of the two, for instance the longer one.",
  },
  "models/unknown-entity-type": {
    means: "A span carries an entity type that the model does not have.",
    remedy: "Map the type to one of those in the message, or leave the span out.",
  },
} satisfies CodeTable;
