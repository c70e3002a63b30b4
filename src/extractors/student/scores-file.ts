// The teachers' scores of generated views, one line per example: its fold, and cross-entropies of the gold label by view and epoch.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { DataError } from "../../base/errors.ts";
import { parseRecord } from "../../base/json-record.ts";
import { readWholeText, streamWholeFile } from "../../base/whole-file.ts";

export const SCORES_FILE = "scores.jsonl";
const ABOUT_FILE = "scores.json";

/** What teachers read: only the generated view, the view with a real text's two mentions, or the view with the whole real view. */
export const readingSchema = z.enum(["view", "pair"]);
export type TeacherReading = z.output<typeof readingSchema>;

/** The same in words, after a semicolon in a message. */
export function describeReading(reading: TeacherReading): string {
  switch (reading) {
    case "view":
      return "teachers read the generated view by itself and, if the real view is a text, its two mentions";
    case "pair":
      return "teachers read the real view too";
    default:
      return reading satisfies never;
  }
}

const crossEntropies = z.array(z.number());
const rowSchema = z.strictObject({
  example: z.string(),
  /** Of a real second view: equal for documents that share a text or a picture. */
  cluster: z.int().nonnegative().optional(),
  /** The teacher that scored it: not trained on this fold's examples. */
  fold: z.int().nonnegative(),
  label: z.string(),
  /** Cross-entropy of the gold label in nats after each epoch of the teacher, without a view. */
  withoutView: crossEntropies,
  /** The same with one view, and the most probable label after the last epoch. */
  views: z.array(z.strictObject({ id: z.string(), crossEntropy: crossEntropies, predicted: z.string() })),
});
export type ScoreRow = z.output<typeof rowSchema>;

/** A further reading of the teachers: how many rows, and the hash of their file. */
const readingFile = z.strictObject({ examples: z.int(), rows: z.string() });
/** The same of the validation documents, by their fingerprint. */
const realFile = readingFile.extend({ documents: z.string() });

const aboutSchema = z.strictObject({
  folds: z.int(),
  reads: readingSchema,
  epochs: z.int(),
  examples: z.int(),
  /** Fingerprint of everything the scores depend on. */
  identity: z.string(),
  rows: z.string(),
  /** The real second views of the validation documents; absent if they have none, and from older folders. */
  real: realFile.optional(),
  /** The generated views as teachers of other examples read them, where two teach for each fold. */
  second: readingFile.optional(),
  /** The views of other examples in place of an example's own, read by the same teachers as `second`. */
  shuffled: readingFile.optional(),
});
/** What a folder of scores says about itself; written last, so a folder without it is incomplete. */
export type ScoresAbout = z.output<typeof aboutSchema>;

/** A number for an example's view after `epoch` + 1 epochs of the teachers, the last one for later epochs; undefined for a view without a score. */
type ScoreOf = (example: string, view: string, epoch: number) => number | undefined;

/** The scores that selections read. */
export interface RuleScores {
  /** Cross-entropy of the gold label with the view, in nats. */
  readonly crossEntropy: ScoreOf;
  /** What the view adds about the gold label, in nats: cross-entropy without a view minus that with it; negative if it argues for another label. */
  readonly information: ScoreOf;
}

export interface ViewScores extends RuleScores {
  readonly about: ScoresAbout;
  readonly rows: ReadonlyMap<string, ScoreRow>;
}

/** The scores of these rows, by example. */
export function ruleScores(rows: Iterable<ScoreRow>): RuleScores {
  const known = new Map(
    [...rows].map(({ example, withoutView, views }) => [
      example,
      { withoutView, of: new Map(views.map(({ id, crossEntropy }) => [id, crossEntropy])) },
    ]),
  );
  const crossEntropy: ScoreOf = (example, view, epoch) => atEpoch(known.get(example)?.of.get(view), epoch);
  return {
    crossEntropy,
    information(example, view, epoch) {
      const without = atEpoch(known.get(example)?.withoutView, epoch);
      const withView = crossEntropy(example, view, epoch);
      return without === undefined || withView === undefined ? undefined : without - withView;
    },
  };
}

function atEpoch(byEpoch: readonly number[] | undefined, epoch: number): number | undefined {
  return byEpoch?.[Math.min(epoch, byEpoch.length - 1)];
}

export const scoresPath = (folder: string): string => join(folder, SCORES_FILE);
export const aboutPath = (folder: string): string => join(folder, ABOUT_FILE);

/** Further readings of the teachers beside the scores of an example's own views. */
export type FurtherReading = "real" | "second" | "shuffled";

const furtherPath = (folder: string, reading: FurtherReading): string => join(folder, `${reading}.jsonl`);

/** Writes a further reading; returns what `about` says of it. */
export async function writeFurther(
  folder: string,
  reading: FurtherReading,
  rows: readonly ScoreRow[],
): Promise<z.output<typeof readingFile>> {
  const text = formatScores(rows);
  await replaceOwnFile(furtherPath(folder, reading), text);
  return { examples: rows.length, rows: sha256(text) };
}

/** Reads a further reading; undefined if the folder says that it has none. @throws DataError `data/bad-scores` */
export async function readFurther(
  folder: string,
  about: ScoresAbout,
  reading: FurtherReading,
): Promise<readonly ScoreRow[] | undefined> {
  const known = about[reading];
  return known && readRows(furtherPath(folder, reading), known.rows);
}

/** Returns the text of the rows, in the order of the examples. */
export function formatScores(rows: readonly ScoreRow[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Tells whether `folder` contains complete scores, and of what. @throws DataError `data/bad-scores` */
export async function readScoresAbout(folder: string): Promise<ScoresAbout | undefined> {
  return readIfThere(aboutSchema, aboutPath(folder));
}

/** Reads a record of a folder of scores; undefined if there is none. @throws DataError `data/bad-scores` */
export async function readIfThere<Schema extends z.ZodType>(
  schema: Schema,
  place: string,
  remedy?: string,
): Promise<z.output<Schema> | undefined> {
  let text: string;
  try {
    text = await readWholeText(place);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw badScores(place, (cause as Error).message, cause, remedy);
  }
  return parse(schema, text, place, remedy);
}

/**
 * Reads the scores of a folder.
 *
 * @throws DataError `data/no-scores`, `data/bad-scores`
 */
export async function readScores(folder: string): Promise<ViewScores> {
  const about = await readScoresAbout(folder);
  if (about === undefined) {
    throw new DataError({
      code: "data/no-scores",
      message: `${folder} contains no complete scores of views`,
      place: folder,
      remedy: "Run `relata score-views --run` with this folder; add --resume if it was interrupted.",
    });
  }
  const rows = await readRows(scoresPath(folder), about.rows);
  return { about, rows: new Map(rows.map((row) => [row.example, row])), ...ruleScores(rows) };
}

/** Reads rows whose hash is known. */
async function readRows(place: string, hash: string): Promise<readonly ScoreRow[]> {
  if (!existsSync(place)) throw badScores(place, "the file does not exist");
  const rows: ScoreRow[] = [];
  const digest = createHash("sha256");
  let line = 0;
  for await (const text of createInterface({ input: await streamWholeFile(place), crlfDelay: Infinity })) {
    line++;
    digest.update(`${text}\n`);
    rows.push(parse(rowSchema, text, `${place}:${line}`));
  }
  if (digest.digest("hex") !== hash) throw badScores(place, "its content was changed or is incomplete");
  return rows;
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  place: string,
  remedy?: string,
): z.output<Schema> {
  return parseRecord(text, schema, (what, cause) => badScores(place, what, cause, remedy));
}

/** A file of teachers or scores that cannot be used. */
export function badScores(
  place: string,
  what: string,
  cause?: unknown,
  remedy = "Score the views again with `relata score-views`.",
): DataError {
  return new DataError({
    code: "data/bad-scores",
    message: `${place} cannot be used (${what})`,
    place,
    remedy,
    cause,
  });
}
