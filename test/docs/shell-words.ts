// Splits a line of shell in the pages into its programs and their words.

/** A program of a line with its arguments; recognises the pages' `...` and placeholders such as `<folder>`. */
export interface Program {
  readonly name: string;
  readonly args: readonly string[];
  /** Whether `...` replaces arguments shown before. */
  readonly elided: boolean;
}

const PLACEHOLDER = /<[a-z][^<>|]*>/gi;

/** Returns the programs of a line in order, across pipes and `&&`. Redirections and variable assignments are left out. */
export function programsOf(line: string): readonly Program[] {
  return split(line.replace(PLACEHOLDER, "placeholder")).map((words) => {
    const kept: string[] = [];
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? "";
      if (/^\d?[<>]{1,2}$/.test(word))
        at++; // and the file's name
      else if (kept.length > 0 || !/^[A-Z_]+=/.test(word)) kept.push(word);
    }
    const [name = "", ...args] = kept;
    return { name, args: args.filter((arg) => arg !== "..."), elided: args.includes("...") };
  });
}

/** Words by program. */
function split(line: string): string[][] {
  const programs: string[][] = [[]];
  // A word is a sequence of quoted and plain pieces; `|` and `&&` start the next program.
  for (const [token] of line.matchAll(/\|\|?|&&|;|[<>]+|(?:"[^"]*"|'[^']*'|[^\s|&;<>"'])+/g)) {
    if (["|", "||", "&&", ";"].includes(token)) programs.push([]);
    else programs.at(-1)?.push(token.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  }
  return programs;
}
