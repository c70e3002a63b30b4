// What files of annotation tools hold that is not read, or cannot be.
import type { DefectKind } from "./defect-kind.ts";

export const TOOL_DEFECTS = {
  "data/unannotated": {
    severity: "warning",
    meaning: "nobody annotated a task, or no answer was saved; it is left out",
    remedy: "Nothing; or annotate it. A text without entities is read if its empty annotation was submitted.",
  },
  "data/cancelled-annotation": {
    severity: "warning",
    meaning: "an annotator skipped, ignored or rejected a task; the annotation is left out",
    remedy: "Nothing; or annotate the task again.",
  },
  "data/other-annotators": {
    severity: "warning",
    meaning: "several people annotated a text, and the annotations of one are read; the others are left out",
    remedy: "Choose whose are read: --annotators first, newest, all or agreement.",
  },
  "data/no-agreement": {
    severity: "warning",
    meaning: "annotators do not agree on entities or relations, which are left out (--annotators agreement)",
    remedy: "Nothing; or read the annotations of one person: --annotators first or newest.",
  },
  "data/region-without-label": {
    severity: "warning",
    meaning: "an annotated region has no label; it is left out",
    remedy: "Label the region in the annotation tool.",
  },
  "data/empty-region": {
    severity: "warning",
    meaning: "an annotated region is empty; it is left out",
    remedy: "Delete the region in the annotation tool.",
  },
  "data/several-labels": {
    severity: "warning",
    meaning: "an annotated region has several labels: each becomes an entity, and relations join the first",
    remedy: "Nothing, if a model may learn overlapping entities; a tagger learns one label for each span.",
  },
  "data/discontinuous-span": {
    severity: "warning",
    meaning: "a mention has gaps: it is read as the span from its first to its last character",
    remedy: "Nothing; or add --reject data/discontinuous-span to leave out such texts.",
  },
  "data/relation-without-label": {
    severity: "warning",
    meaning: "a relation has no label; it is left out",
    remedy: "Label the relation in the annotation tool.",
  },
  "data/relation-end-missing": {
    severity: "warning",
    meaning: "a relation begins or ends at something that is not an entity of the text; it is left out",
    remedy: "Annotate the entity, or delete the relation.",
  },
  "data/relation-both-ways": {
    severity: "warning",
    meaning: "a relation has both directions: a relation is made for each",
    remedy: "Nothing, if the relation is symmetric.",
  },
  "data/event": {
    severity: "warning",
    meaning:
      "an event has arguments: each becomes a relation from the event's trigger, with the role as its label",
    remedy: "Nothing, if events may be learnt as relations.",
  },
  "data/other-annotation": {
    severity: "warning",
    meaning:
      "an annotation is neither a labelled span nor a relation, such as a box in a picture; it is not read",
    remedy: "Nothing, if it is not needed.",
  },
  "data/predictions-unused": {
    severity: "warning",
    meaning: "a task has predictions of a model, which are not annotations and are not read",
    remedy: "Accept them in the annotation tool if they are right.",
  },
  "data/task-without-text": {
    severity: "warning",
    meaning: "a task has no text, only a picture or a sound; it is left out",
    remedy: "Nothing; or name the field with the text: --text-field.",
  },
  "data/embedded-picture": {
    severity: "warning",
    meaning: "a picture is in the file itself and has no name; it is not read",
    remedy: "Write the pictures to files, and their names into the field image.",
  },
  "data/not-brat": {
    severity: "error",
    meaning:
      "a line of a brat file (.ann) is not an annotation that brat writes, or the text beside it is missing",
    remedy: "Correct the line; https://brat.nlplab.org/standoff.html describes the format.",
  },
  "data/offsets-from-content": {
    severity: "warning",
    meaning:
      "offsets are read in the unit that fits the mentions' texts or whole words, not in the format's usual one (reported once per file)",
    remedy: "Nothing, if the entities are right; --offsets names the unit.",
  },
  "data/reader-rejects": {
    severity: "error",
    meaning: "a reader that the user registered finds no document in a row, for the reason that it gives",
    remedy: "Fix the row, or the reader.",
  },
  "data/reader-leaves-out": {
    severity: "warning",
    meaning: "a reader that the user registered does not use a row, for the reason that it gives",
    remedy: "Nothing, if the reason is right.",
  },
  "data/reader-note": {
    severity: "warning",
    meaning: "a reader that the user registered says what it decided about the annotations of a row",
    remedy: "Nothing, if the decision is right.",
  },
  "data/torn-tail": {
    severity: "warning",
    meaning: "a cache file ended in an unfinished write, which was discarded",
    remedy: "Nothing: the lost entry is computed again.",
  },
  "data/corrupted-features": {
    severity: "warning",
    meaning: "an entry of the feature cache does not match its checksum and is not used",
    remedy: "Nothing: it is computed again. If it recurs, check the disk.",
  },
} as const satisfies Readonly<Record<string, DefectKind>>;
