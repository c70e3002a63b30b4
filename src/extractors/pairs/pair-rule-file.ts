// Reads and writes the record of a pair rule, next to a relation model's weights.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../../base/errors.ts";
import { readRecord } from "../../base/json-record.ts";
import { PAIR_RULE_FORMAT, type PairRule, pairRuleSchema } from "./pair-rule.ts";

/** Name of the record in a model folder. */
export const PAIR_RULE_FILE = "type-pairs.json";

/** The record's text. */
export function formatPairRule(rule: PairRule): string {
  return `${JSON.stringify({ format: PAIR_RULE_FORMAT, version: 1, ...rule }, undefined, 2)}\n`;
}

/**
 * Reads the rule from a model folder; undefined for a model that was trained before rules existed.
 *
 * @throws DataError `data/bad-type-pairs`
 */
export async function readPairRule(folder: string): Promise<PairRule | undefined> {
  const place = join(folder, PAIR_RULE_FILE);
  if (!existsSync(place)) return undefined;
  const {
    format: _,
    version: __,
    ...rule
  } = await readRecord(
    place,
    pairRuleSchema,
    (what, cause) =>
      new DataError({
        code: "data/bad-type-pairs",
        message: `${place} does not list which types the model's relations join (${what})`,
        place,
        remedy: "Restore the training run's own file.",
        cause,
      }),
  );
  return rule;
}
