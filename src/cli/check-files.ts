// Reads the files of `relata validate` document by document: what is kept does not grow with their texts, so a million documents fit into memory.
import type { NegativesSetting } from "../config/negatives.ts";
import { LabelSurvey } from "../data/label-survey.ts";
import { pictureNameDefects } from "../data/picture-names.ts";
import { PictureFolder } from "../data/pictures.ts";
import { type ReadFileOptions, streamDocuments } from "../data/readers.ts";
import { MAX_LISTED, type ReadReport, withDefects } from "../data/report.ts";
import type { SplitOverlap } from "../data/split-comparison.ts";
import { SplitComparison } from "../data/split-comparison.ts";
import { OverlapSurvey } from "../extractors/entity/overlap-defects.ts";
import type { PairRule } from "../extractors/pairs/pair-rule.ts";
import type { PairAccount } from "../extractors/pairs/pair-set.ts";
import { PairCounter, PairSurvey } from "../extractors/pairs/pair-survey.ts";
import { ContentsCounter, type FileContents } from "./file-account.ts";

/** What `relata validate` says about a file. */
export interface CheckedFile {
  readonly report: ReadReport;
  readonly contents: FileContents;
  /** Picture file names missing from the folder; undefined without one. */
  readonly missingPictures: readonly string[] | undefined;
  /** Pairs that training would label "None"; undefined for a file without any relation. */
  readonly pairs: PairAccount | undefined;
  /** Entities that an entity model would not learn. */
  readonly untaggable: number;
}

/** What to check besides the rows. */
export interface CheckOptions {
  readonly pictures?: string | undefined;
  readonly negatives: NegativesSetting;
  readonly signal: AbortSignal;
  /** How to read a file. */
  reading(path: string): Promise<ReadFileOptions>;
  /** Called now and then with the number of documents of the file so far. */
  onProgress(documents: number, path: string): void;
}

export interface CheckedFiles {
  readonly files: readonly CheckedFile[];
  readonly overlaps: readonly SplitOverlap[];
}

const PROGRESS_DOCUMENTS = 5000;

/** Checks files in their order; the first one is the training data. @throws the errors of reading */
export async function checkFiles(paths: readonly string[], options: CheckOptions): Promise<CheckedFiles> {
  const folder = options.pictures === undefined ? undefined : await PictureFolder.open(options.pictures);
  const comparison = paths.length > 1 ? new SplitComparison({ listed: MAX_LISTED }) : undefined;
  const names = distinctNames(paths);
  const labels = new LabelSurvey();
  const files: CheckedFile[] = [];
  let rule: PairRule | undefined; // from the first file with relations, the training file
  for (const [at, path] of paths.entries()) {
    const reading = { ...(await options.reading(path)), signal: options.signal };
    const counter = new ContentsCounter();
    const overlaps = new OverlapSurvey(path);
    const survey = new PairSurvey();
    comparison?.begin(names[at] ?? path);
    const report = await eachDocument(path, reading, options, (document) => {
      counter.add(document);
      overlaps.see(document);
      survey.see(document);
      labels.see(path, document);
      comparison?.see(document);
    });
    if (survey.labels.size > 0) rule ??= survey.rule(options.negatives, 0, report.format);
    const pairs =
      rule && new PairCounter(survey, report.format, { rule, split: at === 0 ? "train" : "scored" });
    if (pairs?.needsDocuments) await eachDocument(path, reading, options, (one) => pairs.see(one));
    const missingPictures = folder && [...counter.pictures()].filter((name) => isMissing(name, folder));
    const found = [
      ...overlaps.defects,
      ...(folder && missingPictures ? pictureNameDefects(missingPictures, folder, path) : []),
    ];
    files.push({
      report: withDefects(report, found, { "data/overlapping-entities": overlaps.unlisted }),
      contents: counter.contents(),
      missingPictures,
      pairs: pairs?.account(),
      untaggable: overlaps.untaggable,
    });
  }
  const [first, ...others] = files;
  if (first === undefined) return { files, overlaps: [] };
  const checked = { ...first, report: withDefects(first.report, labels.defects()) };
  return { files: [checked, ...others], overlaps: comparison?.overlaps() ?? [] };
}

function isMissing(name: string, folder: PictureFolder): boolean {
  return folder.find(name).state === "missing";
}

/** Reads a file once, and returns its report. */
async function eachDocument(
  path: string,
  reading: ReadFileOptions,
  { onProgress }: CheckOptions,
  see: (document: Parameters<ContentsCounter["add"]>[0]) => void,
): Promise<ReadReport> {
  const stream = streamDocuments(path, reading);
  let documents = 0;
  for await (const document of stream.documents) {
    see(document);
    if (++documents % PROGRESS_DOCUMENTS === 0) onProgress(documents, path);
  }
  return stream.report();
}

/** Files by name; one that is given twice is compared with itself. */
function distinctNames(paths: readonly string[]): string[] {
  return paths.map((path, at) => {
    const earlier = paths.slice(0, at).filter((other) => other === path).length;
    return earlier === 0 ? path : `${path} (${earlier + 1})`;
  });
}
