// Mentions and pairs of a scored split that training has seen, and with predictions the scores on seen and unseen ones.

import { CountList } from "../../base/count-list.ts";
import { counted } from "../../base/counted.ts";
import { GrowingNumbers } from "../../base/growing-array.ts";
import { hashOf } from "../../base/hash53.ts";
import { comparableText } from "../../data/comparable-text.ts";
import type { Document } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import { streamDocuments } from "../../data/readers.ts";
import { wilsonInterval } from "../../evaluation/wilson.ts";
import type { AuditedFile, Check, CheckEntry, CheckSetting, SeenDocument } from "../check.ts";
import { type Finding, MAX_ROWS, type RowReference } from "../finding.ts";
import { percent } from "./shares.ts";

/** What training has seen of a scored split. */
export const seenInTraining: CheckEntry = {
  name: "seen-in-training",
  about:
    "mentions and pairs of scored splits that occur in training; with --predictions, scores on seen and unseen ones",
  create: async (setting) => {
    const roles = new Set(setting.files.map(({ role }) => role));
    if (!roles.has("train") || roles.size < 2) return undefined;
    return new SeenInTraining(setting, await readPredictions(setting.predictions));
  },
};

/** An annotation that is scored: what is compared between gold and prediction, and what training may have seen. */
interface Answer {
  readonly answer: string;
  readonly thing: number;
}

type Kind = "mentions" | "pairs";

/** Gold and predicted answers of a document, until it is known what training has seen. */
interface Judged {
  readonly split: string;
  readonly kind: Kind;
  readonly gold: readonly Answer[];
  readonly predicted: readonly Answer[];
}

class SeenInTraining implements Check {
  readonly #files: readonly AuditedFile[];
  readonly #predictions: ReadonlyMap<string, Document>;
  readonly #training = { mentions: new Set<number>(), pairs: new Set<number>() };
  readonly #scored = { mentions: new Scored(), pairs: new Scored() };
  readonly #places: RowReference[] = [];
  readonly #judged: Judged[] = [];
  #matched = 0;

  constructor({ files }: CheckSetting, predictions: ReadonlyMap<string, Document>) {
    this.#files = files;
    this.#predictions = predictions;
  }

  see({ document, split, role, place }: SeenDocument): void {
    const answers = { mentions: mentionsOf(document), pairs: pairsOf(document) };
    if (role === "train") {
      for (const kind of ["mentions", "pairs"] as const)
        for (const { thing } of answers[kind]) this.#training[kind].add(thing);
      return;
    }
    const at = this.#places.push(place) - 1;
    const file = this.#files.findIndex((one) => one.split === split);
    for (const kind of ["mentions", "pairs"] as const)
      for (const { thing } of answers[kind]) this.#scored[kind].add(thing, file, at);
    const predicted = this.#predictions.get(document.id);
    if (predicted === undefined || predicted.text !== document.text) return;
    this.#matched++;
    if (answers.pairs.length > 0)
      this.#judged.push({ split, kind: "pairs", gold: answers.pairs, predicted: pairsOf(predicted) });
    else
      this.#judged.push({
        split,
        kind: "mentions",
        gold: answers.mentions,
        predicted: mentionsOf(predicted),
      });
  }

  findings(): Finding[] {
    return this.#files
      .filter(({ role }) => role !== "train")
      .flatMap(({ split }) => (["mentions", "pairs"] as const).flatMap((kind) => this.#finding(kind, split)));
  }

  #finding(kind: Kind, split: string): Finding[] {
    const file = this.#files.findIndex((one) => one.split === split);
    const { all, seen, documents } = this.#scored[kind].share(file, this.#training[kind]);
    if (seen === 0) return [];
    const scores = this.#scores(kind, split);
    return [
      {
        code: kind === "mentions" ? "leak/seen-mentions" : "leak/seen-pairs",
        severity: "note",
        feature: kind === "mentions" ? "mentions" : "head and tail",
        split,
        strength: seen / all,
        interval: wilsonInterval(seen, all),
        rows: documents.map((document) => this.#places[document]!),
        sentence: `${seen.toLocaleString("en")} of ${counted(all, kind === "mentions" ? "mention" : "pair of mentions", kind === "mentions" ? "mentions" : "pairs of mentions")} (${percent(seen / all)}) of ${split} ${kind === "mentions" ? "occur with the same label" : "occur"} in training.${scores}`,
        remedy: `Report the score on unseen ${kind} beside the whole: relata evaluate --predictions, then relata audit --predictions.`,
      },
    ];
  }

  /** A sentence with the scores on seen and unseen answers; empty without predictions. */
  #scores(kind: Kind, split: string): string {
    const judged = this.#judged.filter((one) => one.kind === kind && one.split === split);
    if (judged.length === 0) return "";
    const known = this.#training[kind];
    const tally = { seen: [0, 0, 0], unseen: [0, 0, 0] } as Record<
      "seen" | "unseen",
      [number, number, number]
    >;
    for (const { gold, predicted } of judged) {
      const right = new Set(gold.map(({ answer }) => answer));
      for (const { thing } of gold) tally[known.has(thing) ? "seen" : "unseen"][0]++;
      for (const { answer, thing } of predicted) {
        const counts = tally[known.has(thing) ? "seen" : "unseen"];
        counts[1]++;
        if (right.has(answer)) counts[2]++;
      }
    }
    const f1 = ([gold, predicted, right]: readonly [number, number, number]) =>
      `${((200 * right) / Math.max(1, gold + predicted)).toFixed(1)} (${counted(gold, "gold answer")})`;
    return ` The predictions have a micro-F1 of ${f1(tally.seen)} on seen and ${f1(tally.unseen)} on unseen ${kind}.`;
  }

  account(): string[] {
    if (this.#predictions.size === 0) return [];
    return [
      `${this.#matched} of ${counted(this.#predictions.size, "prediction")} belong to a document of a scored split.`,
    ];
  }
}

/** Things of scored splits, by file and document. */
class Scored {
  readonly #things = new GrowingNumbers();
  readonly #file = new CountList();
  readonly #document = new CountList();

  add(thing: number, file: number, document: number): void {
    this.#things.push(thing);
    this.#file.push(file);
    this.#document.push(document);
  }

  /** How many of a file's things are known, and the first documents with one. */
  share(file: number, known: ReadonlySet<number>) {
    const [things, files, documents] = [this.#things.view(), this.#file.view(), this.#document.view()];
    const first = new Set<number>();
    let [all, seen] = [0, 0];
    for (let i = 0; i < things.length; i++) {
      if (files[i] !== file) continue;
      all++;
      if (!known.has(things[i]!)) continue;
      seen++;
      if (first.size < MAX_ROWS) first.add(documents[i]!);
    }
    return { all, seen, documents: [...first] };
  }
}

function mentionsOf({ text, entities }: Document): Answer[] {
  return entities.map(({ start, end, label }) => ({
    answer: `${start} ${end} ${label}`,
    thing: hashOf(`${label}\n${comparableText(text.slice(start, end))}`),
  }));
}

/** Related pairs; "None" does not count. */
function pairsOf({ text, entities, relations }: Document): Answer[] {
  return relations.flatMap(({ head, tail, label }) => {
    const [from, to] = [entities[head], entities[tail]];
    if (label === NONE_LABEL || from === undefined || to === undefined) return [];
    const words = [from, to].map(({ start, end }) => comparableText(text.slice(start, end)));
    return [
      { answer: `${from.start} ${from.end} ${to.start} ${to.end} ${label}`, thing: hashOf(words.join("\n")) },
    ];
  });
}

async function readPredictions(path: string | undefined): Promise<ReadonlyMap<string, Document>> {
  const found = new Map<string, Document>();
  if (path === undefined) return found;
  for await (const document of streamDocuments(path, { format: "relata" }).documents)
    found.set(document.id, document);
  return found;
}
