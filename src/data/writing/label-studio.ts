// Writes tasks of Label Studio: annotations, or predictions where there are probabilities, with the project's labeling configuration beside.
import { extname } from "node:path";
import { replaceFile } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import {
  nothingLeftOut,
  type Prediction,
  predictionOf,
  type ResultItem,
  type ResultNames,
  resultOf,
} from "../annotations/label-studio-items.ts";
import { imageNameOf } from "../annotations/task-fields.ts";
import type { Document } from "../document.ts";
import { writeAtomically } from "../file-sink.ts";
import { namedEntities } from "../mention-texts.ts";
import { spansIn } from "../offset-units.ts";
import { rowFields } from "../own-fields.ts";
import { withoutEntities, withoutRelations } from "./fit.ts";
import { LabelCollector } from "./label-collector.ts";
import { isXmlText, labelStudioConfig, PROJECT_NAMES } from "./label-studio-config.ts";
import type { Lose } from "./losses.ts";
import type { DocumentTarget, WriteContext, Written } from "./target.ts";

/** How a task is written. */
export interface LabelStudioTaskOptions {
  /** Name of the model in predictions; default "relata". */
  readonly modelVersion?: string | undefined;
  /** Address of the picture folder, before each picture's name: `/data/local-files/?d=pictures/`. */
  readonly pictureAddress?: string | undefined;
  /** Whether the document becomes an annotation or a prediction; default: a prediction if it has a probability. */
  readonly as?: "annotation" | "prediction" | undefined;
}

/** A task to import into Label Studio. */
export interface LabelStudioTask {
  /** The text, the picture and the other fields of the post. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What people said; an empty result says that there is nothing. */
  readonly annotations?: readonly { readonly result: readonly ResultItem[] }[];
  /** What a model said. */
  readonly predictions?: readonly Prediction[];
}

const same = { nameOf: (label: string) => label };
const NAMES: ResultNames = {
  text: { name: PROJECT_NAMES.text },
  entities: { name: PROJECT_NAMES.entities, labels: same },
  relations: same,
  categories: { name: PROJECT_NAMES.categories, labels: same },
};

/**
 * A document as a task for import: with a prediction if anything in it has a probability, and otherwise with an annotation. Label Studio gives
 * tasks ids of its own; `data.relata` keeps the document's id, and whatever else the task has no field for.
 *
 * @example
 * import { labelStudioTask } from "relata/data";
 *
 * const entities = [{ start: 0, end: 3, label: "PER", probability: 0.7 }];
 * labelStudioTask({ id: "p1", text: "Ann left", entities, relations: [] }).predictions?.[0]?.score; // 0.7
 */
export function labelStudioTask(
  document: Document,
  { modelVersion = "relata", pictureAddress, as }: LabelStudioTaskOptions = {},
): LabelStudioTask {
  const { id, text, image, entities, relations, category, meta } = document;
  const found = {
    entities: spansIn(text, namedEntities(text, entities), "code-point"),
    relations,
    category,
  };
  const result = resultOf(found, NAMES, nothingLeftOut());
  const address = image === undefined ? undefined : addressOf(image, pictureAddress);
  const isRead = address !== undefined && address.trim() !== "" && imageNameOf(address) === image;
  const data = {
    text,
    ...(address !== undefined && address.trim() !== "" && { [PROJECT_NAMES.picture]: address }),
    ...rowFields(
      meta,
      { id, image: isRead ? undefined : image },
      // A text may be taken for the post's own text, or for the name of its picture.
      { taken: (name, value) => typeof value === "string" || TAKEN.has(name) },
    ),
  };
  const isPrediction =
    as === undefined ? result.some(({ score }) => score !== undefined) : as === "prediction";
  return isPrediction
    ? { data, predictions: [predictionOf(result, modelVersion)] }
    : { data, annotations: [{ result }] };
}

/** Fields that are the task's own, or that a reader renames; and the control of the category, which would hold it too. */
const TAKEN: ReadonlySet<string> = new Set([...Object.values(PROJECT_NAMES), "tokens", "offsets"]);

function addressOf(image: string, folder: string | undefined): string {
  if (folder === undefined || /^(?:https?|data):/.test(image)) return image;
  return folder + image.split("/").map(encodeURIComponent).join("/");
}

/** The name of the configuration's file, beside the tasks. */
function configPath(path: string): string {
  return `${path.slice(0, path.length - extname(path).length)}.config.xml`;
}

/** Label Studio, as a target. */
export const labelStudioTarget: DocumentTarget = {
  name: "label-studio",
  description: "tasks of Label Studio, with annotations, or with predictions where there are probabilities",
  cannotHold: { labels: "labels with control characters, which its configuration cannot name" },
  holdsPosts: true,
  options: ["pictureAddress"],
  write: writeTasks,
};

async function writeTasks(
  path: string,
  documents: AsyncIterable<Document>,
  { losses, pictureAddress, signal }: WriteContext,
): Promise<Written> {
  const labels = new LabelCollector();
  let count = 0;
  const beside = configPath(path);
  await writeAtomically(path, async (file) => {
    await file.text("[");
    for await (const document of documents) {
      signal?.throwIfAborted();
      const held = fitted(document, losses.of(document));
      labels.add(held);
      await file.text(
        `${count === 0 ? "" : ","}\n${JSON.stringify(labelStudioTask(held, { pictureAddress }))}`,
      );
      count++;
    }
    await file.text("\n]\n");
    await writingTo(beside, () =>
      replaceFile(beside, (config) => config.writeFile(labelStudioConfig(labels))),
    );
  });
  return { documents: count, beside: [beside] };
}

/** The document without labels that a configuration cannot name. */
function fitted(document: Document, lose: Lose): Document {
  const named = withoutEntities(document, ({ label }) => (isXmlText(label) ? undefined : "labels"), lose);
  const related = withoutRelations(
    named,
    ({ label }) => (isXmlText(label) ? undefined : "relationLabels"),
    lose,
  );
  const { category, ...rest } = related;
  if (category === undefined || isXmlText(category.label)) return related;
  lose("categories");
  return rest;
}
