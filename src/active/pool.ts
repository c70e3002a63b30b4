// The documents of a run: labelled ones, the pool without those that may not be asked about, and those that score.
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import type { Document } from "../data/document.ts";
import { type ReadFileOptions, readDocuments } from "../data/readers.ts";
import { type ActiveTask, questionKey, textKey, withoutAnswers } from "./questions.ts";
import type { ActiveSettings } from "./request.ts";

/** What a run reads. */
export interface ActiveDocuments {
  readonly labelled: readonly Document[];
  /** What may be asked about: no near duplicates of each other, of labelled documents, or of those that score. */
  readonly pool: readonly Document[];
  /** The pool's own labels, by id: answers for `gold` without a file. */
  readonly hidden: ReadonlyMap<string, Document>;
  readonly validation: readonly Document[];
  readonly test: readonly Document[] | undefined;
  /** What to know about the files. */
  readonly notes: readonly string[];
}

/** Reads and compares the files. @throws DataError `active/no-pool`, `active/no-mentions`, and the codes of the readers */
export async function readActive(
  { labelled, pool, validation, test }: ActiveSettings,
  task: ActiveTask,
  reading: ReadFileOptions,
): Promise<ActiveDocuments> {
  const read = async (path: string) =>
    (await readDocuments(path, { ...reading, policy: "report" })).documents;
  const start = labelled === undefined ? [] : await read(labelled);
  const all = await read(pool);
  const scoring = await read(validation);
  const testing = test === undefined ? undefined : await read(test);
  if (task === "mre" && !all.some(({ entities }) => entities.length >= 2)) throw noMentions(pool);
  const { left, notes } = askable(all, task, {
    labelled: start,
    scoring: [...scoring, ...(testing ?? [])],
  });
  if (left.length === 0) throw noPool(pool, notes);
  return {
    labelled: start.map(withOwnId(new Set(left.map(({ id }) => id)))),
    pool: left,
    hidden: new Map(all.map((document) => [document.id, document])),
    validation: scoring,
    test: testing,
    notes,
  };
}

/** Labelled documents and the pool may count their rows from 0 both. */
function withOwnId(taken: ReadonlySet<string>): (document: Document) => Document {
  return (document) => (taken.has(document.id) ? { ...document, id: `labelled:${document.id}` } : document);
}

/** What of the pool may be asked about, and what to say about the rest. */
function askable(
  pool: readonly Document[],
  task: ActiveTask,
  { labelled, scoring }: { readonly labelled: readonly Document[]; readonly scoring: readonly Document[] },
): { readonly left: readonly Document[]; readonly notes: readonly string[] } {
  const known = new Set(labelled.map((document) => questionKey(document, task)));
  const scored = new Set(scoring.map(({ text }) => textKey(text)));
  const left = { leaks: 0, labelled: 0, mentions: 0, twins: 0 };
  const seen = new Set<string>();
  const kept = pool.filter((document) => {
    const key = questionKey(document, task);
    const why = scored.has(textKey(document.text))
      ? "leaks"
      : known.has(key)
        ? "labelled"
        : task === "mre" && document.entities.length < 2
          ? "mentions"
          : seen.has(key)
            ? "twins"
            : undefined;
    seen.add(key);
    if (why !== undefined) left[why]++;
    return why === undefined;
  });
  const say = (count: number, what: string) =>
    count === 0 ? [] : [`${counted(count, "document")} of the pool ${what}`];
  return {
    left: kept.map((document) =>
      document.relations.length > 0 && task === "mre" ? document : withoutAnswers(document, task),
    ),
    notes: [
      ...say(left.leaks, "left out: their texts are in the validation or test documents"),
      ...say(left.labelled, "left out: near duplicates of labelled documents"),
      ...say(left.twins, "left out: near duplicates of others, which are asked about once"),
      ...say(left.mentions, "left out: fewer than two mentions"),
    ],
  };
}

function noMentions(place: string): DataError {
  return new DataError({
    code: "active/no-mentions",
    message: `relations are to be learnt between given mentions, but no document of ${place} has two`,
    place,
    remedy: "Use --task both to learn entities and relations from texts, or name a pool with mentions.",
  });
}

function noPool(place: string, notes: readonly string[]): DataError {
  return new DataError({
    code: "active/no-pool",
    message: `nothing in ${place} can be asked about: ${notes.join("; ") || "it has no document"}`,
    place,
    remedy: "Name a pool with other documents.",
  });
}
