// What the flags of the commands that train set in a configuration: each flag one field, and no field to two values.
import { ConfigError } from "../base/errors.ts";
import type { Overrides } from "../config/load.ts";
import { type DeviceOptions, providerSetting } from "./device-options.ts";
import { fieldsOf, parseAssignment } from "./field-assignments.ts";
import { TEXT_ONLY } from "./text-only.ts";

/** A field of the configuration, with dots, and its value; undefined: not given. */
export type ConfigField = readonly [field: string, value: unknown];

/** The flags that every command that trains has. */
export interface TrainingFlags extends DeviceOptions {
  readonly encoder?: string | undefined;
  readonly task?: string | undefined;
  readonly format?: string | undefined;
  readonly pictures?: string | undefined;
  readonly pictureEncoder?: string | undefined;
  readonly textOnly?: boolean | undefined;
  readonly epochs?: number | undefined;
  readonly seed?: number | undefined;
  readonly set?: readonly string[] | undefined;
}

/**
 * Converts flags to a part of a configuration.
 *
 * @param own what the command's own flags set
 * @throws ConfigError `config/contradiction` if two options set one field to different values
 */
export function configFields(options: TrainingFlags, own: readonly ConfigField[] = []): Overrides {
  return withoutContradiction([
    ["encoder", options.encoder],
    ["task", options.task],
    ["data.format", options.format],
    ["data.pictures", options.pictures],
    ["visual.kind", options.pictures === undefined ? undefined : "pictures"],
    ["visual.encoder", options.pictureEncoder],
    ["training.epochs", options.epochs],
    ["training.seed", options.seed],
    ["training.threads", options.threads],
    ["training.device", options.device],
    ["training.library", options.library],
    ["training.provider", providerSetting(options)],
    ...own,
    ...(options.textOnly === true ? TEXT_ONLY : []),
    ...(options.set ?? []).map(parseAssignment),
  ]);
}

function withoutContradiction(fields: readonly ConfigField[]): Overrides {
  const values = new Map<string, unknown>();
  for (const [field, value] of fields) {
    if (value === undefined) continue;
    const before = values.get(field);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(value))
      throw optionContradiction(
        `${field}=${JSON.stringify(before)}`,
        JSON.stringify(value),
        "they set the same field to two values",
      );
    values.set(field, value);
  }
  return fieldsOf([...values]);
}

/** The error for options of which one makes the others useless. */
export function optionContradiction(flag: string, others: string, why: string): ConfigError {
  return new ConfigError({
    code: "config/contradiction",
    message: `${flag} and ${others} exclude each other: ${why}`,
    place: flag,
    remedy: "Omit the one that does not apply.",
  });
}
