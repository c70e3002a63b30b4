// The rows that a student of two experts reads: the real view by itself, the views by themselves, and the two mentions, which the
// question is about and which every row has.
import type { RelationInput } from "../../encoders/tokenizing/relation-input.ts";
import type { RealView } from "../../models/mi2rage/config.ts";
import type { Shown } from "./draw-views.ts";
import { type StudentExample, type StudentView, shownViews, withoutViews } from "./student-example.ts";

/** Reduces a text to its two mentions. */
export type MentionsOf = (input: RelationInput) => RelationInput;

/** How a student's examples become rows. */
export interface ExpertRows {
  /** The real view and the mentions, without views. */
  real(example: StudentExample): StudentExample;
  /** The views and the mentions, without the rest of the real view. */
  views(example: StudentExample): StudentExample;
  /** The mentions. */
  mentions(example: StudentExample): StudentExample;
  /** The two rows of a training step: what `views` shows is drawn. */
  trained(drawn: Shown<StudentExample>): readonly [real: Shown<StudentExample>, views: Shown<StudentExample>];
}

/** A real text is reduced to its mentions; beside a real picture, or in its place, the mentions are a text of their own. */
export function expertRows(real: RealView, mentionsOf: MentionsOf): ExpertRows {
  const rows = real === "text" ? rowsOfTexts(mentionsOf) : rowsOfPictures(mentionsOf);
  const shown = (example: StudentExample) => ({ example, views: shownViews(example, real) });
  return {
    ...rows,
    trained: ({ example, views }) => [
      shown(rows.real(example)),
      views.length > 0 ? { example: rows.views(example), views } : shown(rows.mentions(example)),
    ],
  };
}

type Rows = Omit<ExpertRows, "trained">;

function rowsOfTexts(mentionsOf: MentionsOf): Rows {
  const views = (example: StudentExample) => ({ ...example, input: mentionsOf(example.input) });
  return { real: withoutViews, views, mentions: (example) => withoutViews(views(example)) };
}

function rowsOfPictures(mentionsOf: MentionsOf): Rows {
  const views = (example: StudentExample) => ({ ...example, visual: undefined });
  const real = (example: StudentExample): StudentExample => ({
    ...withoutViews(example),
    views: [mentionsView(mentionsOf(example.input))],
  });
  return { real, views, mentions: (example) => views(real(example)) };
}

const mentionsView = (input: RelationInput): StudentView => ({ kind: "text", id: "mentions", input });
