// Runs lines of shell as a user types them.
import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { programsOf } from "../docs/shell-words.ts";
import { relata } from "./warm-program.ts";

/** What a line of shell ended with. */
export interface Said {
  readonly code: number | null;
  /** Output and messages, in the order of their arrival. */
  readonly out: string;
}

/** Variables of the environment besides those of the tests. */
type Variables = Readonly<Record<string, string>>;

/** A line that only runs relata, with nothing for a shell to expand; without the words before its arguments. */
const PLAIN = /^(?:npx )?relata (?=[^|&;<>$`*~\\()]+$)/;

/** Runs a line of shell. One that only runs relata is run in a process that has the program loaded, which prints the same. */
export async function typed(
  programs: string,
  line: string,
  cwd: string,
  variables?: Variables,
): Promise<Said> {
  const command = line.replace(/\s+#.*$/, "");
  if (!PLAIN.test(command)) return shellIn(programs, line, cwd, variables);
  const [{ args = [] } = {}] = programsOf(command.replace(PLAIN, "relata "));
  const { code, stdout, stderr } = await relata(args, { cwd, env: { NO_COLOR: "1", ...variables } });
  return { code, out: stdout + stderr };
}

/** Runs one line of shell in a folder; programs are looked for in `programs` first. */
export function shellIn(programs: string, line: string, cwd: string, variables?: Variables): Promise<Said> {
  const env = {
    ...process.env,
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
    ...variables,
    PATH: `${programs}${delimiter}${process.env.PATH}`,
  };
  const child = spawn("sh", ["-c", line], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((done, failed) => {
    let out = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        out += text;
      });
    }
    child.on("error", failed).on("close", (code) => done({ code, out }));
  });
}
