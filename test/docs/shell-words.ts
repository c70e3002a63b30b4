// A line of shell as the pages write them, cut into its programs and their words.

/** A program of a line with its arguments; the pages' `...` and placeholders such as `<folder>` are told apart. */
export interface Program {
  readonly name: string;
  readonly args: readonly string[];
  /** Whether `...` stands for arguments that were shown before. */
  readonly elided: boolean;
}

const PLACEHOLDER = /<[a-z][^<>|]*>/gi;

/** The programs of a line in order: those of a pipe, and of `&&`. Redirections and settings of variables are left out. */
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
  // A word is a run of quoted and plain pieces; `|` and `&&` begin the next program.
  for (const [token] of line.matchAll(/\|\|?|&&|;|[<>]+|(?:"[^"]*"|'[^']*'|[^\s|&;<>"'])+/g)) {
    if (["|", "||", "&&", ";"].includes(token)) programs.push([]);
    else programs.at(-1)?.push(token.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  }
  return programs;
}
