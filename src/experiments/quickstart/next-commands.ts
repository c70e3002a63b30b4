// What to type after a quickstart: commands on what it has just made, with answers that the reader can check.
import type { QuickstartResult } from "./result.ts";

/** Arguments of `relata`, and what they show. */
export interface NextCommand {
  readonly shows: string;
  readonly args: readonly string[];
}

/** A text that states its relation: the picture is not needed. */
const STATED = "Anna Novak just married Ben Walker";

/** @param path makes a path shorter, such as relative to the current folder */
export function nextCommands(
  { bundle, example, runs, corpus }: Pick<QuickstartResult, "bundle" | "example" | "runs" | "corpus">,
  path: (absolute: string) => string,
): readonly NextCommand[] {
  const extract = (...args: readonly string[]) => ["extract", path(bundle), "--text", ...args];
  const pictured = runs.find(({ name }) => name === "i2srm")?.modelFolder ?? "";
  return [
    { shows: "the post above", args: extract(example.text, "--picture", path(example.picture)) },
    { shows: "the same text without its picture", args: extract(example.text) },
    { shows: "a text that says it all, in your own words if you like", args: extract(STATED) },
    {
      shows: "every score of the model that reads texts and pictures",
      args: ["evaluate", path(pictured), path(corpus.test), "--pictures", path(corpus.pictures)],
    },
  ];
}
