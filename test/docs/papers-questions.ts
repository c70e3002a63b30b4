// Reads the table of the papers' questions in docs/papers.md, so that tests can type its commands.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** A row of the table. */
export interface PapersQuestion {
  readonly number: number;
  readonly question: string;
  /** The commands of the row, in order; `...` stands for what the page gives above the table. */
  readonly commands: readonly string[];
  /** What a run showed. */
  readonly seen: string;
}

/** Returns the numbered rows of docs/papers.md, in order. */
export function papersQuestions(): readonly PapersQuestion[] {
  const page = readFileSync(join(ROOT, "docs/papers.md"), "utf8");
  return page.split("\n").flatMap((line) => {
    const [, number, question = "", command = "", seen = ""] =
      /^\| (\d+) \| ([^|]+) \| ([^|]+) \| (.+) \|$/.exec(line) ?? [];
    if (number === undefined) return [];
    const commands = [...command.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
    return [{ number: Number(number), question, commands, seen }];
  });
}
