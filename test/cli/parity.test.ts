import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relata } from "./warm-program.ts";

const shared = resolve(process.env.RELATA_SHARED ?? new URL("../../../shared", import.meta.url).pathname);
const golden = join(shared, "golden");

describe("relata parity without golden cases", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "relata-parity-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("does not pass when there is nothing to compare", async () => {
    const { code, stdout } = await relata(["parity", folder]);
    expect(stdout.trim()).toBe("0 passed, 0 failed");
    expect(code).toBe(1);
  });

  it("names a folder that is not there", async () => {
    const { code, stderr } = await relata(["parity", join(folder, "nothing")]);
    expect(code).toBe(2);
    expect(stderr).toContain("error[parity/no-such-folder]");
  });
});

describe.skipIf(!existsSync(golden))(`relata parity (skipped without ${golden})`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "relata-parity-"));
    for (const name of ["good", "wrong", "unknown"]) {
      await cp(join(golden, "encoders", "bert"), join(folder, name), { recursive: true, mode: 0 });
    }
    // One number of the expected output is changed by far more than the tolerance.
    const expected = join(folder, "wrong", "expected.safetensors");
    const bytes = Buffer.from(await readFile(expected));
    bytes.writeFloatLE(1000, bytes.length - 4);
    await rm(expected);
    await writeFile(expected, bytes);
    const caseFile = join(folder, "unknown", "case.json");
    const text = (await readFile(caseFile, "utf8")).replace('"encoder"', '"no-such-model"');
    await rm(caseFile);
    await writeFile(caseFile, text);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("passes a case that agrees", async () => {
    const { code, stdout } = await relata(["parity", join(folder, "good")]);
    expect(stdout).toMatch(/^pass .*largest error \d/);
    expect(stdout.trim().split("\n").at(-1)).toBe("1 passed, 0 failed");
    expect(code).toBe(0);
  });

  it("fails one wrong number and an unknown model, and still runs the rest", async () => {
    const { code, stdout } = await relata(["parity", folder]);
    const lines = stdout.trim().split("\n");
    expect(lines.filter((line) => line.startsWith("FAIL")).length).toBe(2);
    expect(lines.find((line) => line.includes("/unknown"))).toContain("no model of this name");
    expect(lines.find((line) => line.includes("/wrong"))).toContain("1 of 39 tensors differ");
    expect(lines.at(-1)).toBe("1 passed, 2 failed");
    expect(code).toBe(1);
  });
});
