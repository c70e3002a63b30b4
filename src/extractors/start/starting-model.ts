// The trained model that a run starts from: where it is, its text encoder, what it has learnt to answer.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import { parseTextConfig } from "../../encoders/text/table.ts";
import type { TextEncoderFolder } from "../../encoders/text-encoder.ts";
import { tokenizerNotes } from "../../encoders/tokenizer-notes.ts";
import { loadTokenizer } from "../../encoders/tokenizing/load-tokenizer.ts";
import { entityMarkers } from "../../encoders/tokenizing/markers.ts";
import type { WeightSource } from "../../encoders/weight-source.ts";
import { openWeights } from "../../encoders/weights.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { BUNDLE_FILE, BUNDLE_PARTS } from "../shared/bundle-parts.ts";
import { verifyModel } from "../shared/verify-model.ts";

/** A model to start from, with its files checked. */
export interface StartingModel {
  readonly folder: string;
  readonly encoder: TextEncoderFolder;
  readonly weights: WeightSource;
  /** Its labels, in their order: relations, or types of entities. */
  readonly labels: readonly string[];
  /** What has an entry per label in the model: the labels, or the tags. */
  readonly entries: readonly string[];
  /** What it saw of the picture. */
  readonly visual: string;
}

/** The parts of a model's config.json that starting from it needs; each task reads its own. */
export interface StartingConfig {
  readonly encoder: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
  readonly entries: readonly string[];
  readonly visual: string;
}

/**
 * Opens the model that `from` names: a model folder, or the part of a bundle for the run's task.
 *
 * @param read reads the model's config.json
 * @throws ConfigError `config/cannot-start-from`; DataError `data/not-a-model`, `data/other-model`, and the codes of `verifyModel`; the codes
 * of encoders
 */
export async function openStart(
  from: string,
  { task, method }: Pick<Config, "task" | "method">,
  read: ((folder: string) => Promise<StartingConfig>) | undefined,
  extensions: Extensions,
): Promise<StartingModel> {
  if (method !== "i2srm" || read === undefined) {
    throw cannotStart(
      from,
      `a run of the method ${method} cannot start from a trained model`,
      'Set method to "i2srm", or leave --from out.',
    );
  }
  const folder = existsSync(join(from, BUNDLE_FILE)) ? join(from, PART_OF_TASK[task]) : from;
  await verifyModel(folder, {});
  const { encoder: configJson, ...rest } = await read(folder);
  const config = parseTextConfig(configJson, join(folder, "config.json"), extensions);
  const tokenizer = await loadTokenizer(folder);
  const markers = entityMarkers(tokenizer, { embeddingRows: config.vocabSize });
  const notes = tokenizerNotes(config, tokenizer, folder);
  const encoder = { folder, configJson, config, tokenizer, markers, notes };
  return { ...rest, folder, encoder, weights: await openWeights(folder) };
}

/**
 * Refuses a text encoder that is not the trained model's.
 *
 * @throws ConfigError `config/other-encoder`
 */
export function requireSameEncoder(named: TextEncoderFolder, { folder, encoder }: StartingModel): void {
  const shape = ({ config, tokenizer }: TextEncoderFolder) =>
    JSON.stringify([config, tokenizer.padId, tokenizer.encodeText(PROBE).ids]);
  if (shape(named) === shape(encoder)) return;
  throw new ConfigError({
    code: "config/other-encoder",
    message: `${folder} was trained with another text encoder than ${named.folder}`,
    place: "encoder",
    value: named.folder,
    remedy: "Leave --encoder out: the run then takes the encoder of the model that it starts from.",
  });
}

const PART_OF_TASK = {
  mner: BUNDLE_PARTS.entity,
  mre: BUNDLE_PARTS.relation,
  classification: BUNDLE_PARTS.category,
} as const;

/** Captions are read by the text encoder as it was before any training. @throws ConfigError `config/cannot-start-from` */
export function requireNoCaptions({ from = "", visual }: Config): void {
  if (visual.kind !== "captions") return;
  throw cannotStart(
    from,
    "captions are encoded by the text encoder as it was before training, and the trained model has another one",
    "Name the untrained text encoder too, with --encoder.",
  );
}

/** Any text: two tokenizers that differ hardly agree on it. */
const PROBE = "Zoë's 3 quick-thinking foxes @Reykjavík #naïve: 12:45, co-operating!";

function cannotStart(from: string, message: string, remedy: string): ConfigError {
  return new ConfigError({ code: "config/cannot-start-from", message, place: "from", value: from, remedy });
}
