// Shows documents to one check as an audit does, for tests.
import type { Document } from "../../data/document.ts";
import type { CheckEntry, CheckSetting } from "../check.ts";
import type { Finding } from "../finding.ts";
import { roleOfName } from "../split-names.ts";

/** A document to show; what is left out is empty. */
export interface ShownDocument {
  readonly split: string;
  readonly document: Partial<Document>;
}

/** The findings of a check, in its own order. A document's row is its number, from 1. */
export async function auditedBy(
  entry: CheckEntry,
  shown: readonly ShownDocument[],
  setting: Partial<CheckSetting> = {},
): Promise<readonly Finding[]> {
  const splits = [...new Set(shown.map(({ split }) => split))];
  const files = splits.map((split) => ({ path: `${split}.jsonl`, split, role: roleOfName(split) }));
  const check = await entry.create({ files, sides: [], seed: 0, permutations: 0, ...setting });
  for (const [i, { split, document }] of shown.entries()) {
    const id = document.id ?? `${i}`;
    check?.see({
      document: { text: `text ${i}`, entities: [], relations: [], ...document, id },
      split,
      role: roleOfName(split),
      place: { file: `${split}.jsonl`, row: i + 1, id },
      index: i,
      side: {},
    });
  }
  return (await check?.findings()) ?? [];
}
