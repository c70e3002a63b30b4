// A run's generated views: counts, teachers' scores, and a contact sheet of some examples with their real view.

import { existsSync } from "node:fs";
import { counted } from "../../base/counted.ts";
import { SynthesisError } from "../../base/errors.ts";
import type { Document } from "../../data/document.ts";
import { PictureFolder } from "../../data/pictures.ts";
import { streamDocuments } from "../../data/readers.ts";
import { Extensions } from "../../extensions/extension.ts";
import { openViewStore, type ViewStore } from "../../synthesis/store/open-store.ts";
import type { View } from "../../synthesis/view.ts";
import { contactSheetOf, type RealView, type ViewScore } from "../contact-sheet-of.ts";
import type { Block, Section } from "../report-data.ts";
import { measureBlocks } from "../views/measure-report.ts";
import type { MeasuredViews } from "../views/measure-views.ts";
import { pictureOf, spread } from "./judged-documents.ts";
import type { RunRecord } from "./read-run.ts";
import { readTeacherScores, type ScoredExample, scoreBlocks, scoreExample } from "./teacher-scores.ts";
import { selectionBlocks, viewTable } from "./view-tables.ts";

const INSTANCES_SHOWN = 8;

/** Empty for a run without generated views; includes drift and diversity if they were measured. */
export async function viewsSections(
  record: RunRecord,
  measures?: MeasuredViews,
  extensions: Extensions = Extensions.NONE,
): Promise<Section[]> {
  const { views, selection } = record.data;
  if (views === undefined) return [];
  const blocks: Block[] = [viewTable(views), ...selectionBlocks(selection)];
  const store = await openStore(views.store);
  if (store === undefined) {
    blocks.push({
      kind: "text",
      text: `The views themselves are not shown: ${views.store} is no longer a store.`,
    });
  } else {
    blocks.push(
      ...(await storeBlocks(store, record, extensions)),
      ...(measures ? measureBlocks(measures) : []),
    );
  }
  return [{ title: "Generated views", shortTitle: "Views", blocks }];
}

async function openStore(folder: string): Promise<ViewStore | undefined> {
  try {
    return await openViewStore(folder);
  } catch (error) {
    if (error instanceof SynthesisError && error.code === "synthesis/no-such-store") return undefined;
    throw error;
  }
}

async function storeBlocks(store: ViewStore, record: RunRecord, extensions: Extensions): Promise<Block[]> {
  const { rounds = store.rounds, chains = store.chains } = record.settings.synthesis ?? {};
  const inRun = (view: View) => view.kind !== store.direction && view.round <= rounds && view.chain < chains;
  const byInstance = new Map<string, View[]>();
  const roundOf = new Map<string, number>();
  for await (const view of store.views()) {
    if (!inRun(view)) continue;
    const views = byInstance.get(view.instance) ?? [];
    if (views.length === 0) byInstance.set(view.instance, views);
    views.push(view);
    if (view.rejected === undefined) roundOf.set(view.id, view.round);
  }
  const examples = await scoredExamples(record, byInstance);
  const owners = new Map(
    examples.map((example) => [instanceOf(example.row.example, byInstance), example] as const),
  );
  const shown = spread([...(owners.size > 0 ? owners.keys() : byInstance.keys())], INSTANCES_SHOWN);
  const scores = new Map<string, ViewScore>(shown.flatMap((id) => [...(owners.get(id)?.scores ?? [])]));
  const real = await realViews(shown, store, record, extensions);
  const sheet = await contactSheetOf(
    shown.flatMap((id) => byInstance.get(id) ?? []),
    scores,
    {
      title: store.direction === "text" ? "Pictures from texts" : "Texts from pictures",
      description: `${counted(shown.length, "example")}, evenly spread over the training data${scores.size > 0 ? "; the numbers are the teachers' cross-entropies in nats" : ""}.`,
      instances: shown,
      real: (id) => real?.get(id),
    },
  );
  return [
    ...scoreBlocks(examples, roundOf, record.data.selection?.information?.labelEntropyNats),
    { ...sheet, omitted: byInstance.size - shown.length },
    ...(real === undefined
      ? [
          {
            kind: "text" as const,
            text: "Real views are not shown: the file of training documents is missing.",
          },
        ]
      : []),
  ];
}

async function scoredExamples(
  record: RunRecord,
  byInstance: ReadonlyMap<string, readonly View[]>,
): Promise<ScoredExample[]> {
  const rows = await readTeacherScores(record);
  const share = record.data.selection?.share;
  if (rows === undefined || share === undefined) return [];
  return rows.map((row) => {
    const views = byInstance.get(instanceOf(row.example, byInstance)) ?? [];
    return scoreExample(
      row,
      views.filter(({ rejected }) => rejected === undefined),
      share,
    );
  });
}

/** All relations of a document with a real text share its views: "post#2" has those of "post". */
function instanceOf(example: string, byInstance: ReadonlyMap<string, unknown>): string {
  return byInstance.has(example) ? example : example.replace(/#\d+$/, "");
}

/** Returns the real views of some instances with their labels; undefined if the training documents do not exist. */
async function realViews(
  instances: readonly string[],
  store: ViewStore,
  { data, settings }: RunRecord,
  extensions: Extensions,
): Promise<ReadonlyMap<string, RealView> | undefined> {
  const { source, format } = data.train.account.documents;
  if (!existsSync(source)) return undefined;
  const { bio, imageExtension, offsets, pictures } = settings.data ?? {};
  const folder =
    pictures === undefined || !existsSync(pictures) ? undefined : await PictureFolder.open(pictures);
  const wanted = new Set(instances);
  const found = new Map<string, RealView>();
  const { documents } = streamDocuments(source, {
    format,
    extensions,
    bio,
    imageExtension,
    offsets,
  });
  for await (const document of documents) {
    for (const at of [undefined, ...document.relations.keys()]) {
      const id = at === undefined ? document.id : `${document.id}#${at}`;
      if (!wanted.has(id)) continue;
      const view = realView(document, at ?? 0, store, folder);
      if (view !== undefined) found.set(id, view);
    }
  }
  return found;
}

function realView(
  document: Document,
  at: number,
  { direction }: ViewStore,
  folder: PictureFolder | undefined,
): RealView | undefined {
  const relation = document.relations[at];
  const label = relation === undefined ? {} : { label: relation.label };
  if (direction === "picture") {
    const { picture } = pictureOf(document, folder);
    return picture === undefined ? undefined : { ...label, content: { kind: "picture", picture } };
  }
  const span = (entity: number, name: string) => {
    const { start, end } = document.entities[entity] ?? { start: 0, end: 0 };
    return { start, end, label: name };
  };
  const highlights = relation === undefined ? [] : [span(relation.head, "head"), span(relation.tail, "tail")];
  return { ...label, content: { kind: "text", text: document.text, highlights } };
}
