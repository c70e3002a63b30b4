import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { SlowFirst } from "./test/slow-first.ts";

/** Tests beside the source: their files share one process, which spares each the start and the imports. */
const UNITS = ["src/**/*.test.ts", "web/**/*.test.ts"];

/** Tests that run the program and read what it wrote. They share a process too, and with it one that has the program loaded (test/cli/warm-program.ts). */
const COMMANDS = ["cli", "docs", "data", "newcomer"].map((folder) => `test/${folder}/**/*.test.ts`);

/** These change what the whole process sees, or start servers, so each has a process of its own. */
const ALONE = ["src/engine/adamw-no-threads.test.ts", "src/serving/**/*.test.ts"];

export default defineConfig({
  test: {
    setupFiles: ["test/setup.ts"],
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000, // some start the program, and a busy machine takes its time
    // One worker less than there are processors is the default: on two of them, half of the machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: SlowFirst },
    projects: [
      { extends: true, test: { name: "units", include: UNITS, exclude: ALONE, isolate: false } },
      { extends: true, test: { name: "commands", include: COMMANDS, isolate: false } },
      {
        extends: true,
        test: { name: "program", include: ["test/**/*.test.ts", ...ALONE], exclude: COMMANDS },
      },
    ],
  },
});
