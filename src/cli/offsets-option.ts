// `--offsets`: what start and end count, the same option in every command that reads or writes them.
import { Option } from "commander";
import { OFFSET_UNITS } from "../data/offset-units.ts";

const UNITS =
  "utf-16 (JavaScript, Java), code-point (Python, most annotation tools) or utf-8, bytes (Go, Rust)";

/** @param what whose offsets they are, for the help */
export function offsetsOption(what: string, flag = "--offsets"): Option {
  return new Option(
    `${flag} <unit>`,
    `what start and end count in ${what}: ${UNITS} (default: the format's own, for documents utf-16)`,
  ).choices(OFFSET_UNITS);
}
