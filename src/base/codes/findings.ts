// Codes of the findings of `relata audit`: what each kind means, and what to do about it.
import type { NoteTable } from "./code-table.ts";

/** Kinds of findings. `leak/`: an answer can be had without reading the post; `label/`: an answer is doubtful. */
export const FINDING_CODES = {
  "balance/dominant-label": {
    means:
      "One label is half of all or more. Answering it always has that accuracy, so an accuracy near it shows nothing.",
    remedy: "Report F1 by label or macro-F1 beside any accuracy, and compare with the label's share.",
  },
  "balance/label-drift": {
    means:
      "The shares of labels differ between two splits by more than dealing the same documents at random would give (500 deals of whole documents).",
    remedy:
      "Split again at random (`relata import --split`) if both should be alike. If not, say so beside the score, and choose thresholds on data like those to be read.",
  },
  "balance/rare-label": {
    means: "Labels have fewer than 10 examples in training: too few to learn.",
    remedy: "Annotate more of them, join them with a related label, or leave them out.",
  },
  "balance/unlearnt-label": {
    means: "A scored split has labels that training lacks. No model can get them right.",
    remedy: "Split again so that training has every label, or leave these cases out of the score and say so.",
  },
  "balance/unscorable-label": {
    means:
      "Labels have fewer than 20 cases in a scored split. The 95 % interval of a recall of one half is then wider than 20 points to both sides.",
    remedy:
      "Do not compare systems by these labels alone, nor by macro-F1 without an interval; score on more documents.",
  },
  "balance/unscored-label": {
    means: "Training has labels that a scored split lacks: nothing is known of how well they are found.",
    remedy: "Score on documents that have them, or say that the score is not about them.",
  },
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
  "pairs/too-many": {
    means:
      "Documents have more ordered pairs of mentions than a relation model is asked about; only the nearest are.",
    remedy: "Split such documents into paragraphs, or raise the number of pairs when you extract.",
  },
  "picture/extreme-aspect": {
    means:
      "Pictures are more than four times as long as wide, or as wide as long. Encoders cut or squeeze them to a square, and little remains.",
    remedy: "Look at them: they are often banners, screenshots or separators. Leave those out.",
  },
  "picture/flat": {
    means: "Pictures have one colour, often black or white: nothing can be seen in them.",
    remedy: "Fetch them again, or treat the posts as posts without a picture.",
  },
  "picture/many-texts": {
    means:
      "The same picture occurs with many different texts: a placeholder, a logo or an advertisement, which says nothing about the single post.",
    remedy: "Look at it. If it is a placeholder, treat the posts as posts without a picture.",
  },
  "picture/tiny": {
    means: "Pictures have a side below 32 pixels, less than two patches of most encoders.",
    remedy: "Fetch the originals; these are thumbnails or tracking pixels.",
  },
  "picture/undecodable": {
    means: "Picture files cannot be decoded: truncated, of another format, or too large.",
    remedy: "Fetch them again. Training counts their posts as posts without a picture.",
  },
  "picture/unrelated": {
    means:
      "A CLIP model finds no more likeness between a picture and its text than between the picture and the text of another post.",
    remedy:
      "Look at the rows. Where pictures say nothing about texts, a model of the text alone is the honest baseline; compare with shuffled pictures.",
  },
  "text/mixed-scripts": {
    means: "Texts have letters of two scripts, at least three letters and a fifth of all in the second.",
    remedy: "Check that the encoder's vocabulary has both: unknown letters become [UNK].",
  },
  "text/mojibake": {
    means: "Texts were UTF-8 and were read as Windows-1252 or ISO 8859-1: `cafÃ©` for `café`.",
    remedy: "Read the source again as UTF-8. The offsets of entities change with the repair.",
  },
  "text/near-empty": {
    means: "Texts have fewer than three words besides links, user names and hashtags.",
    remedy: "Leave them out, or check that they were not cut. A model can only guess from the picture.",
  },
  "text/other-language": {
    means: "Some texts seem to be in another language than most. Languages are guessed from function words.",
    remedy:
      "Choose an encoder that knows these languages, or leave such documents out of training and scores and say so.",
  },
  "text/other-script": {
    means: "Some texts are mainly written in another script than most.",
    remedy:
      "Choose an encoder that knows these languages, or leave such documents out of training and scores and say so.",
  },
  "text/replacement-character": {
    means: "Texts have replacement characters (U+FFFD), where bytes were lost in a wrong decoding.",
    remedy: "Read the source again in its own encoding: what the file has lost cannot be restored.",
  },
  "text/too-long": {
    means: "Texts have more tokens than the encoder reads, or than `--max-length`.",
    remedy:
      "Raise `training.maxLength` if the encoder allows it, or split long documents; entity models read them in windows when they extract.",
  },
} satisfies NoteTable;
