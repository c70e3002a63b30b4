// Says which variants mix no samples although mixup is on, because their batches are too small: their rows do not show what mixup does.
import { join } from "node:path";
import { readWholeText } from "../base/whole-file.ts";
import type { Config } from "../config/schema.ts";
import { mixupNotes } from "../extractors/shared/mixup-notes.ts";
import type { ExperimentFile } from "./experiment-file.ts";
import { STAGE_FILES } from "./stage-commands.ts";

/** One note for all variants with the same reason; `finished` are the ids of finished stages. */
export async function mixingNotes(
  out: string,
  { variants, evaluations }: ExperimentFile,
  finished: ReadonlySet<string>,
): Promise<string[]> {
  const why = new Map<string, string[]>();
  for (const { name } of variants) {
    const train = evaluations.find((one) => one.variant === name && finished.has(one.train))?.train;
    if (train === undefined) continue;
    const config = JSON.parse(await readWholeText(join(out, train, STAGE_FILES.config))) as Config; // written by this program
    if (config.method !== "i2srm") continue;
    for (const note of mixupNotes(config)) why.set(note, [...(why.get(note) ?? []), name]);
  }
  return [...why].map(([note, names]) => `${names.join(", ")}: ${note.replace(/^warning: /, "")}.`);
}
