// Checks requests from untyped callers to a public function, and reports all missing, mistyped and unknown fields at once.
import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { checkShape } from "./schema-issues.ts";

/** Kinds of request fields. */
export const FIELD = {
  text: z.string().min(1),
  flag: z.boolean(),
  /** A whole number from 1. */
  count: z.int().positive(),
  amount: z.number().nonnegative(),
  list: z.array(z.unknown()),
  fields: z.looseObject({}),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, "expected an AbortSignal"),
  callback: z.custom<(...values: never[]) => unknown>(
    (value) => typeof value === "function",
    "expected a function",
  ),
  /** Fields, or the path of a file that contains them. */
  source: z.union([z.string().min(1), z.looseObject({})]),
  /** Checked where it is used. */
  any: z.unknown(),
} as const;

/** A schema for every field of a request; the compiler reports a forgotten one. */
export type RequestShape<Request> = { readonly [Field in keyof Request]-?: z.ZodType };

/**
 * Refuses a malformed request. A field that is `undefined` counts as absent.
 *
 * @param whole what messages call the request, for instance "the request to train"
 * @throws ConfigError `config/bad-request` listing every fault
 */
export function requireRequest<Request>(shape: RequestShape<Request>, request: unknown, whole: string): void {
  const checked = checkShape(z.strictObject(shape), request, { whole });
  if (checked.success) return;
  throw new ConfigError({
    code: "config/bad-request",
    message: `${whole}: ${checked.faults.map((fault) => fault.replace(`${whole}: `, "")).join("; ")}`,
    place: whole,
    remedy: "Fix these fields; docs/reference lists the fields of every request.",
  });
}
