// The student's input: a relation example with views of the other modality in addition to its real one.
import type { RelationInput } from "../../encoders/tokenizing/relation-input.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";
import type { RelationExample } from "../relation/examples.ts";

/** A view of an example: a picture for a real text, or a text for a real picture. */
export type StudentView =
  | { readonly kind: "picture"; readonly id: string; readonly visual: VisualFeatures }
  | { readonly kind: "text"; readonly id: string; readonly input: RelationInput };

/** Name of the view that was not generated: the document's own picture, or its own text. */
export const OWN_VIEW = "own";

/** Views that an example may show in an epoch of training. */
export type KeptViews = (epoch: number) => readonly StudentView[];

/** What an example of either task has besides its real view. */
export interface ViewedExample {
  readonly id: string;
  /** The document's own picture; undefined without a usable one. */
  readonly visual: VisualFeatures | undefined;
  readonly views?: readonly StudentView[];
  /** The other real modality exists but must be ignored: the example was collected without it. */
  readonly hidesOwn?: boolean;
  /** What it may show in training; required only there. */
  readonly keptIn?: KeptViews;
}

/**
 * A relation example with generated views. The student decides which part is the query and which a view: a student trained from
 * real texts queries with the text, and `visual` is one more view; one trained from real pictures queries with `visual`.
 */
export interface StudentExample extends RelationExample, ViewedExample {}

/** The same example with nothing to show besides its real view. */
export function withoutViews(example: StudentExample): StudentExample {
  return { ...example, views: [], hidesOwn: true };
}

/** Everything to show besides the real view at prediction: the other real modality if it exists, then the generated views. */
export function shownViews(example: StudentExample, real: "text" | "picture"): readonly StudentView[] {
  const { input, views = [], hidesOwn = false } = example;
  if (real === "text") return shownPictures(example);
  return hidesOwn ? views : [{ kind: "text", id: OWN_VIEW, input }, ...views];
}

/** The same where the text is real. */
export function shownPictures({
  visual,
  views = [],
  hidesOwn = false,
}: Omit<ViewedExample, "id">): readonly StudentView[] {
  return hidesOwn || visual === undefined ? views : [{ kind: "picture", id: OWN_VIEW, visual }, ...views];
}

/** What an example with a real text may train on, before any selection: its generated pictures, its own, or both. */
export function picturePool(
  { visual, views = [] }: Omit<ViewedExample, "id">,
  use: "synthetic" | "real" | "both",
): readonly StudentView[] {
  if (use === "synthetic") return views;
  return shownPictures({ visual, views: use === "real" ? [] : views });
}
