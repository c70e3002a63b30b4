// Where the gold documents of a run's predictions are: its configuration names its test and validation data.
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "../../base/errors.ts";
import { exists } from "../../base/exists.ts";
import { readWholeText } from "../../base/whole-file.ts";

/** `relata train` copies its configuration here. */
const CONFIG_FILE = "relata.config.json";

/**
 * The file among a run's data that has the predicted document.
 *
 * @param id of a predicted document
 * @throws ConfigError `config/not-found`
 */
export async function goldOfRun(folder: string, id: string | undefined): Promise<string> {
  const place = join(folder, CONFIG_FILE);
  const { data } = (await exists(place)) ? configOf(await readWholeText(place)) : {};
  const tried: string[] = [];
  for (const name of ["test", "validation", "train"] as const) {
    const path = data?.[name];
    if (typeof path !== "string") continue;
    // The configuration's paths are relative to where training was started: here, or the folder above the run.
    for (const candidate of new Set([resolve(path), resolve(dirname(resolve(folder)), path)])) {
      tried.push(candidate);
      if ((await exists(candidate)) && (await hasDocument(candidate, id))) return candidate;
    }
  }
  throw new ConfigError({
    code: "config/not-found",
    message: `the gold documents of the predictions in ${folder} were not found${tried.length > 0 ? `; tried ${tried.join(", ")}` : ""}`,
    place: "--run",
    value: folder,
    remedy: `Name them: --run ${folder}=test.jsonl. Files of other formats are converted with \`relata convert\`.`,
  });
}

interface ConfigData {
  readonly data?: { readonly [name: string]: unknown } | undefined;
}

function configOf(text: string): ConfigData {
  return JSON.parse(text) as ConfigData; // relata wrote it
}

async function hasDocument(path: string, id: string | undefined): Promise<boolean> {
  if (id === undefined) return true;
  return (await readWholeText(path)).includes(JSON.stringify(id));
}
