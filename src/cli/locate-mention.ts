// Finds a mention in a text: by its words, which must occur exactly once, or by its character range.
import type { ErrorCode } from "../base/codes/error-code.ts";
import { ConfigError } from "../base/errors.ts";
import type { Span } from "../data/document.ts";
import { type OffsetUnit, offsetWriter, spansFrom, UNIT_NAMES } from "../data/offset-units.ts";

/**
 * Returns the span of a mention given as words or as a span.
 *
 * @throws ConfigError `cli/mention-missing`, `cli/mention-not-found`, `cli/mention-ambiguous`, `cli/span-outside-text`
 */
export function locateMention(
  name: "head" | "tail",
  text: string,
  words: string | undefined,
  given: Span | undefined,
  offsets: OffsetUnit,
): Span {
  const [span] = given === undefined ? [] : spansFrom(text, [given], offsets, `--${name}-span`);
  const fault = (code: ErrorCode, message: string, remedy: string) =>
    new ConfigError({
      code,
      message,
      place: `--${name}`,
      remedy,
      value: words ?? span,
    });
  if (span !== undefined) {
    if (span.end <= text.length) return span;
    throw fault(
      "cli/span-outside-text",
      `the ${name} ${given?.start}:${given?.end} ends after the end of the text, which has ${offsetWriter(text, offsets)(text.length)} ${UNIT_NAMES[offsets]}`,
      `Count ${UNIT_NAMES[offsets]} from 0; the end is exclusive.`,
    );
  }
  if (words === undefined || words === "")
    throw fault(
      "cli/mention-missing",
      `the ${name} is not given`,
      `Give --${name} with its words or --${name}-span with its range.`,
    );
  const written = offsetWriter(text, offsets);
  const shown = (start: number) => `${written(start)}:${written(start + words.length)}`;
  const found = occurrences(text, words);
  if (found.length === 1) return { start: found[0] ?? 0, end: (found[0] ?? 0) + words.length };
  if (found.length === 0)
    throw fault(
      "cli/mention-not-found",
      `"${words}" does not occur in the text`,
      "Write the mention exactly as it appears in the text.",
    );
  throw fault(
    "cli/mention-ambiguous",
    `"${words}" occurs ${found.length} times`,
    `Choose one with --${name}-span: ${found.map(shown).join(", ")}.`,
  );
}

function occurrences(text: string, words: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) found.push(at);
  return found;
}
