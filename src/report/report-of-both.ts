// Reports a run of both tasks: the end-to-end score of its bundle, then the runs of its two models.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { readRecord } from "../base/json-record.ts";
import { BOTH_FOLDERS, BOTH_SCORES_FILE } from "../extractors/shared/both-files.ts";
import { RUN_FILE } from "../training/trainer.ts";
import { prefixSections } from "./prefix-sections.ts";
import type { Note, ReportData } from "./report-data.ts";
import { type EndToEnd, endToEndFacts, endToEndSchema, endToEndSection } from "./run/end-to-end-section.ts";
import { notARun } from "./run/read-run.ts";

/** Whether the folder has the run of the first model of both. */
export function isRunOfBoth(runFolder: string): boolean {
  return existsSync(join(runFolder, BOTH_FOLDERS.entities, RUN_FILE));
}

/** Joins the reports of both models, which `reportOne` makes from their run folders. */
export async function reportOfBoth(
  runFolder: string,
  title: string | undefined,
  reportOne: (folder: string) => Promise<ReportData>,
): Promise<ReportData> {
  const relationRun = join(runFolder, BOTH_FOLDERS.relations);
  const scores = await readScores(runFolder);
  const entities = await reportOne(join(runFolder, BOTH_FOLDERS.entities));
  const relations = existsSync(join(relationRun, RUN_FILE)) ? await reportOne(relationRun) : undefined;
  const parts = [
    { name: "Entities", ...entities },
    ...(relations === undefined ? [] : [{ name: "Relations", ...relations }]),
  ];
  return {
    title: title ?? parts.map(({ title: one }) => one).join("; "),
    subtitle: parts.flatMap(({ subtitle }) => subtitle ?? []).join(" "),
    notes: [
      ...scoreNotes(scores),
      ...parts.flatMap(({ name, notes = [] }) =>
        notes.map(({ tone, text }): Note => ({ tone, text: `${name}: ${text}` })),
      ),
    ],
    facts: [
      ...(scores ? endToEndFacts(scores) : []),
      ...parts.flatMap(({ name, facts = [] }) =>
        facts.map((fact) => ({ ...fact, label: `${name.toLowerCase()}: ${fact.label}` })),
      ),
    ],
    sections: [
      ...(scores ? [endToEndSection(scores)] : []),
      ...parts.flatMap(({ name, sections }) => prefixSections(sections, name)),
    ],
    config: Object.fromEntries(parts.map(({ name, config = null }) => [name.toLowerCase(), config])),
    ...(entities.fingerprints && { fingerprints: entities.fingerprints }), // the models share their documents
    ...(entities.environment && { environment: entities.environment }),
  };
}

/** Refuses predictions, which are compared with one model's answers. @throws ConfigError `config/contradiction` */
export function refusePredictions(runFolder: string): never {
  throw new ConfigError({
    code: "config/contradiction",
    message: `${runFolder} has two models: a report compares predictions of one with gold labels`,
    place: "--predictions",
    remedy: `Report ${join(runFolder, BOTH_FOLDERS.relations)} with predictions of its model; to see what the bundle finds beside the gold labels, use \`relata view\`.`,
  });
}

async function readScores(runFolder: string): Promise<EndToEnd | undefined> {
  const place = join(runFolder, BOTH_SCORES_FILE);
  if (!existsSync(place)) return undefined;
  return readRecord(place, endToEndSchema, (what, cause) =>
    notARun(runFolder, BOTH_SCORES_FILE, what, cause),
  );
}

function scoreNotes(scores: EndToEnd | undefined): Note[] {
  if (scores === undefined) {
    return [{ tone: "caution", text: "The run is not complete: the bundle was not scored yet." }];
  }
  return scores.notes.map((note) => {
    const [, kind, text = note] = /^(warning|note): (.*)$/s.exec(note) ?? [];
    return { tone: kind === "warning" ? "caution" : "info", text };
  });
}
