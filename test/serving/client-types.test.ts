// The types of the client are those of the API: the compiler compares them with the schemas that check requests and make the OpenAPI document.

import { expect, test } from "vitest";
import type { z } from "zod";
import type { Model, Problem, ReadOptions, Result } from "../../src/client/index.ts";
import type { Explanation } from "../../src/extract/explain/explanation.ts";
import type { PROBLEM_SCHEMA } from "../../src/serving/http/problem-schema.ts";
import type { MODEL } from "../../src/serving/http/routes/models.ts";
import type { ONE, RESULT } from "../../src/serving/http/schemas.ts";

/** A type without the differences that JSON does not have: read-only or not, absent or undefined. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { [Key in keyof T as undefined extends T[Key] ? never : Key]: Plain<T[Key]> } & {
        [Key in keyof T as undefined extends T[Key] ? Key : never]?:
          | Plain<Exclude<T[Key], undefined>>
          | undefined;
      }
    : T;

type Same<A, B> = [Plain<A>] extends [Plain<B>] ? ([Plain<B>] extends [Plain<A>] ? true : false) : false;

/** Compiles only for types that are the same. */
function same<A, B>(isSame: Same<A, B>): boolean {
  return isSame;
}

test("Results, options, problems and models have the same fields in the client and in the schemas.", () => {
  expect(same<z.output<typeof RESULT>["entities"], Result["entities"]>(true)).toBe(true);
  expect(same<Omit<z.output<typeof RESULT>, "explanation">, Omit<Result, "explanation">>(true)).toBe(true);
  expect(same<NonNullable<z.output<typeof ONE>["options"]>, ReadOptions>(true)).toBe(true);
  expect(same<z.output<typeof PROBLEM_SCHEMA>, Problem>(true)).toBe(true);
  expect(same<z.output<typeof MODEL>, Model>(true)).toBe(true);
});

test("Explanations have the same fields in the library and in the schema.", () => {
  expect(same<NonNullable<z.output<typeof RESULT>["explanation"]>, Explanation>(true)).toBe(true);
});

test("The comparison would notice a missing field, another type, and a field that does not have to be there.", () => {
  expect(same<{ a: string; b: number }, { a: string }>(false)).toBe(false);
  expect(same<{ a: string }, { a: number }>(false)).toBe(false);
  expect(same<{ a?: string }, { a: string }>(false)).toBe(false);
  expect(same<{ readonly a: readonly string[] }, { a: string[] }>(true)).toBe(true);
});
