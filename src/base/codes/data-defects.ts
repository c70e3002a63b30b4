// Codes of data defects that a reader finds, with severity, meaning and remedy. Under "strict" a defect becomes an error with the same code.

import { ANNOTATION_DEFECTS } from "./defects/annotation-defects.ts";
import type { DefectKind } from "./defects/defect-kind.ts";
import { FILE_DEFECTS } from "./defects/file-defects.ts";
import { ROW_DEFECTS } from "./defects/row-defects.ts";
import { TOOL_DEFECTS } from "./defects/tool-defects.ts";
import { VISUAL_DEFECTS } from "./defects/visual-defects.ts";

/** Every code a reader can report; codes are never renamed. `docs/data.md` has the same table. */
export const DEFECTS = {
  ...FILE_DEFECTS,
  ...ROW_DEFECTS,
  ...ANNOTATION_DEFECTS,
  ...VISUAL_DEFECTS,
  ...TOOL_DEFECTS,
} as const satisfies Readonly<Record<string, DefectKind>>;

/** Code of a defect: a key of `DEFECTS`. */
export type DefectCode = keyof typeof DEFECTS;
