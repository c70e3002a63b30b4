// Runs one command line: parses it, runs the command, turns errors into exit codes.
import { CommanderError } from "commander";
import { namedWriteFailure } from "../base/cannot-write.ts";
import { ExitCode, exitCodeOf, printError } from "./errors.ts";
import { createOutput, hideProgress } from "./output.ts";
import { createProgram } from "./program.ts";
import { interruptSignal } from "./signals.ts";

/** Runs `relata` with `args` (without the node binary and the script) and returns the process's exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const json = args.includes("--json");
  const output = createOutput({ json });
  const interrupt = interruptSignal();
  try {
    const context = {
      output,
      // A command that never reads the signal has no safe point to stop at.
      get signal() {
        return interrupt.signal;
      },
      allowForStopping: interrupt.allow,
    };
    await createProgram(context).parseAsync(args as string[], { from: "user" });
    const code = process.exitCode === undefined ? ExitCode.done : Number(process.exitCode);
    return code !== ExitCode.done && interrupt.signal.aborted ? interrupt.exitCode() : code;
  } catch (thrown) {
    hideProgress();
    const error = namedWriteFailure(thrown);
    if (error instanceof CommanderError) {
      // Help and version requests arrive as exceptions with exit code 0; commander has already printed everything else.
      return error.exitCode === 0 ? ExitCode.done : ExitCode.wrongInput;
    }
    if (interrupt.signal.aborted) {
      process.stderr.write(`interrupted by ${interrupt.cause()}\n`);
      return interrupt.exitCode();
    }
    printError(error, { json, debug: process.env.RELATA_DEBUG === "1" });
    return exitCodeOf(error);
  } finally {
    hideProgress();
    interrupt.release();
  }
}
