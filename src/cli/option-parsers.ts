// Parsers of option values: a wrong value is refused, with the legal values, before any work starts.
import { InvalidArgumentError } from "commander";

export function parsePositiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("It must be a whole number, 1 or more.");
  return value;
}

export function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return value;
}

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}

export function parseNonNegative(text: string): number {
  const value = parseNumber(text);
  if (value < 0) throw new InvalidArgumentError("It must be a number, 0 or more.");
  return value;
}

export function parseProbability(text: string): number {
  const value = parseNumber(text);
  if (value < 0 || value > 1) throw new InvalidArgumentError("It must be a number from 0 to 1.");
  return value;
}

/** A precision to aim at: neither 0 nor 1 can be promised. */
export function parsePrecision(text: string): number {
  const value = parseNumber(text);
  if (value <= 0 || value >= 1)
    throw new InvalidArgumentError("It must be a number above 0 and below 1, for instance 0.9.");
  return value;
}

/** `key=value`; each use of the option adds one. */
export function parseKeyValue(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be key=value.");
  return Object.fromEntries([...Object.entries(before), [text.slice(0, at), text.slice(at + 1)]]);
}

/** `start:end`, half-open, in UTF-16 code units. */
export function parseSpan(text: string): { readonly start: number; readonly end: number } {
  const match = /^(\d+):(\d+)$/.exec(text);
  const start = Number(match?.[1]);
  const end = Number(match?.[2]);
  if (match === null || start >= end)
    throw new InvalidArgumentError("It must be start:end with start below end, for instance 4:11.");
  return { start, end };
}
