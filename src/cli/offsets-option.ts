// `--offsets`: what start and end count, the same option in every command that reads or writes them.
import { Option } from "commander";
import { OFFSET_UNITS } from "../data/offset-units.ts";

const UNITS =
  "utf-16 (JavaScript, Java), code-point (Python, most annotation tools) or utf-8, bytes (Go, Rust)";

/**
 * @param what whose offsets they are, for the help
 * @param standard the default in words
 */
export function offsetsOption(what: string, flag = "--offsets", standard = "utf-16"): Option {
  return new Option(
    `${flag} <unit>`,
    `what start and end count in ${what}: ${UNITS} (default: ${standard})`,
  ).choices(OFFSET_UNITS);
}

/** The same for a data file, whose format has a unit of its own. */
export function fileOffsetsOption(what: string): Option {
  return offsetsOption(what, "--offsets", "the format's own, for documents utf-16");
}
