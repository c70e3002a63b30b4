// Every golden encoder case agrees with PyTorch: outputs, loss and the gradient of each parameter.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/index.ts";
import { type CaseOutcome, runParity } from "./run-parity.ts";

const shared = resolve(process.env.RELATA_SHARED ?? "../shared");
const encoders = join(shared, "golden", "encoders");

describe.skipIf(!existsSync(encoders))(`golden encoder cases (skipped without ${encoders})`, () => {
  let runtime: Runtime;
  let outcomes: readonly CaseOutcome[];
  beforeAll(async () => {
    runtime = await Runtime.open({ threads: 2 });
    outcomes = await runParity([encoders], { runtime });
  });
  afterAll(() => runtime.dispose());

  it("all pass, with every expected tensor compared", () => {
    const failures = outcomes.filter((outcome) => !outcome.passed);
    expect(failures).toEqual([]);
    expect(outcomes.length).toBeGreaterThanOrEqual(7);
    for (const outcome of outcomes) expect(outcome.tensors).toBeGreaterThan(5);
  });
});
