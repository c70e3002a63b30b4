// Turns documents and a store of generated views into the student's examples, and counts what is used and what is not.

import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import { tokensOf } from "../../data/tokens.ts";
import type { PictureView, TextView } from "../../synthesis/view.ts";
import type { VisualFeatures, VisualInput } from "../../visual/visual-channel.ts";
import { type ExampleOptions, inputOf } from "../relation/examples.ts";
import { type ExamplesRequest, prepareExamples } from "../relation/prepare.ts";
import type { ViewAccount } from "../requests.ts";
import type { PreparedSet } from "../shared/training-task.ts";
import type { SelectionAccount } from "./selection-notes.ts";
import { featuresOfPictures, readStoreViews, type StoreViews } from "./store-views.ts";
import { OWN_VIEW, type StudentExample, type StudentView } from "./student-example.ts";

export interface StudentSet extends PreparedSet<StudentExample> {
  /** The store instance of each example's views, by the example's id. */
  readonly instanceOf: ReadonlyMap<string, string>;
  readonly views?: ViewAccount;
  readonly stored?: StoreViews;
  /** What the selection of training views did, for the run's record; only for training with generated views. */
  readonly selection?: SelectionAccount | undefined;
}

/** Which views of which store to use. */
export interface WantedViews {
  readonly store: string;
  readonly rounds?: number | undefined;
  readonly chains?: number | undefined;
  readonly asManyAsRounds?: number | undefined;
  /** The documents' own other modality must be ignored, even if it exists. */
  readonly hidesOwn: boolean;
  /** The channel that encodes generated pictures; needed if the text is real. */
  readonly visual: VisualInput | undefined;
}

export interface StudentsRequest extends ExamplesRequest {
  readonly real: "text" | "picture";
  /** Undefined: no generated views. */
  readonly wanted: WantedViews | undefined;
}

/** Builds relation examples with their generated views. */
export async function prepareStudents(request: StudentsRequest): Promise<StudentSet> {
  const { set, real, wanted, onPreparation } = request;
  const base = await prepareExamples(request);
  const instanceOf = instances(base, real);
  if (wanted === undefined) return { ...base, instanceOf };
  const stored = await readStoreViews(wanted.store, { real, ...wanted });
  const pictures =
    real === "text"
      ? await featuresOfPictures(picturesOf(stored), channelOf(wanted), onPreparation)
      : new Map<string, VisualFeatures>();
  let undecodable = 0;
  const examples = base.examples.map((example): StudentExample => {
    const views = (stored.byInstance.get(instanceOf.get(example.id)!) ?? []).flatMap(
      (view): StudentView[] => {
        if (view.kind === "text")
          return [{ kind: "text", id: view.id, input: textInput(example.id, view, request) }];
        const features = pictures.get(view.content);
        if (features) return [{ kind: "picture", id: view.id, visual: features }];
        undecodable++;
        return [];
      },
    );
    return { ...example, views, hidesOwn: wanted.hidesOwn };
  });
  const known = new Set(instanceOf.values());
  const ofOtherDocuments = [...stored.byInstance].reduce(
    (sum, [instance, views]) => sum + (known.has(instance) ? 0 : views.length),
    0,
  );
  if (examples.every(({ views }) => views!.length === 0))
    throw noViews(wanted.store, set.report.source, stored);
  const views: ViewAccount = {
    store: wanted.store,
    accepted: stored.accepted,
    ...(wanted.asManyAsRounds === undefined ? {} : { notDrawn: stored.notDrawn }),
    rejected: stored.rejected,
    ofOtherDocuments,
    undecodable,
    examplesWithoutViews: examples.filter((example) => example.views!.length === 0).length,
  };
  return { ...base, examples, instanceOf, views, stored };
}

/** Returns the views that an example may train on, before any selection: generated ones, its own other modality, or both. */
export function poolOf(
  example: StudentExample,
  real: "text" | "picture",
  use: Config["synthesis"]["use"],
): readonly StudentView[] {
  const generated = use === "real" ? [] : (example.views ?? []);
  if (use === "synthetic") return generated;
  if (real === "picture") return [{ kind: "text", id: OWN_VIEW, input: example.input }, ...generated];
  const { visual } = example;
  return visual === undefined ? generated : [{ kind: "picture", id: OWN_VIEW, visual }, ...generated];
}

/** Real texts have one instance per document; real pictures one per pair of mentions. */
function instances({ documents, examples }: PreparedSet<StudentExample>, real: "text" | "picture") {
  if (real === "picture") return new Map(examples.map(({ id }) => [id, id]));
  const owners = documents.flatMap(({ id, relations }) => relations.map(() => id));
  return new Map(examples.map(({ id }, i) => [id, owners[i]!])); // one example per relation, in order
}

function picturesOf({ byInstance }: StoreViews): PictureView[] {
  return [...byInstance.values()].flat().filter((view): view is PictureView => view.kind === "picture");
}

function channelOf({ visual }: WantedViews) {
  if (visual) return visual.channel;
  throw new Error("pictures are to be read, but no visual channel was given");
}

/** Converts a generated text to the model's form: its two mentions are head and tail. */
function textInput(id: string, view: TextView, options: ExampleOptions) {
  const [head, tail] = view.mentions;
  if (head === undefined || tail === undefined) {
    throw new DataError({
      code: "data/view-without-mentions",
      message: `the accepted text ${view.id} of ${id} gives the spans of ${counted(view.mentions.length, "mention")}; two are needed`,
      place: view.path,
      remedy:
        "Make the store again from these documents: a text generated from a picture must contain both mentions.",
    });
  }
  const { id: viewId, text } = view;
  const question = { id: viewId, text, words: tokensOf({ text }), mentions: [head, tail] };
  return inputOf(question, { head: 0, tail: 1 }, options);
}

function noViews(store: string, source: string, { byInstance }: StoreViews): DataError {
  const examples = [...byInstance.keys()].slice(0, 3);
  return new DataError({
    code: "data/no-views",
    message: `no example of ${source} has a view in ${store} (its instances are ${examples.map((id) => JSON.stringify(id)).join(", ") || "none"} ...)`,
    place: store,
    remedy: "Make the store from exactly these documents; their ids must match.",
  });
}
