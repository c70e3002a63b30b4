// How this program starts itself again, for the children of experiments.
import { fileURLToPath } from "node:url";
import { packageFile } from "../base/own-files.ts";

/** The node binary with its options, and the script. */
export function ownProgram(): readonly string[] {
  return [process.execPath, ...process.execArgv, fileURLToPath(packageFile("dist/cli/main.js"))];
}
