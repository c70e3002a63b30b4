// How this program starts itself again, for the children of experiments.
import { fileURLToPath } from "node:url";

/** The node binary with its options, and the script. */
export function ownProgram(): readonly string[] {
  return [process.execPath, ...process.execArgv, fileURLToPath(new URL("./main.js", import.meta.url))];
}
