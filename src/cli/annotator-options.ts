// The annotator that a command line names: a server by its options, or whatever a file of settings says.
import {
  type AnnotatorSettings,
  annotatorSettingsShape,
  CHAT_ANNOTATOR,
} from "../annotate/annotator-settings.ts";
import { ConfigError } from "../base/errors.ts";
import { isFields } from "../base/fields.ts";
import { checkShape } from "../base/schema-issues.ts";
import { readConfigFile } from "../config/load.ts";
import type { GeneratorSettings } from "../plan/adapters.ts";
import { openTextToText } from "../plan/open-generators.ts";
import type { TextToText } from "../synthesis/generators/generator.ts";

/** The options that say whom to ask. */
export interface AnnotatorOptions {
  readonly annotator?: string | undefined;
  readonly model?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly keyFrom?: string | undefined;
  readonly temperature?: number | undefined;
  readonly pricePerMillionInput?: number | undefined;
  readonly pricePerMillionOutput?: number | undefined;
  readonly requestsPerMinute?: number | undefined;
  readonly concurrency?: number | undefined;
}

/** Where OpenAI's own tools read its key from. */
const USUAL_KEY = "OPENAI_API_KEY";

/** An annotator as data: the settings of a server, or of another generator of texts from texts, which has an adapter. */
export type WrittenAnnotator = AnnotatorSettings | GeneratorSettings;

/** Opens an annotator, unless it is a server's settings. @throws the errors of opening another generator */
export async function openAnnotator(written: WrittenAnnotator): Promise<AnnotatorSettings | TextToText> {
  if (!("adapter" in written)) return written as AnnotatorSettings; // only generators have one
  const { GENERATOR_ADAPTERS } = await import("../experiments/generator-adapters.ts");
  return openTextToText(written as GeneratorSettings, { variables: process.env }, GENERATOR_ADAPTERS);
}

/**
 * The annotator of a command line; options win over the file.
 *
 * @throws ConfigError `config/invalid`, `cli/contradiction`, the errors of reading the file
 */
export async function annotatorOf(options: AnnotatorOptions): Promise<WrittenAnnotator> {
  const { annotator: file, ...given } = options;
  const base = file === undefined ? {} : await readConfigFile(file);
  const named = Object.fromEntries(Object.entries(pick(given)).filter(([, value]) => value !== undefined));
  if (isFields(base) && typeof base.adapter === "string" && base.adapter !== CHAT_ANNOTATOR)
    return otherOf(base as GeneratorSettings, named, file ?? "");
  const { adapter: _, ...fields } = isFields(base) ? base : {};
  const keyFrom = fields.baseUrl === undefined && given.baseUrl === undefined ? { keyFrom: USUAL_KEY } : {};
  const parsed = checkShape(
    annotatorSettingsShape,
    { ...keyFrom, ...fields, ...named },
    { whole: "the annotator" },
  );
  if (parsed.success) return parsed.data;
  const lacksModel = given.model === undefined && fields.model === undefined;
  throw new ConfigError({
    code: "config/invalid",
    message: lacksModel ? "no model is named" : parsed.faults.join("; "),
    place: lacksModel ? "--model" : (file ?? "the options"),
    remedy: lacksModel
      ? "Give --model and, for a server other than OpenAI's, --base-url; or a file of settings with --annotator."
      : "Fix the fields named above; docs/annotating.md lists them.",
  });
}

function pick(options: Omit<AnnotatorOptions, "annotator">): Omit<AnnotatorOptions, "annotator"> {
  const { model, baseUrl, keyFrom, temperature, requestsPerMinute, concurrency } = options;
  const { pricePerMillionInput, pricePerMillionOutput } = options;
  return {
    ...{ model, baseUrl, keyFrom, temperature, requestsPerMinute, concurrency },
    ...{ pricePerMillionInput, pricePerMillionOutput },
  };
}

/** A generator of texts from texts, such as your own program. */
function otherOf(
  settings: GeneratorSettings,
  named: Readonly<Record<string, unknown>>,
  file: string,
): GeneratorSettings {
  const [option] = Object.keys(named);
  if (option !== undefined) {
    throw new ConfigError({
      code: "cli/contradiction",
      message: `${option} is for a server, but ${file} names the adapter "${settings.adapter}"`,
      place: "--annotator",
      value: option,
      remedy: "Write the setting into the file, if the adapter has it.",
    });
  }
  return settings;
}
