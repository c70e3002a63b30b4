// The mistakes of a run: its predictions beside the gold documents, of which only labels, probabilities and places are in memory.
import { basename, join, resolve } from "node:path";
import { ConfigError } from "../../base/errors.ts";
import { exists } from "../../base/exists.ts";
import { otherPredictions } from "../../report/run/judged-documents.ts";
import type { JudgedAnswer } from "./answers.ts";
import { DocumentsFile } from "./documents-file.ts";
import { type JudgedTask, judgedAnswers, TaskGuess } from "./judged-answers.ts";
import { type Cursor, pageOf } from "./queue-order.ts";
import { goldOfRun } from "./run-gold.ts";

const PREDICTIONS = "predictions.jsonl";

/** A wrong answer with its document. */
export interface Mistake extends JudgedAnswer {
  readonly id: string;
  readonly text: string;
  readonly imageName: string | undefined;
}

/** A wrong answer as it is kept in memory. */
interface KeptMistake {
  readonly gold: number;
  readonly predicted: number;
  /** Of the prediction in its file. */
  readonly document: number;
  /** Among the document's answers. */
  readonly answer: number;
  readonly probability: number;
}

export class RunMistakes {
  readonly name: string;
  readonly task: JudgedTask;
  /** Labels of the matrix, sorted. */
  readonly labels: readonly string[];
  /** Gold labels by row, predicted ones by column. */
  readonly cells: readonly (readonly number[])[];
  readonly #gold: DocumentsFile;
  readonly #predictions: DocumentsFile;
  readonly #mistakes: readonly KeptMistake[];

  private constructor(
    name: string,
    files: { readonly gold: DocumentsFile; readonly predictions: DocumentsFile },
    judged: Pick<RunMistakes, "task" | "labels" | "cells"> & { readonly mistakes: readonly KeptMistake[] },
  ) {
    this.name = name;
    this.#gold = files.gold;
    this.#predictions = files.predictions;
    this.task = judged.task;
    this.labels = judged.labels;
    this.cells = judged.cells;
    this.#mistakes = judged.mistakes;
  }

  /**
   * Opens a run by `FOLDER` or `FOLDER=GOLD`: reads `predictions.jsonl` of the folder, and the gold documents that are named, or that the run's
   * configuration names as test or validation data.
   *
   * @throws ConfigError `config/not-found` without predictions or gold documents; DataError `data/other-predictions`, and the codes of files that
   * cannot be read
   */
  static async open(run: string): Promise<RunMistakes> {
    const [, folder = run, named] = /^(.*?)(?:=(.*))?$/s.exec(run) ?? [];
    const path = join(folder, PREDICTIONS);
    if (!(await exists(path))) throw noPredictions(folder, path);
    const guess = new TaskGuess();
    const predictions = await DocumentsFile.open(path, { onDocument: (document) => guess.observe(document) });
    const opened = [predictions];
    try {
      const gold = await DocumentsFile.open(named ?? (await goldOfRun(folder, predictions.idAt(0))));
      opened.push(gold);
      return new RunMistakes(
        basename(resolve(folder)),
        { gold, predictions },
        await judge(guess.task, gold, predictions),
      );
    } catch (error) {
      for (const file of opened) await file.close();
      throw error;
    }
  }

  /** The mistakes of one cell, or of all, the most probable first. */
  async mistakes(request: {
    readonly gold: string | undefined;
    readonly predicted: string | undefined;
    readonly limit: number;
    readonly after: Cursor | undefined;
  }): Promise<{ readonly mistakes: readonly Mistake[]; readonly next: Cursor | undefined }> {
    const { gold, predicted, limit, after } = request;
    const at = (index: number) => this.#mistakes[index]!; // callers count to its length
    const { items, next } = pageOf({
      ...{ count: this.#mistakes.length, limit, after },
      isWanted: (index) =>
        (gold === undefined || this.labels[at(index).gold] === gold) &&
        (predicted === undefined || this.labels[at(index).predicted] === predicted),
      keyOf: (index) => at(index).probability,
    });
    return { mistakes: await Promise.all(items.map((index) => this.#mistakeOf(at(index)))), next };
  }

  /** The image name of a gold document; undefined for an id that there is not. */
  async imageOf(id: string): Promise<string | undefined> {
    const index = this.#gold.indexOf(id);
    return index === undefined ? undefined : (await this.#gold.read(index)).image;
  }

  async close(): Promise<void> {
    await this.#gold.close();
    await this.#predictions.close();
  }

  async #mistakeOf({ document, answer }: KeptMistake): Promise<Mistake> {
    const { gold, predicted } = await pairAt(this.#gold, this.#predictions, document);
    const { id, text, image } = gold;
    const judged = judgedAnswers(this.task, gold, predicted, pathsOf(this.#gold, this.#predictions))[answer];
    return { id, text, imageName: image, ...judged! }; // the answer that was judged at the start
  }
}

async function judge(task: JudgedTask, gold: DocumentsFile, predictions: DocumentsFile) {
  const numbers = new Map<string, number>();
  const numberOf = (label: string) => {
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  };
  const counts = new Map<string, number>();
  const mistakes: KeptMistake[] = [];
  for (let document = 0; document < predictions.count; document++) {
    const pair = await pairAt(gold, predictions, document);
    const answers = judgedAnswers(task, pair.gold, pair.predicted, pathsOf(gold, predictions));
    for (const [answer, { gold: wanted, predicted, probability = 0 }] of answers.entries()) {
      const cell = { gold: numberOf(wanted), predicted: numberOf(predicted) };
      const key = `${cell.gold} ${cell.predicted}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (cell.gold !== cell.predicted) mistakes.push({ ...cell, document, answer, probability });
    }
  }
  return { task, mistakes: sorted(mistakes, numbers), ...matrix(counts, numbers) };
}

/** Numbers of labels in the order of their names. */
function orderOf(numbers: ReadonlyMap<string, number>): {
  labels: string[];
  place: ReadonlyMap<number, number>;
} {
  const labels = [...numbers.keys()].sort();
  return { labels, place: new Map(labels.map((label, i) => [numbers.get(label)!, i])) }; // its own keys
}

function sorted(mistakes: readonly KeptMistake[], numbers: ReadonlyMap<string, number>): KeptMistake[] {
  const { place } = orderOf(numbers);
  return mistakes.map((one) => ({
    ...one,
    gold: place.get(one.gold)!,
    predicted: place.get(one.predicted)!,
  }));
}

function matrix(counts: ReadonlyMap<string, number>, numbers: ReadonlyMap<string, number>) {
  const { labels } = orderOf(numbers);
  const count = (a: string, b: string) => counts.get(`${numbers.get(a)} ${numbers.get(b)}`) ?? 0;
  return { labels, cells: labels.map((gold) => labels.map((predicted) => count(gold, predicted))) };
}

async function pairAt(gold: DocumentsFile, predictions: DocumentsFile, document: number) {
  const predicted = await predictions.read(document);
  const index = gold.indexOf(predicted.id);
  const files = pathsOf(gold, predictions);
  if (index === undefined) throw otherPredictions(files, predicted, "has no gold document");
  const right = await gold.read(index);
  if (right.text !== predicted.text)
    throw otherPredictions(files, predicted, "has a different text in the gold file");
  return { gold: right, predicted };
}

function pathsOf(gold: DocumentsFile, predictions: DocumentsFile) {
  return { gold: gold.path, predictions: predictions.path };
}

function noPredictions(folder: string, path: string): ConfigError {
  return new ConfigError({
    code: "config/not-found",
    message: `${folder} has no predictions: ${path} does not exist`,
    place: "--run",
    value: folder,
    remedy: `Write them with \`relata evaluate ${join(folder, "model-best")} test.jsonl --predictions ${path}\`.`,
  });
}
