import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { SlowFirst } from "./test/slow-first.ts";

/** Layers of pure functions: their files share one process, which spares each the start and the imports. */
const PURE = [
  ...["data", "evaluation", "graph", "models", "nn", "training"].map((layer) => `src/${layer}/**/*.test.ts`),
  "web/**/*.test.ts",
];

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
      { extends: true, test: { name: "pure", include: PURE, isolate: false } },
      {
        extends: true,
        test: { name: "program", include: ["src/**/*.test.ts", "test/**/*.test.ts"], exclude: PURE },
      },
    ],
  },
});
