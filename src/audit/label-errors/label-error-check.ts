// The check of an audit that ranks suspicious labels: collects the documents, judges them out of fold, and says what models read instead.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import { writeJsonl } from "../../data/jsonl.ts";
import type { Check, CheckEntry, CheckSetting } from "../check.ts";
import { DEFAULT_FOLDS, findLabelErrors, type LabelErrors } from "./find-label-errors.ts";
import { findingsOf, suspectDocuments } from "./label-error-findings.ts";
import type { LabelErrorOptions, PlacedDocument } from "./label-error-options.ts";

export const labelErrors: CheckEntry = {
  name: "label-errors",
  about: "entities and relations whose labels models that never saw them read otherwise",
  create: (setting) =>
    setting.labelErrors === undefined ? undefined : new LabelErrorCheck(setting, setting.labelErrors),
};

/** Documents below which the models are too weak for more than a first look; docs/label-errors.md has the measurement. */
const FEW_DOCUMENTS = 1000;

class LabelErrorCheck implements Check {
  readonly #setting: CheckSetting;
  readonly #options: LabelErrorOptions;
  readonly #seen: PlacedDocument[] = [];
  #result: LabelErrors | undefined;

  constructor(setting: CheckSetting, options: LabelErrorOptions) {
    this.#setting = setting;
    this.#options = options;
    if (options.encoder === undefined) {
      throw new ConfigError({
        code: "audit/no-encoder",
        message: "label errors are judged on the states of a text encoder, and none is named",
        place: "--encoder",
        remedy: "Name one: a folder, or a hub id such as sentence-transformers/all-MiniLM-L6-v2.",
      });
    }
  }

  see({ document, split, place }: PlacedDocument): void {
    this.#seen.push({ document, split, place });
  }

  async findings() {
    const { run, encoder = "", task = "both", folds, threads, suspects } = this.#options;
    const { seed, signal, onProgress } = this.#setting;
    const documents = this.#seen.map(({ document }) => document);
    const folder = run ?? (await mkdtemp(join(tmpdir(), "relata-audit-")));
    try {
      this.#result = await findLabelErrors({
        documents,
        encoder,
        task,
        folds,
        seed,
        folder,
        threads,
        signal,
        onProgress,
      });
    } finally {
      if (run === undefined) await rm(folder, { recursive: true, force: true });
    }
    if (suspects !== undefined)
      await writeJsonl(suspects, suspectDocuments(this.#seen, this.#result), { signal });
    return findingsOf(this.#seen, this.#result);
  }

  account(): readonly string[] {
    const { entities, relations } = this.#result ?? {};
    const folds = this.#options.folds ?? DEFAULT_FOLDS;
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    const bound = ({ count, interval }: { count: number; interval: readonly [number, number] }) =>
      `At most about ${Math.round(count).toLocaleString("en")} are wrong (95 %: ${interval.map((end) => Math.round(end).toLocaleString("en")).join(" to ")}), if wrong labels are as visible as random ones`;
    const told = [
      ...(relations === undefined
        ? []
        : [
            `${counted(relations.judged, "relation")} judged in ${folds} folds; the models agree with ${percent(relations.agreement)}. ${bound(relations.errors)}.`,
            ...unjudged(
              relations.unjudged,
              "relation",
              "relations",
              "whose label is in one fold only, or with a mention without a word",
            ),
          ]),
      ...(entities === undefined
        ? []
        : [
            `${counted(entities.judged, "entity", "entities")} judged in ${folds} folds; F1 of the models against them is ${percent(entities.agreement)}. ${bound(entities.errors)}, missing ones included.`,
            ...unjudged(
              entities.unjudged,
              "entity",
              "entities",
              "that overlap a longer one, or have no word",
            ),
          ]),
    ];
    if (this.#result?.onlyMentions === true)
      told.push(
        "Entities were not judged: all are mentions of relations, so nobody looked for others (--task mner judges them all the same).",
      );
    if (told.length === 0) return ["There is nothing to judge: the documents have no labels of this task."];
    const few = this.#seen.length < FEW_DOCUMENTS;
    return few
      ? [
          ...told,
          `${counted(this.#seen.length, "document")} are few: models learn little from them, and right labels look wrong.`,
        ]
      : told;
  }

  numbers(): unknown {
    const { entities, relations } = this.#result ?? {};
    const of = (one: typeof entities | typeof relations) =>
      one && { judged: one.judged, unjudged: one.unjudged, agreement: one.agreement, errors: one.errors };
    return { entities: of(entities), relations: of(relations) };
  }
}

function unjudged(count: number, what: string, whats: string, why: string): readonly string[] {
  return count === 0 ? [] : [`Not judged: ${counted(count, what, whats)} ${why}.`];
}
