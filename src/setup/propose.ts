// Proposes the configuration of a first run: reads the data files, looks at the encoder and the machine, chooses the settings.
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import { configFormat } from "../config/load.ts";
import { FOLDER_OR_ID_FIELDS, PATH_FIELDS } from "../config/resuming.ts";
import { isFolder } from "../encoders/folder-list.ts";
import type { ChosenSettings, EncoderFacts, Setting, Wishes } from "./choose-settings.ts";
import { chooseSettings } from "./choose-settings.ts";
import { type DataFacts, readFacts } from "./data-facts.ts";
import { openEncoderFacts } from "./encoder-facts.ts";
import { configText } from "./write-settings.ts";

/** The data files by their purpose. */
export interface DataFiles {
  readonly train: string;
  readonly validation: string;
  readonly test?: string | undefined;
}

/** A configuration with its reasons, ready to be written. */
export interface Proposal extends ChosenSettings {
  readonly train: DataFacts;
  readonly validation: DataFacts;
  readonly encoder: EncoderFacts | undefined;
  /** Content of the configuration file. */
  readonly text: string;
}

/**
 * Reads the training and validation documents and proposes a configuration. Its paths are relative to the folder of `out`, the file to which it will
 * be written.
 *
 * @throws ConfigError `config/wrong-extension`; DataError `data/no-documents` for a file without a usable row, and the codes of `readDocuments`; EncoderError for a folder without a text encoder
 */
export async function proposeConfig(
  files: DataFiles,
  wishes: Wishes,
  { out, signal }: { readonly out: string; readonly signal?: AbortSignal | undefined },
): Promise<Proposal> {
  const format = configFormat(out);
  const opened = await openEncoderFacts(wishes.encoder);
  const read = (path: string) => readFacts(path, { tokenizer: opened?.tokenizer, signal });
  const [train, validation] = [await read(files.train), await read(files.validation)];
  for (const facts of [train, validation]) requireDocuments(facts);
  const chosen = chooseSettings(wishes, train, validation, opened?.facts);
  const settings = await seenFrom(dirname(out), chosen.settings);
  return { ...chosen, train, validation, encoder: opened?.facts, text: configText(settings, format) };
}

/** Settings whose relative paths lead from the folder of the configuration, as its reader takes them, to where they led from the working folder. */
async function seenFrom(folder: string, settings: readonly Setting[]): Promise<readonly Setting[]> {
  if (resolve(folder) === resolve()) return settings;
  return Promise.all(
    settings.map(async (setting) => {
      const { field, value } = setting;
      if (typeof value !== "string" || isAbsolute(value)) return setting;
      const isPath =
        isOneOf(PATH_FIELDS, field) || (isOneOf(FOLDER_OR_ID_FIELDS, field) && (await isFolder(value)));
      if (!isPath) return setting;
      const path = relative(folder, value);
      return { ...setting, value: path.startsWith(".") ? path : `./${path}` }; // not an id of the hub
    }),
  );
}

const isOneOf = (fields: readonly string[], field: string) => fields.includes(field);

function requireDocuments({ path, format, documents, rejected }: DataFacts): void {
  if (documents > 0) return;
  throw new DataError({
    code: "data/no-documents",
    message: `no row of the file can be used (read as ${format}; ${counted(rejected, "row")} rejected)`,
    place: path,
    remedy: `\`relata validate ${path}\` lists what is wrong. If it is another kind of file, name the data files: relata init <training file> <validation file>.`,
  });
}
