// Adds the views of a store to texts whose entities are to be found, and counts what is used and what is not.
import type { OnPreparation } from "../../base/progress.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { VisualInput } from "../../visual/visual-channel.ts";
import type { EntityExampleOptions } from "../entity/examples.ts";
import { type PreparedEntities, prepareEntities } from "../entity/prepare.ts";
import type { LabelledText } from "../entity/scores.ts";
import type { ViewAccount } from "../requests.ts";
import { accountOfViews, readWantedViews, type WantedViews } from "../student/generated-views.ts";
import type { SelectionAccount } from "../student/selection-notes.ts";
import type { StoreViews } from "../student/store-views.ts";
import type { StudentView } from "../student/student-example.ts";
import type { EntityStudentExample } from "./entity-student-model.ts";

/** A labelled text whose windows have views. */
export interface ViewedText extends LabelledText {
  readonly windows: readonly (EntityStudentExample & { readonly input: { readonly start: number } })[];
}

export interface EntityStudentSet extends PreparedEntities {
  readonly examples: readonly EntityStudentExample[];
  readonly texts: readonly ViewedText[];
  readonly views?: ViewAccount;
  readonly stored?: StoreViews;
  /** What the selection of training views did, for the run's record; only for training. */
  readonly selection?: SelectionAccount | undefined;
}

export interface EntityStudentsRequest extends EntityExampleOptions {
  readonly set: DocumentSet;
  /** The documents' own pictures; undefined: they are not looked at. */
  readonly visual: VisualInput | undefined;
  /** Undefined: no generated views. */
  readonly wanted: WantedViews | undefined;
  readonly onPreparation: OnPreparation;
}

/** Builds examples of documents, each with the views of its text. @throws DataError `data/no-views`, and the codes of `prepareEntities` */
export async function prepareEntityStudents({
  set,
  visual,
  wanted,
  onPreparation,
  ...options
}: EntityStudentsRequest): Promise<EntityStudentSet> {
  const base = await prepareEntities(set, options, visual, onPreparation);
  if (wanted === undefined) return base;
  const { stored, pictures } = await readWantedViews(wanted, "text", onPreparation);
  let undecodable = 0;
  const ofDocument = base.documents.map(({ id }) => {
    const found = stored.byInstance.get(id) ?? [];
    const views = found.flatMap((view): StudentView[] => {
      const visual = pictures.get(view.content);
      return visual ? [{ kind: "picture", id: view.id, visual }] : [];
    });
    undecodable += found.length - views.length;
    return { views, hidesOwn: wanted.hidesOwn };
  });
  const examples = base.examples.map((example, i) => ({ ...example, ...ofDocument[i]! }));
  const texts = base.texts.map((text, i) => ({
    ...text,
    windows: text.windows.map((window) => ({ ...window, ...ofDocument[i]! })),
  }));
  const known = new Set(base.documents.map(({ id }) => id));
  const views = accountOfViews(wanted, stored, { source: set.report.source, examples, known, undecodable });
  return { ...base, examples, texts, views, stored };
}
