// A run's training and evaluation data: counts of everything read, left out or cut, and the labels.
import type { Block, Cell, Note, Section, TableBlock } from "../report-data.ts";
import type { RunRecord, SplitRecord } from "./read-run.ts";

export function dataSection({ data }: RunRecord): Section {
  const splits = { train: data.train, validation: data.validation };
  const blocks: (Block | undefined)[] = [accountTable(splits), labelTable(data.labels, splits)];
  return {
    title: "Data",
    intro: `Visual channel: ${data.visualChannel}.${madePairs(splits)}`,
    blocks: blocks.filter((block) => block !== undefined),
  };
}

/** What a reader must know about the data before trusting a score. */
export function dataNotes({ data }: RunRecord): Note[] {
  const notes: Note[] = [];
  if (data.visualChannel === "caption-as-vision") {
    notes.push({
      tone: "caution",
      text: "Caption-as-vision: the model read captions, which another model wrote, instead of the pictures.",
    });
  }
  for (const { a, b, ids, images, texts, similarTexts, questions, conflicts } of data.overlap ?? []) {
    const shared = [
      [ids.length, "id"],
      [images.length, "picture"],
      [texts.length, "text"],
      [similarTexts ?? 0, "nearly equal text"],
      [questions ?? 0, "question"],
    ] as const;
    const said = shared
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${count} ${what}${count === 1 ? "" : "s"}`);
    if (said.length === 0) continue;
    const differing = conflicts?.length ?? 0;
    const conflicting = differing === 0 ? "" : `; ${differing} of the questions have different answers`;
    const learnt = texts.length + (similarTexts ?? 0) > 0 ? ` Scores on ${b} are therefore too high.` : "";
    notes.push({
      tone: "caution",
      text: `The splits ${a} and ${b} share ${said.join(", ")}${conflicting}.${learnt}`,
    });
  }
  return notes;
}

/** How many of the examples are unannotated pairs. */
function madePairs(splits: Splits): string {
  const made = Object.entries(splits).flatMap(([name, { account }]) => {
    const count = account.pairs?.made ?? 0;
    return count > 0 ? [`${count.toLocaleString("en")} of ${name}`] : [];
  });
  return made.length === 0 ? "" : ` Unannotated pairs became None: ${made.join(", ")}.`;
}

type Splits = Readonly<Record<string, SplitRecord>>;

function accountTable(splits: Splits): TableBlock {
  const rows = Object.entries(splits).map(([name, { account }]): Cell[] => [
    name,
    account.documents.accepted,
    account.documents.rejected,
    account.examples,
    account.truncated,
    account.withoutVisual,
    account.brokenPictures.length,
  ]);
  const headers = [
    "documents",
    "rows rejected",
    "examples",
    "texts truncated",
    "without picture",
    "broken pictures",
  ];
  return {
    kind: "table",
    title: "Splits",
    columns: [{ header: "split" }, ...headers.map((header) => ({ header, digits: 0 }))],
    rows,
  };
}

function labelTable(labels: readonly string[], splits: Splits): TableBlock | undefined {
  const counts = Object.values(splits).map(({ statistics }) => ({
    ...statistics.entities,
    ...statistics.relations,
    ...statistics.categories,
  }));
  const counted = labels.filter((label) => counts.some((count) => (count[label] ?? 0) > 0));
  if (counted.length === 0) return undefined;
  const total = counts.map((count) => counted.reduce((sum, label) => sum + (count[label] ?? 0), 0));
  return {
    kind: "table",
    title: "Labels",
    folded: counted.length > 12,
    columns: [
      { header: "label" },
      ...Object.keys(splits).flatMap((name) => [
        { header: name, digits: 0 },
        { header: "share", digits: 1, unit: " %" },
      ]),
    ],
    rows: counted.map((label) => [
      label,
      ...counts.flatMap((count, i) => [count[label] ?? 0, (100 * (count[label] ?? 0)) / (total[i] || 1)]),
    ]),
  };
}
