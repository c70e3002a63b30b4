// Turns documents and a store of generated views into the student's examples, and counts what is used and what is not.

import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import type { Relation } from "../../data/document.ts";
import { tokensOf } from "../../data/tokens.ts";
import type { TextView } from "../../synthesis/view.ts";
import { type ExampleOptions, inputOf } from "../relation/examples.ts";
import { type ExamplesRequest, prepareExamples } from "../relation/prepare.ts";
import type { ViewAccount } from "../requests.ts";
import type { PreparedSet } from "../shared/training-task.ts";
import { accountOfViews, readWantedViews, type WantedViews } from "./generated-views.ts";
import type { SelectionAccount } from "./selection-notes.ts";
import type { StoreViews } from "./store-views.ts";
import { OWN_VIEW, picturePool, type StudentExample, type StudentView } from "./student-example.ts";

export interface StudentSet extends PreparedSet<StudentExample> {
  /** The store instance of each example's views, by the example's id. */
  readonly instanceOf: ReadonlyMap<string, string>;
  readonly views?: ViewAccount;
  readonly stored?: StoreViews;
  /** What the selection of training views did, for the run's record; only for training with generated views. */
  readonly selection?: SelectionAccount | undefined;
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
  const { stored, pictures } = await readWantedViews(wanted, real, onPreparation);
  let undecodable = 0;
  const pairs = base.documents.flatMap(({ relations }) => relations); // one example per relation, in order
  const examples = base.examples.map((example, at): StudentExample => {
    // A text made from a picture has the mentions of one pair; one made from a text, those of the whole document.
    const pair = wanted.rewritten ? pairs[at]! : PAIR_OF_INSTANCE;
    const views = (stored.byInstance.get(instanceOf.get(example.id)!) ?? []).flatMap(
      (view): StudentView[] => {
        if (view.kind === "text")
          return [{ kind: "text", id: view.id, input: textInput(example.id, view, pair, request) }];
        const features = pictures.get(view.content);
        if (features) return [{ kind: "picture", id: view.id, visual: features }];
        undecodable++;
        return [];
      },
    );
    return { ...example, views, hidesOwn: wanted.hidesOwn };
  });
  const known = new Set(instanceOf.values());
  const views = accountOfViews(wanted, stored, { source: set.report.source, examples, known, undecodable });
  return { ...base, examples, instanceOf, views, stored };
}

/** Returns the views that an example may train on, before any selection: generated ones, its own other modality, or both. */
export function poolOf(
  example: StudentExample,
  real: "text" | "picture",
  use: Config["synthesis"]["use"],
): readonly StudentView[] {
  if (real === "text" || use === "synthetic") return picturePool(example, use);
  const generated = use === "real" ? [] : (example.views ?? []);
  return [{ kind: "text", id: OWN_VIEW, input: example.input }, ...generated];
}

/** Real texts have one instance per document; real pictures one per pair of mentions. */
function instances({ documents, examples }: PreparedSet<StudentExample>, real: "text" | "picture") {
  if (real === "picture") return new Map(examples.map(({ id }) => [id, id]));
  const owners = documents.flatMap(({ id, relations }) => relations.map(() => id));
  return new Map(examples.map(({ id }, i) => [id, owners[i]!])); // one example per relation, in order
}

type Pair = Pick<Relation, "head" | "tail">;
const PAIR_OF_INSTANCE: Pair = { head: 0, tail: 1 };

/** Converts a generated text to the model's form: its two mentions are head and tail. */
function textInput(id: string, view: TextView, pair: Pair, options: ExampleOptions) {
  const [head, tail] = [view.mentions[pair.head], view.mentions[pair.tail]];
  if (head === undefined || tail === undefined) {
    throw new DataError({
      code: "data/view-without-mentions",
      message: `the accepted text ${view.id} of ${id} gives the spans of ${counted(view.mentions.length, "mention")}; those of the relation are needed`,
      place: view.store,
      remedy:
        "Make the store again from exactly these documents: a generated text must contain both mentions.",
    });
  }
  const { id: viewId, text } = view;
  const question = { id: viewId, text, words: tokensOf({ text }), mentions: [head, tail] };
  return inputOf(question, { head: 0, tail: 1 }, options);
}
