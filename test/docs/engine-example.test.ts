// The example of docs/engine.md does what the page says.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(import.meta.dirname, "example-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("trains a linear model with a graph of its own", async () => {
  const page = await readFile(join(import.meta.dirname, "../../docs/engine.md"), "utf8");
  const code = /```ts\n(.*?)```/s.exec(page)?.[1] ?? "";
  const layer = (name: string) => join(import.meta.dirname, `../../src/${name}/index.ts`);
  const file = join(folder, "example.ts");
  await writeFile(
    file,
    code.replace(/"relata\/(\w+)"/g, (_, name: string) => JSON.stringify(layer(name))),
  );
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await import(file);
  const printed = log.mock.calls.at(-1)?.[0];
  log.mockRestore();
  expect(printed).toBeGreaterThanOrEqual(0);
  expect(printed).toBeLessThan(1e-3);
});
