// Runs an audit: reads every file once, shows each document to every check, and ranks what they found.
import { ConfigError, DataError } from "../base/errors.ts";
import type { JsonValue } from "../data/document.ts";
import { PictureFolder } from "../data/pictures.ts";
import { type ReadFileOptions, streamRows } from "../data/readers.ts";
import type { ReadReport } from "../data/report.ts";
import type { AuditedFile, Check, CheckSetting } from "./check.ts";
import { CHECKS } from "./checks.ts";
import type { Finding } from "./finding.ts";
import { applyIgnoreList, type IgnoredFinding, type IgnoreEntry } from "./ignore-list.ts";
import type { LabelErrorOptions } from "./label-errors/label-error-options.ts";
import { ranked } from "./ranking.ts";
import { assignSides, type SideAssignment, type SideSource } from "./side-assignment.ts";
import { type FileToAudit, splitsOf } from "./split-names.ts";

/** What to audit, and with what. */
export interface AuditPlan {
  /** Each with its reading options. */
  readonly files: readonly (FileToAudit & { readonly reading?: ReadFileOptions | undefined })[];
  readonly sides?: readonly SideSource[] | undefined;
  /** Folder to which picture names are relative. */
  readonly pictures?: string | undefined;
  /** Folder or hub id of a text encoder whose tokens texts are measured in, and most tokens of a text; default: its limit. */
  readonly encoder?: string | undefined;
  readonly maxLength?: number | undefined;
  /** Folder or hub id of a CLIP model, which says how well texts and pictures fit. */
  readonly clip?: string | undefined;
  readonly predictions?: string | undefined;
  /** How to judge labels; absent: they are not judged. */
  readonly labelErrors?: LabelErrorOptions | undefined;
  readonly ignore?: readonly IgnoreEntry[] | undefined;
  /** Names of checks to run; default: all but those that run only on request. */
  readonly checks?: readonly string[] | undefined;
  /** Names of checks not to run. */
  readonly skip?: readonly string[] | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Default 0. */
  readonly permutations?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

/** A file of an audit as it was read. */
export interface AuditedFileReport extends AuditedFile {
  /** Format, rows and defects. */
  readonly read: ReadReport;
  /** For each side file: documents with an entry in it. */
  readonly sides: Readonly<Record<string, number>>;
}

/** What an audit found. */
export interface AuditResult {
  readonly files: readonly AuditedFileReport[];
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly ignored: readonly IgnoredFinding[];
  /** Entries of the ignore list that match nothing. */
  readonly unmatched: readonly IgnoreEntry[];
  /** Names of the checks that ran. */
  readonly checks: readonly string[];
  /** What checks looked at and what they could not, in sentences, by check. */
  readonly accounts: Readonly<Record<string, readonly string[]>>;
  /** Numbers of checks for programs, by check. */
  readonly numbers: Readonly<Record<string, unknown>>;
}

const PROGRESS_ROWS = 1000;

/**
 * Audits data files.
 *
 * @throws ConfigError `audit/unknown-check`, `audit/unknown-split`, `audit/side-without-split`; DataError `audit/bad-side-file`,
 * `audit/side-matches-nothing`, and the codes of `streamRows`
 */
export async function runAudit(plan: AuditPlan): Promise<AuditResult> {
  const files = splitsOf(plan.files);
  const sides = await assignSides(plan.sides ?? [], files);
  const { signal, onProgress } = plan;
  const setting: CheckSetting = {
    files,
    sides: [...new Set((plan.sides ?? []).map(({ name }) => name))],
    pictures: plan.pictures === undefined ? undefined : await PictureFolder.open(plan.pictures),
    encoder: plan.encoder,
    maxLength: plan.maxLength,
    clip: plan.clip,
    predictions: plan.predictions,
    labelErrors: plan.labelErrors,
    seed: plan.seed ?? 0,
    permutations: plan.permutations ?? 0,
    signal,
    onProgress,
  };
  const checks = await createChecks(plan, setting);
  const reports: AuditedFileReport[] = [];
  let rows = 0;
  for (const [i, file] of files.entries()) {
    const stream = streamRows(file.path, { policy: "report", ...plan.files[i]?.reading, signal });
    const own = sides[i] ?? new Map();
    const matched: Record<string, number> = {};
    for await (const { document, line, index } of stream.rows) {
      const side: Record<string, JsonValue | undefined> = {};
      for (const [name, candidates] of own) {
        const found = firstOf(candidates, (candidate) => candidate.of(document, index));
        if (found !== undefined) matched[name] = (matched[name] ?? 0) + 1;
        side[name] = found;
      }
      const place = { file: file.path, row: line, id: document.id };
      const seen = { document, split: file.split, role: file.role, place, index, side };
      for (const { check } of checks) check.see(seen);
      if (++rows % PROGRESS_ROWS === 0) onProgress?.("reading", rows, 0);
    }
    reports.push({ ...file, read: stream.report(), sides: matched });
  }
  requireMatches(setting.sides, sides, reports);
  const found: Finding[] = [];
  for (const { name, check } of checks) {
    signal?.throwIfAborted();
    onProgress?.(name, 0, 0);
    found.push(...(await check.findings()));
  }
  return {
    files: reports,
    ...applyIgnoreList(ranked(found), plan.ignore ?? []),
    checks: checks.map(({ name }) => name),
    accounts: Object.fromEntries(
      checks.flatMap(({ name, check }) => {
        const said = check.account?.() ?? [];
        return said.length === 0 ? [] : [[name, said]];
      }),
    ),
    numbers: Object.fromEntries(
      checks.flatMap(({ name, check }) => {
        const numbers = check.numbers?.();
        return numbers === undefined ? [] : [[name, numbers]];
      }),
    ),
  };
}

async function createChecks(
  { checks, skip = [] }: AuditPlan,
  setting: CheckSetting,
): Promise<{ readonly name: string; readonly check: Check }[]> {
  const names = CHECKS.map(({ name }) => name);
  for (const name of [...(checks ?? []), ...skip]) {
    if (names.includes(name)) continue;
    throw new ConfigError({
      code: "audit/unknown-check",
      message: `there is no check ${JSON.stringify(name)}`,
      value: name,
      remedy: `Name one of: ${names.join(", ")}.`,
    });
  }
  const created: { readonly name: string; readonly check: Check }[] = [];
  for (const { name, onRequest = false, create } of CHECKS) {
    if (skip.includes(name) || !(checks?.includes(name) ?? !onRequest)) continue;
    const check = await create(setting);
    if (check !== undefined) created.push({ name, check });
  }
  return created;
}

/** A side file that says nothing about any document is a mistake in the command, not a finding. */
function requireMatches(
  names: readonly string[],
  sides: SideAssignment,
  reports: readonly AuditedFileReport[],
): void {
  for (const name of names) {
    if (reports.some(({ sides: matched }) => (matched[name] ?? 0) > 0)) continue;
    const path = sides.flatMap((own) => own.get(name) ?? [])[0]?.path ?? name;
    throw new DataError({
      code: "audit/side-matches-nothing",
      message: `--side ${name}: no document has an entry in ${path}`,
      place: path,
      value: name,
      remedy:
        "Its keys must be row numbers from 0, or the documents' ids or picture names. Assign it to its split with --side NAME:SPLIT=FILE.",
    });
  }
}

function firstOf<T, R>(candidates: readonly T[], value: (candidate: T) => R | undefined): R | undefined {
  for (const candidate of candidates) {
    const found = value(candidate);
    if (found !== undefined) return found;
  }
  return undefined;
}
