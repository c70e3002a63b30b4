// The configuration in a run's folder: written when the run starts, compared when it is resumed, and always the one the run used.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { TrainingError } from "../../base/errors.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { parseConfig } from "../../config/parse.ts";
import { type ChangedSetting, changedSettings, decisivePaths } from "../../config/resuming.ts";
import type { Config } from "../../config/schema.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { ENDED_FILE } from "../../training/ended-run.ts";
import { LAST_MODEL_FOLDER, RUN_FILE } from "../../training/trainer.ts";
import { contentOfPath } from "./content-of-path.ts";

/** The configuration of a run, with all defaults. */
export const SAVED_CONFIG = "relata.config.json";

export interface SettingsRequest {
  readonly config: Config;
  readonly runFolder: string;
  readonly resume?: boolean | undefined;
  /** Extensions whose names the configurations may contain. */
  readonly extensions?: Extensions | undefined;
}

/**
 * Compares a resumed run's settings with its first ones, and saves the ones it continues with. A folder without a run gets the
 * settings of this attempt.
 *
 * @param begunFile file that a run writes to its folder as soon as it starts, next to the trainer's own record
 * @throws TrainingError `training/checkpoint-mismatch` naming every setting that differs but must not
 */
export async function keepSettings(
  { config, runFolder, resume = false, extensions }: SettingsRequest,
  begunFile: string = RUN_FILE,
): Promise<void> {
  const place = join(runFolder, SAVED_CONFIG);
  const begun = [RUN_FILE, begunFile].some((name) => existsSync(join(runFolder, name)));
  if (begun && !resume) return; // whether the folder can be used is checked when the run starts
  if (begun && existsSync(place)) {
    const before = parseConfig(JSON.parse(await readWholeText(place)), place, extensions);
    const changed = changedSettings(before, config);
    if (changed.length === 0) return;
    await requireSame(runFolder, place, changed);
  }
  await mkdir(runFolder, { recursive: true });
  await replaceOwnFile(place, `${JSON.stringify(config, undefined, 2)}\n`);
}

/** Describes the content of every path that the run depends on, by field: for the run's record, and for a resumed run whose files were moved. */
export async function inputContents(config: Config): Promise<Readonly<Record<string, string>>> {
  const contents: Record<string, string> = {};
  for (const [field, path] of decisivePaths(config)) {
    if (existsSync(path)) contents[field] = await contentOfPath(path);
  }
  return contents;
}

async function requireSame(
  runFolder: string,
  place: string,
  changed: readonly ChangedSetting[],
): Promise<void> {
  const recorded = await recordedContents(runFolder);
  const faults: string[] = [];
  for (const setting of changed) {
    if (setting.kind === "free") continue;
    if (setting.kind === "path" && (await sameContent(setting, recorded))) continue;
    const content = setting.kind === "path" ? ", where the content differs" : "";
    faults.push(`${setting.field}: was ${show(setting.before)}, is ${show(setting.after)}${content}`);
  }
  if (faults.length === 0) return;
  const ended = [ENDED_FILE, LAST_MODEL_FOLDER].some((name) => existsSync(join(runFolder, name)));
  const longer = ended && changed.some(({ field }) => field === "training.epochs");
  throw new TrainingError({
    code: "training/checkpoint-mismatch",
    message: `${runFolder} was started with ${faults.length === 1 ? "another setting" : "other settings"}: ${faults.join("; ")}`,
    place,
    value: faults,
    remedy: longer
      ? "This run has ended, and its learning rate was planned for its number of epochs: to train for a different number, use a new run folder (--run)."
      : "Omit these settings to resume with the original ones, or name a new run folder with --run.",
  });
}

async function sameContent(
  { field, before, after }: ChangedSetting,
  recorded: Readonly<Record<string, string>>,
): Promise<boolean> {
  const [old, now] = [String(before), String(after)];
  if (!existsSync(now)) return false;
  const was = recorded[field] ?? (existsSync(old) ? await contentOfPath(old) : undefined);
  return was === (await contentOfPath(now));
}

/** The contents in the run's record; none if there is no record yet, or one without them. */
async function recordedContents(runFolder: string): Promise<Readonly<Record<string, string>>> {
  const path = join(runFolder, RUN_FILE);
  if (!existsSync(path)) return {};
  const record = JSON.parse(await readWholeText(path)) as {
    readonly environment?: { readonly inputs?: Readonly<Record<string, string>> };
  };
  return record.environment?.inputs ?? {};
}

function show(value: unknown): string {
  return value === undefined ? "absent" : JSON.stringify(value);
}
