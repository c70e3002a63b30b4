// Runs lines of shell as a user types them.
import { spawn } from "node:child_process";
import { delimiter } from "node:path";

/** What a line of shell ended with. */
export interface Said {
  readonly code: number | null;
  /** Output and messages, in the order of their arrival. */
  readonly out: string;
}

/** Runs one line of shell in a folder; programs are looked for in `programs` first. */
export function shellIn(programs: string, line: string, cwd: string): Promise<Said> {
  const env = {
    ...process.env,
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
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
