// Kinds of settings of `relata serve`: how a flag, a variable of the environment or a field of a request becomes a value, and what is refused.
import { z } from "zod";
import { ConfigError } from "../base/errors.ts";

/** What belongs together on a page of settings. */
export type SettingSection = "address" | "models" | "queue" | "requests" | "page" | "operation";

/** One setting: its flag, what it means, its default and its legal values. */
export interface Setting<Value> {
  /** As on the command line: `--port <number>`; `--no-x` for what is on by default; empty for what only the environment says. */
  readonly flag: string;
  readonly means: string;
  readonly section: SettingSection;
  readonly fallback: Value;
  /** Of a given value; the default may be something else. */
  readonly schema: z.ZodType<Value>;
  /** The legal values, in words that follow "must be". */
  readonly wanted: string;
  /** The legal values, if they are a few names. */
  readonly names?: readonly string[];
  /** Converts one text; what it returns is checked by `schema`. */
  readonly read: (text: string) => unknown;
  /** Whether the flag may be repeated; in the environment commas separate the values. */
  readonly isMany: boolean;
}

/** What every kind takes. */
type About<Value> = Pick<Setting<Value>, "section" | "means" | "fallback">;

/** A whole number of at least `least`. */
export function count<Value extends number | undefined>(
  flag: string,
  about: About<Value> & { readonly least?: number; readonly most?: number },
): Setting<number | Value> {
  const { least = 1, most = Number.MAX_SAFE_INTEGER, ...rest } = about;
  const limits = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`;
  const schema: z.ZodType<number> = z.int().min(least).max(most);
  return one(flag, rest, schema, `a whole number${limits}`, wholeNumber);
}

const LONGEST_SECONDS = 604_800; // a week; timers end at 24 days

/** A number of seconds above 0; fractions are allowed. */
export function seconds(flag: string, about: About<number>): Setting<number> {
  const wanted = `a number of seconds above 0, at most ${LONGEST_SECONDS}`;
  return one(flag, about, z.number().positive().max(LONGEST_SECONDS), wanted, decimal);
}

/** A text that is not empty. */
export function text<Value extends string | undefined>(
  flag: string,
  about: About<Value>,
): Setting<string | Value> {
  return one<string, Value>(flag, about, z.string().min(1), "a text", (given) => given);
}

/** One of a few names. */
export function choice<const Name extends string, Value extends Name | undefined>(
  flag: string,
  names: readonly Name[],
  about: About<Value>,
): Setting<Name | Value> {
  const schema = z.enum(names) as z.ZodType as z.ZodType<Name>; // zod widens the names of a generic list
  return { ...one<Name, Value>(flag, about, schema, `one of ${names.join(", ")}`, (given) => given), names };
}

/** Yes or no: true, 1, false or 0 in the environment. */
export function flag(name: string, about: About<boolean>): Setting<boolean> {
  return one(name, about, z.boolean(), "true or false", (given) => FLAGS[given] ?? given);
}

/** Texts; none by default. */
export function list(
  flag: string,
  about: Omit<About<readonly string[]>, "fallback">,
): Setting<readonly string[]> {
  return {
    flag,
    ...about,
    fallback: [],
    schema: z.array(z.string().min(1)),
    wanted: "a list of texts",
    read: (given) => given,
    isMany: true,
  };
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

function one<Given, Value>(
  flag: string,
  about: About<Value>,
  schema: z.ZodType<Given>,
  wanted: string,
  read: (text: string) => unknown,
): Setting<Given | Value> {
  return { flag, ...about, schema, wanted, read, isMany: false };
}

function wholeNumber(given: string): unknown {
  return /^-?\d+$/.test(given.trim()) ? Number(given) : given;
}

function decimal(given: string): unknown {
  return /^\d+(\.\d+)?$/.test(given.trim()) ? Number(given) : given;
}

/** @throws ConfigError `serving/wrong-setting` */
export function checked<Value>(setting: Setting<Value>, value: unknown, place: string): Value {
  const result = setting.schema.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigError({
    code: "serving/wrong-setting",
    message: `${place} must be ${setting.wanted}, got ${JSON.stringify(value)}`,
    place,
    value,
    remedy:
      "Correct the value, or leave it out to use the default. `relata serve --help` lists the settings.",
  });
}
