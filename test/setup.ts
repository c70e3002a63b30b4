// Runs before every test file: property tests draw the same cases each time, and a failed one prints how to repeat it.
import fc from "fast-check";
import { expect } from "vitest";
import { SEED } from "./seed.ts";

const path = process.env.RELATA_PATH;
let [ofTest, passed] = ["", 0]; // properties that passed in the current test

fc.configureGlobal({
  seed: SEED,
  ...(path === undefined || path === "" ? {} : { path }),
  reporter: (run) => {
    const { currentTestName = "" } = expect.getState();
    passed = currentTestName === ofTest ? passed : 0;
    ofTest = currentTestName;
    if (!run.failed) {
      passed++;
      return;
    }
    const report = fc.defaultReportMessage(run) ?? "a property failed";
    const cause = run.errorInstance;
    const message = `${report}\n\nRepeat it with\n  ${repeating(run)}`;
    throw cause === null || cause === undefined ? new Error(message) : new Error(message, { cause });
  },
});

/** Returns the command that repeats this property with exactly the failed case, after shrinking. */
function repeating({ seed, counterexamplePath }: fc.RunDetails<unknown>): string {
  const { testPath = "", currentTestName = "" } = expect.getState();
  const file = testPath.startsWith(process.cwd()) ? testPath.slice(process.cwd().length + 1) : testPath;
  const names = currentTestName.replaceAll(" > ", " "); // in the form of option -t
  const pattern = names.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const variables = [`RELATA_SEED=${seed}`];
  // The path belongs to one property: if another one runs before it in the test, only the seed finds the case.
  if (counterexamplePath !== null && passed === 0) variables.push(`RELATA_PATH=${counterexamplePath}`);
  return `${variables.join(" ")} npx vitest run ${file} -t ${quoted(`^${pattern}$`)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
