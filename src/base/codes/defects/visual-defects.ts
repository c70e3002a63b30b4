// Defects of captions and features.
import type { DefectKind } from "./defect-kind.ts";

export const VISUAL_DEFECTS = {
  "data/empty-caption": {
    severity: "warning",
    meaning: "a picture's caption is empty; the picture is treated as having no caption",
    remedy: "Write a caption for the picture.",
  },
  "data/duplicate-caption": {
    severity: "error",
    meaning: "an earlier row has a caption for the same picture; the first caption is used",
    remedy: "Keep one caption per picture.",
  },
  "data/unread-field": {
    severity: "warning",
    meaning: "caption rows have fields that are not read (reported once per file)",
    remedy: "Nothing, if they are not needed.",
  },
} as const satisfies Readonly<Record<string, DefectKind>>;
