// The ignore list: findings that somebody has looked at and accepted, each with the reason.
import { z } from "zod";
import { ConfigError, DataError } from "../base/errors.ts";
import { readWholeText } from "../base/whole-file.ts";
import { cannotRead } from "../data/lines.ts";
import type { Finding } from "./finding.ts";

const ENTRY = z.strictObject({
  code: z.string().min(1),
  feature: z.string().min(1).optional(),
  split: z.string().min(1).optional(),
  ids: z.array(z.string()).min(1).optional(),
  reason: z.string().trim().min(1),
});

/** An accepted finding. Without `feature` or `split` it applies to all; with `ids`, only to these documents' rows. */
export type IgnoreEntry = Readonly<z.infer<typeof ENTRY>>;

/** A finding that an entry hides, and why. */
export interface IgnoredFinding extends Finding {
  readonly reason: string;
}

/** Findings after an ignore list. */
export interface IgnoreOutcome {
  readonly findings: readonly Finding[];
  readonly ignored: readonly IgnoredFinding[];
  /** Entries that match no finding: they are out of date, or misspelt. */
  readonly unmatched: readonly IgnoreEntry[];
}

/** Reads an ignore list: a JSON list of entries. @throws DataError `data/cannot-read`; ConfigError `audit/bad-ignore-list` */
export async function readIgnoreList(path: string): Promise<readonly IgnoreEntry[]> {
  const text = await readWholeText(path).catch((error: unknown) => {
    throw error instanceof DataError ? error : cannotRead(path, error);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badList(path, error instanceof Error ? error.message : String(error), error);
  }
  return requireIgnoreList(value, path);
}

/** Checks a list from elsewhere. @throws ConfigError `audit/bad-ignore-list` */
export function requireIgnoreList(value: unknown, place: string): readonly IgnoreEntry[] {
  const parsed = z.array(ENTRY).safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue?.path.join(".") ?? "";
  throw badList(place, `${at === "" ? "" : `${at}: `}${issue?.message ?? "it is not a list"}`);
}

/**
 * Takes out the findings that entries match. An entry with `ids` takes out these rows only, and the whole finding once it has no other
 * row; what is left keeps its number, because the number counts all rows.
 */
export function applyIgnoreList(
  findings: readonly Finding[],
  entries: readonly IgnoreEntry[],
): IgnoreOutcome {
  const used = new Set<IgnoreEntry>();
  const ignored: IgnoredFinding[] = [];
  const kept = findings.flatMap((finding): Finding[] => {
    let rows = finding.rows;
    for (const entry of entries) {
      if (entry.code !== finding.code) continue;
      if (entry.feature !== undefined && entry.feature !== finding.feature) continue;
      if (entry.split !== undefined && entry.split !== finding.split) continue;
      if (entry.ids === undefined) {
        used.add(entry);
        ignored.push({ ...finding, reason: entry.reason });
        return [];
      }
      const ids = new Set(entry.ids);
      const rest = rows.filter(({ id }) => !ids.has(id));
      if (rest.length === rows.length) continue;
      used.add(entry);
      const hidden = rows.filter(({ id }) => ids.has(id));
      ignored.push({ ...finding, rows: hidden, reason: entry.reason });
      rows = rest;
    }
    if (rows === finding.rows) return [finding];
    return rows.length === 0 ? [] : [{ ...finding, rows }];
  });
  return { findings: kept, ignored, unmatched: entries.filter((entry) => !used.has(entry)) };
}

function badList(place: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError({
    code: "audit/bad-ignore-list",
    message: `${place} is not an ignore list: ${why}`,
    place,
    remedy:
      'It must be a JSON list of { "code", "reason" }, optionally with "feature", "split" and "ids". Every entry needs a reason.',
    cause,
  });
}
