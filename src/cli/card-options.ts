// The options for what only people know about a model: its licence, its languages, its data sets.

import type { Stated } from "../extract/card/card-record.ts";

export const LICENSE_OPTION = [
  "--license <identifier>",
  "licence of the model for its card, for instance mit, apache-2.0, cc-by-4.0 or other (default: unknown)",
] as const;
export const LANGUAGE_OPTION = [
  "--language <code...>",
  "languages that the model reads, for its card, for instance en",
] as const;
export const DATASET_OPTION = [
  "--dataset <id...>",
  "data sets on a hub that it was trained on, for its card",
] as const;

/** What the options state; fields of options that are absent are undefined. */
export interface CardOptions {
  readonly license?: string | undefined;
  readonly language?: readonly string[] | undefined;
  readonly dataset?: readonly string[] | undefined;
}

/** Returns what was stated. */
export function statedIn({ license, language, dataset }: CardOptions): Partial<Stated> {
  return {
    ...(license === undefined ? {} : { license }),
    ...(language === undefined ? {} : { languages: language }),
    ...(dataset === undefined ? {} : { datasets: dataset }),
  };
}
