// Measures how near a generated view is to the real one, in the real one's modality, by what the view was turned back into.

import { mapConcurrently } from "../../base/concurrently.ts";
import { ConfigError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import { readWholeText } from "../../base/whole-file.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { CAPTIONED_PICTURE } from "../../synthesis/generators/generator.ts";
import { TextEmbedder } from "../../synthesis/text-embedder.ts";
import type { PictureView, View } from "../../synthesis/view.ts";
import type { OpenedVisual } from "../../visual/visual-channel.ts";
import type { StudentSet } from "./prepare-students.ts";
import type { ViewNumber } from "./selection.ts";
import { captionOf, FILES_AT_ONCE, featuresOfPictures } from "./store-views.ts";

/** Similarity of a view that could not be turned back: its next step was refused, failed or rejected. */
const LEAST = -1;

export interface Similarities {
  /** Cosine, in [-1, 1]. */
  readonly similarityOf: ViewNumber;
  /** Views that could not be turned back; they count as the least similar. */
  readonly withoutCounterpart: number;
}

/**
 * Returns cosine similarity by example and view. A picture is compared with a real text by its caption: its own if it has one, otherwise the
 * text that the chain generated from it. A text is compared with a real picture by the picture that the chain generated from it, in the
 * features of the picture encoder.
 *
 * @throws ConfigError `config/view-without-counterpart` when chains end with the views
 */
export async function similarities(
  set: StudentSet,
  real: "text" | "picture",
  { runtime, encoder, channel }: { runtime: Runtime; encoder: string; channel: OpenedVisual },
  onPreparation: OnPreparation,
): Promise<Similarities> {
  const views = [...set.stored!.byInstance.values()].flat(); // needed only if there is a store
  const counterparts = new Map<string, Float32Array>();
  const origins = new Map<string, Float32Array>();
  if (real === "text") {
    const found = await mapConcurrently(views, FILES_AT_ONCE, (view) => textOfView(view, set));
    const [compared, texts] = presentOf(views, found);
    const documents = set.documents.map(({ text }) => text);
    const embedder = await TextEmbedder.open(runtime, encoder);
    try {
      const rows = await embedder.embed([...documents, ...texts], (done, total) =>
        onPreparation?.({ what: "comparing views", done, total }),
      );
      const row = (i: number) => rows.subarray(i * embedder.width, (i + 1) * embedder.width);
      set.documents.forEach(({ id }, i) => {
        origins.set(id, row(i));
      });
      compared.forEach(({ id }, i) => {
        counterparts.set(id, row(documents.length + i));
      });
    } finally {
      await embedder.dispose();
    }
  } else {
    const [compared, next] = presentOf(
      views,
      views.map((view) => counterpart(view, set) as PictureView | undefined),
    );
    const features = await featuresOfPictures(next, channel, onPreparation);
    compared.forEach(({ id }, i) => {
      const found = features.get(next[i]!.content);
      if (found) counterparts.set(id, found.pooled);
    });
    for (const { id, visual } of set.examples)
      if (visual) origins.set(set.instanceOf.get(id)!, visual.pooled);
  }
  return {
    similarityOf(example, view) {
      const origin = origins.get(set.instanceOf.get(example)!);
      const made = counterparts.get(view);
      return origin && made ? cosine(origin, made) : LEAST;
    },
    withoutCounterpart: views.filter(({ id }) => !counterparts.has(id)).length,
  };
}

/** Returns the views that have a value, with their values. */
function presentOf<T>(views: readonly View[], found: readonly (T | undefined)[]): readonly [View[], T[]] {
  const pairs = views.flatMap((view, i) => {
    const one = found[i];
    return one === undefined ? [] : [[view, one] as const];
  });
  return [pairs.map(([view]) => view), pairs.map(([, one]) => one)];
}

async function textOfView(view: View, set: StudentSet): Promise<string | undefined> {
  if (view.mediaType === CAPTIONED_PICTURE) return captionOf(view);
  const next = counterpart(view, set);
  return next && readWholeText(next.path);
}

/** What the chain made from the view; undefined if that failed. */
function counterpart(view: View, { stored }: StudentSet): View | undefined {
  const { backTranslations, roundsTurnedBack } = stored!; // needed only if there is a store
  const next = backTranslations.get(view.id);
  if (next || view.round <= roundsTurnedBack) return next;
  throw new ConfigError({
    code: "config/view-without-counterpart",
    message: `view ${view.id} of ${view.instance} is the last of its chain (round ${view.round}): it was not turned back into the real modality, so it cannot be compared with the real view`,
    place: "synthesis.selection.method",
    remedy:
      "Make the store with `closing: true` in the plan, which also turns the last views back, or use views of fewer rounds (synthesis.rounds).",
  });
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}
