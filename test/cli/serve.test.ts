// `relata serve` as its users run it: a real model in worker processes, signals, callers under way, and invalid settings.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { load } from "../../src/extract/load.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { CLI, relata } from "./run-cli.ts";

let folder: string;
let world: TinyWorld;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-serve-"));
  world = await tinyWorld(folder);
  model = await tinyModel(world, "mner", "pictures");
}, 300_000);
afterAll(() => rm(folder, { recursive: true }));

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly version: string;
  /** The log's events so far. */
  events(): readonly Record<string, unknown>[];
  /** Asks for one text; with the status of the answer. */
  ask(body: object): Promise<{ readonly status: number; readonly json: Answer }>;
  until(isTrue: () => boolean): Promise<void>;
}

interface Answer {
  readonly model: { readonly version: string };
  readonly entities: readonly { readonly text: string; readonly label: string }[];
  readonly visual: string;
  readonly explanation?: { readonly regions: readonly unknown[] };
  readonly code?: string;
}

async function started(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const all = [CLI, "serve", ...args, "--port", "0", "--json", "--log", "json", "--threads", "1"];
  const child = spawn(process.execPath, all, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const events = () =>
    log
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : []));
  let out = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) {
      if (child.exitCode !== null) throw new Error(`the server ended: ${log}`);
      await sleep(20);
    }
  };
  await until(() => out.includes("\n"));
  const { url, models } = JSON.parse(out) as { url: string; models: { version: string }[] };
  return {
    child,
    url,
    version: models[0]?.version ?? "",
    events,
    until,
    ask: async (body) => {
      const response = await fetch(`${url}/v1/extract`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return { status: response.status, json: (await response.json()) as Answer };
    },
  };
}

const workersOf = ({ events }: Started) =>
  events().flatMap(({ event, pid }) => (event === "a worker is ready" ? [Number(pid)] : []));
const isGone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return true;
    throw error;
  }
};

describe("relata serve", () => {
  it("answers as the library does, with pictures and explanations, and ends with code 0", async () => {
    const server = await started([`people=${model}`]);
    await using extractor = await load(model, { threads: 1 });
    for (const { id, text, image } of world.corpus.posts.validation.slice(0, 6)) {
      const bytes = image === undefined ? undefined : await readFile(join(folder, "pictures", `${id}.png`));
      const { status, json } = await server.ask({
        text,
        explain: bytes !== undefined,
        ...(bytes ? { image: { base64: bytes.toString("base64") } } : {}),
      });
      const alone = await extractor.extract({ text, ...(bytes ? { image: bytes } : {}) });
      expect(status).toBe(200);
      expect(json.visual).toBe(alone.visual);
      expect(json.entities.map((one) => one.text)).toEqual(alone.entities.map((one) => one.text));
      expect(json.explanation === undefined).toBe(bytes === undefined);
    }
    const { json } = await server.ask({ text: "Ada", model: "nobody" });
    expect(json.code).toBe("serving/no-such-model");
    server.child.kill("SIGINT");
    expect(await once(server.child, "exit")).toEqual([0, null]);
    expect(workersOf(server).every(isGone)).toBe(true);
  });

  it("answers every caller through a killed worker, a reload and SIGTERM", async () => {
    const place = join(folder, "served");
    await cp(model, place, { recursive: true });
    const server = await started([place], { RELATA_REPLICAS: "2", RELATA_MAX_BATCH_SIZE: "4" });
    const texts = world.corpus.posts.validation.map(({ text }) => text);
    const answers: { readonly status: number; readonly json: Answer }[] = [];
    let isOpen = true;
    const caller = async (k: number) => {
      for (let i = k; isOpen; i++)
        answers.push(await server.ask({ text: `${texts[i % texts.length]} ${i}` }));
    };
    const callers = Array.from({ length: 8 }, (_, k) => caller(k));
    await server.until(() => answers.length > 20);
    const [victim = 0] = workersOf(server);
    process.kill(victim, "SIGKILL");
    await server.until(() => workersOf(server).length === 3);
    const happened = (what: string) => () =>
      server.events().some(({ event }) => String(event).startsWith(what));
    const config = await readFile(join(place, "config.json"));
    await writeFile(join(place, "config.json"), "{");
    server.child.kill("SIGHUP");
    await server.until(happened("the model was not loaded again"));
    await writeFile(join(place, "config.json"), config);
    server.child.kill("SIGHUP");
    await server.until(happened("another version of a model answers"));
    const before = answers.length;
    await server.until(() => answers.length > before + 20);
    isOpen = false;
    server.child.kill("SIGTERM");
    await Promise.all(callers);
    // A request that the server had not read when the signal came is refused; nothing that it had accepted is.
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ json }) => json.code))).toEqual(
      new Set(refused.length > 0 ? ["serving/closing"] : []),
    );
    expect(refused.length).toBeLessThanOrEqual(callers.length);
    if (server.child.exitCode === null) await once(server.child, "exit");
    expect(server.child.exitCode).toBe(0);
  }, 300_000);

  it("takes its workers along when it is killed", async () => {
    const server = await started([model]);
    const workers = workersOf(server);
    expect(workers).toHaveLength(1);
    server.child.kill("SIGKILL");
    await once(server.child, "exit");
    while (!workers.every(isGone)) await sleep(20);
  });

  it.each([
    ["a folder without a model", () => [join(folder, "pictures")], {}, "data/not-a-model"],
    ["no model at all", () => [], {}, "serving/wrong-model"],
    ["two models of one name", () => ["a=x", "a=y"], {}, "serving/wrong-model"],
    ["an invalid flag", () => [model, "--max-batch-size", "0"], {}, "serving/wrong-setting"],
    ["an invalid variable", () => [model], { RELATA_QUEUE_CAPACITY: "many" }, "serving/wrong-setting"],
    ["a provider without its library", () => [model, "--provider", "X"], {}, "engine/unknown-provider"],
    ["a host of another machine", () => [model, "--host", "192.0.2.1"], {}, "serving/cannot-listen"],
  ])("refuses %s with code 2 and says why", async (_, args, env, code) => {
    const { code: exit, stderr, stdout } = await relata(["serve", ...args(), "--port", "0"], { env });
    expect(stderr).toContain(`error[${code}]`);
    expect([exit, stdout]).toEqual([2, ""]);
  });

  it("says that another program has its port", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await relata(["serve", model, "--port", String(port)]);
    other.close();
    expect(stderr).toContain("error[serving/address-in-use]");
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(code).toBe(2);
  });
});
