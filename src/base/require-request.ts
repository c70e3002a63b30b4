// Checks what callers without types hand to a public function: fields that are missing, of another kind, or unknown, all of them at once.
import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { checkShape } from "./schema-issues.ts";

/** Kinds of fields that requests have. */
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
  /** Fields, or the path of a file that holds them. */
  source: z.union([z.string().min(1), z.looseObject({})]),
  /** What is checked where it is used. */
  any: z.unknown(),
} as const;

/** A schema for every field of a request, so that the compiler finds a field that was forgotten here. */
export type RequestShape<Request> = { readonly [Field in keyof Request]-?: z.ZodType };

/**
 * Refuses what is not the request that a function takes. A field that is `undefined` counts as absent.
 *
 * @param whole what messages call the request, for instance "the request to train"
 * @throws ConfigError `config/bad-request` with every fault
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
