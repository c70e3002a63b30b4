// Kinds of settings of `relata serve`: how a flag, a variable of the environment or a field of a request becomes a value, and what is refused.
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
  readonly accepts: (value: unknown) => value is Value;
  /** The legal values, in words that follow "must be". */
  readonly wanted: string;
  /** The legal values, if they are a few names. */
  readonly names?: readonly string[];
  /** Converts one text; what it returns is checked by `accepts`. */
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
  const accepts = (value: unknown): value is number =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most;
  return one(flag, rest, accepts, `a whole number${limits}`, wholeNumber);
}

const LONGEST_SECONDS = 604_800; // a week; timers end at 24 days

/** A number of seconds above 0; fractions are allowed. */
export function seconds(flag: string, about: About<number>): Setting<number> {
  const wanted = `a number of seconds above 0, at most ${LONGEST_SECONDS}`;
  const accepts = (value: unknown): value is number =>
    typeof value === "number" && value > 0 && value <= LONGEST_SECONDS;
  return one(flag, about, accepts, wanted, decimal);
}

/** A text that is not empty. */
export function text<Value extends string | undefined>(
  flag: string,
  about: About<Value>,
): Setting<string | Value> {
  return one<string, Value>(flag, about, isText, "a text", (given) => given);
}

/** One of a few names. */
export function choice<const Name extends string, Value extends Name | undefined>(
  flag: string,
  names: readonly Name[],
  about: About<Value>,
): Setting<Name | Value> {
  const accepts = (value: unknown): value is Name => names.some((name) => name === value);
  return { ...one<Name, Value>(flag, about, accepts, `one of ${names.join(", ")}`, (given) => given), names };
}

/** Yes or no: true, 1, false or 0 in the environment. */
export function flag(name: string, about: About<boolean>): Setting<boolean> {
  return one(name, about, isFlag, "true or false", (given) => FLAGS[given] ?? given);
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
    accepts: (value): value is readonly string[] => Array.isArray(value) && value.every(isText),
    wanted: "a list of texts",
    read: (given) => given,
    isMany: true,
  };
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

const isText = (value: unknown): value is string => typeof value === "string" && value.length > 0;
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

function one<Given, Value>(
  flag: string,
  about: About<Value>,
  accepts: (value: unknown) => value is Given,
  wanted: string,
  read: (text: string) => unknown,
): Setting<Given | Value> {
  return { flag, ...about, accepts, wanted, read, isMany: false };
}

function wholeNumber(given: string): unknown {
  return /^-?\d+$/.test(given.trim()) ? Number(given) : given;
}

function decimal(given: string): unknown {
  return /^\d+(\.\d+)?$/.test(given.trim()) ? Number(given) : given;
}

/** @throws ConfigError `serving/wrong-setting` */
export function checked<Value>(setting: Setting<Value>, value: unknown, place: string): Value {
  if (setting.accepts(value)) return value;
  throw new ConfigError({
    code: "serving/wrong-setting",
    message: `${place} must be ${setting.wanted}, got ${JSON.stringify(value)}`,
    place,
    value,
    remedy:
      "Correct the value, or leave it out to use the default. `relata serve --help` lists the settings.",
  });
}
