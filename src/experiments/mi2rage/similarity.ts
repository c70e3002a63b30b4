// How near a generated view is to the real one: compared in the real one's modality, through what the view was turned back into.
import { readFile } from "node:fs/promises";
import type { Runtime } from "../../engine/index.ts";
import { ConfigError } from "../../errors.ts";
import { CAPTIONED_PICTURE } from "../../synthesis/generators/generator.ts";
import { TextEmbedder } from "../../synthesis/text-embedder.ts";
import type { PictureView, View } from "../../synthesis/view.ts";
import { mapConcurrently } from "../concurrently.ts";
import type { OnPreparation, OpenedVisual } from "../visual/visual-channel.ts";
import type { StudentSet } from "./prepare-students.ts";
import type { ViewNumber } from "./selection.ts";
import { captionOf, FILES_AT_ONCE, featuresOfPictures } from "./store-views.ts";

/**
 * Cosine similarity by example and view. A picture is compared with a real text by its caption: its own where it has one, else the text
 * that the chain made of it next. A text is compared with a real picture by the picture that the chain made of it next, in the features
 * of the picture encoder.
 *
 * @throws ConfigError `config/view-without-counterpart` when the chain ended with the view
 */
export async function similarities(
  set: StudentSet,
  real: "text" | "picture",
  { runtime, encoder, channel }: { runtime: Runtime; encoder: string; channel: OpenedVisual },
  onPreparation: OnPreparation,
): Promise<ViewNumber> {
  const views = [...set.stored!.byInstance.values()].flat(); // asked for only where there is a store
  const counterparts = new Map<string, Float32Array>();
  const origins = new Map<string, Float32Array>();
  if (real === "text") {
    const texts = await mapConcurrently(views, FILES_AT_ONCE, (view) => textOfView(view, set));
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
      views.forEach(({ id }, i) => {
        counterparts.set(id, row(documents.length + i));
      });
    } finally {
      await embedder.dispose();
    }
  } else {
    const next = views.map((view) => counterpart(view, set) as PictureView);
    const features = await featuresOfPictures(next, channel, onPreparation);
    views.forEach(({ id }, i) => {
      const found = features.get(next[i]!.content);
      if (found) counterparts.set(id, found.logits);
    });
    for (const { id, visual } of set.examples)
      if (visual) origins.set(set.instanceOf.get(id)!, visual.logits);
  }
  return (example, view) => {
    const origin = origins.get(set.instanceOf.get(example)!);
    const made = counterparts.get(view);
    return origin && made ? cosine(origin, made) : undefined;
  };
}

async function textOfView(view: View, set: StudentSet): Promise<string> {
  if (view.mediaType === CAPTIONED_PICTURE) return captionOf(view);
  return readFile(counterpart(view, set).path, "utf8");
}

function counterpart(view: View, { stored }: StudentSet): View {
  const next = stored!.backTranslations.get(view.id);
  if (next) return next;
  throw new ConfigError({
    code: "config/view-without-counterpart",
    message: `mi2rage: view ${view.id} of ${view.instance} (round ${view.round}) was not turned back into the real modality, so it cannot be compared with the real view`,
    place: "synthesis.selection.method",
    remedy:
      "Make the store with `closing: true` in the plan, which describes the last views too; or use views of fewer rounds (synthesis.rounds).",
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
