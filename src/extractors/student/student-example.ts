// What the student reads: a relation example with views of the other modality beside its real one.
import type { RelationInput } from "../../encoders/tokenizing/relation-input.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";
import type { RelationExample } from "../relation/examples.ts";

/** A view of an example: a picture beside a real text, or a text beside a real picture. */
export type StudentView =
  | { readonly kind: "picture"; readonly id: string; readonly visual: VisualFeatures }
  | { readonly kind: "text"; readonly id: string; readonly input: RelationInput };

/** Name of the view that was not generated: the document's own picture, or its own text. */
export const OWN_VIEW = "own";

/** Views that an example may show in an epoch of training. */
export type KeptViews = (epoch: number) => readonly StudentView[];

/**
 * A relation example with generated views. What of it is the query and what a view depends on the student: one that was trained from
 * real texts asks with the text, and `visual` is one more view; one that was trained from real pictures asks with `visual`.
 */
export interface StudentExample extends RelationExample {
  readonly views?: readonly StudentView[];
  /** The other real modality is there and must not be looked at: the example was collected without it. */
  readonly hidesOwn?: boolean;
  /** What it may show in training; needed there, and nowhere else. */
  readonly keptIn?: KeptViews;
}

/** Everything that can be shown beside the real view at prediction: the other real modality where it is there, then the generated views. */
export function shownViews(example: StudentExample, real: "text" | "picture"): readonly StudentView[] {
  const { visual, input, views = [], hidesOwn = false } = example;
  if (hidesOwn) return views;
  if (real === "picture") return [{ kind: "text", id: OWN_VIEW, input }, ...views];
  return visual === undefined ? views : [{ kind: "picture", id: OWN_VIEW, visual }, ...views];
}
