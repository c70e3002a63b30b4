// Proposes the configuration of a first run: reads the data files, looks at the encoder and the machine, chooses the settings.
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import type { ChosenSettings, EncoderFacts, Wishes } from "./choose-settings.ts";
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
  /** Content of relata.config.ts. */
  readonly text: string;
}

/**
 * Reads the training and validation documents and proposes a configuration. Paths appear in it as given.
 *
 * @throws DataError `data/no-documents` for a file without a usable row, and the codes of `readDocuments`; EncoderError for a folder without a text encoder
 */
export async function proposeConfig(
  files: DataFiles,
  wishes: Wishes,
  signal?: AbortSignal,
): Promise<Proposal> {
  const opened = await openEncoderFacts(wishes.encoder);
  const read = (path: string) => readFacts(path, { tokenizer: opened?.tokenizer, signal });
  const [train, validation] = [await read(files.train), await read(files.validation)];
  for (const facts of [train, validation]) requireDocuments(facts);
  const chosen = chooseSettings(wishes, train, validation, opened?.facts);
  return { ...chosen, train, validation, encoder: opened?.facts, text: configText(chosen) };
}

function requireDocuments({ path, format, documents, rejected }: DataFacts): void {
  if (documents > 0) return;
  throw new DataError({
    code: "data/no-documents",
    message: `no row of the file can be used (read as ${format}; ${counted(rejected, "row")} rejected)`,
    place: path,
    remedy: `\`relata validate ${path}\` lists what is wrong. If it is another kind of file, name the data files: relata init <training file> <validation file>.`,
  });
}
