// Codes of the findings of `relata audit`: what each kind means, and what to do about it.
import type { NoteTable } from "./code-table.ts";

/** Kinds of findings. `leak/`: an answer can be had without reading the post; `label/`: an answer is doubtful. */
export const FINDING_CODES = {
  "label/conflicting-entities": {
    means:
      "The same text occurs with different entities. At least one of the annotations is wrong, or the picture decides.",
    remedy: "Look at the rows side by side and correct one; both can be right only if the pictures differ.",
  },
  "label/conflicting-relations": {
    means:
      "The same text with the same head and tail has different relations. No model of the text can have both right.",
    remedy: "Look at the rows side by side and correct one; both can be right only if the pictures differ.",
  },
  "label/missing-entity": {
    means:
      "Models that were not trained on a text find an entity in it where none is annotated. Its number is how much more probable it is than nothing.",
    remedy: "Look at the text. If an entity was overlooked, annotate it; --suspects writes a file for that.",
  },
  "label/overlapping-spans": {
    means:
      "Two mentions of a document overlap. A tagger cannot learn both, and readers differ in which one they keep.",
    remedy: "Nothing for relations if one mention really contains the other. For entities, keep one of them.",
  },
  "label/suspicious-entity": {
    means:
      "Models that were not trained on a text read an annotated entity as another type, with other boundaries, or as none. Its number is how much more probable their reading is.",
    remedy: "Look at the entity; the models may be wrong. --suspects writes a file for correction.",
  },
  "label/suspicious-relation": {
    means:
      "Models that were not trained on a text give the label of a relation a low probability. Its number is 1 minus that probability.",
    remedy: "Look at the relation; the models may be wrong. --suspects writes a file for correction.",
  },
  "leak/duplicate-picture": {
    means:
      "Pictures of two splits, or of one, look the same although their files have other names: copies that were recompressed, scaled or slightly cut.",
    remedy: "Keep all posts with a picture in one split, and count a repeated picture once.",
  },
  "leak/duplicate-text": {
    means:
      "Documents have the same text up to case, white space and the form of accents. Across splits, a model has seen what it is scored on.",
    remedy: "Keep all copies of a text in one split (`relata import --split` does), or score without them.",
  },
  "leak/near-duplicate-text": {
    means:
      "Documents have almost the same words: a retweet, another link, a corrected word. Across splits, a model has nearly seen what it is scored on.",
    remedy: "Keep all versions of a text in one split, or score without them.",
  },
  "leak/seen-mentions": {
    means:
      "Mentions of a scored split also occur in training with the same label. Scores on them measure memory as well as reading.",
    remedy:
      "Report the score on unseen mentions beside the whole: `relata evaluate --predictions`, then `relata audit --predictions`.",
  },
  "leak/seen-pairs": {
    means:
      "Pairs of head and tail of a scored split also occur in training. Scores on them measure memory as well as reading.",
    remedy:
      "Report the score on unseen pairs beside the whole: `relata evaluate --predictions`, then `relata audit --predictions`.",
  },
  "leak/shared-id": {
    means: "Documents of two splits have the same id: the same post is on both sides.",
    remedy: "Keep each post in one split only, or score without these documents.",
  },
  "leak/shared-picture": {
    means: "Documents of two splits name the same picture.",
    remedy: "Keep all posts with a picture in one split.",
  },
  "leak/side-feature": {
    means:
      "Labels can be told from something other than the post: a side file, a name, the order of the file, a missing picture. A model that gets it, even as padding or a mask, need not read.",
    remedy:
      "Leave this input out of models, prompts and filters, with everything that is made from it: counts, masks, order, lengths. Or make it again without looking at the labels.",
  },
} satisfies NoteTable;
