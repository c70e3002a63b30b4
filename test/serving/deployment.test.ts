// Follows the Dockerfile without Docker: packs the package, installs it, and starts what CMD says with the environment of ENV.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");
const EXAMPLES = join(ROOT, "examples", "serving");

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of a Dockerfile, one per line. */
async function instructions(): Promise<readonly Instruction[]> {
  const lines = (await readFile(join(EXAMPLES, "Dockerfile"), "utf8")).split("\n");
  return lines.flatMap((line) => {
    const [, name, text] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    return name === undefined || text === undefined ? [] : [{ name, text }];
  });
}

let folder: string;
let bundle: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-deployment-"));
  bundle = await tinyModel(await tinyWorld(folder), "mner", "pictures");
}, 600_000);
afterAll(() => rm(folder, { recursive: true }));

/** Unpacks the package into node_modules, and links what the lock file lists for it and does not mark as of development. */
async function install(app: string): Promise<void> {
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", app], {
    cwd: ROOT,
    maxBuffer: 20_000_000,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const own = join(app, "node_modules", "relata");
  await mkdir(own, { recursive: true });
  await run("tar", ["-xzf", join(app, filename), "--strip-components", "1", "-C", own]);
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<
      Record<string, { readonly dev?: boolean; readonly devOptional?: boolean; readonly peer?: boolean }>
    >;
  };
  for (const [path, { dev, devOptional, peer }] of Object.entries(lock.packages)) {
    const isTop = /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path);
    if (!isTop || dev || devOptional || peer || !existsSync(join(ROOT, path))) continue;
    await mkdir(dirname(join(app, path)), { recursive: true });
    await symlink(join(ROOT, path), join(app, path));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("What the Dockerfile installs and starts becomes ready, answers, and ends on SIGTERM.", async () => {
  const steps = await instructions();
  const of = (name: string) => steps.filter((step) => step.name === name).map(({ text }) => text);
  expect(steps.map(({ name }) => name)).toEqual([
    ...["FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "ENV", "ENV", "ENV", "EXPOSE", "HEALTHCHECK", "CMD"],
  ]);
  expect(of("RUN")[0]).toMatch(/^npm install --ignore-scripts --omit=dev --omit=peer .*\.\/relata\.tgz/);
  expect(of("USER")).toEqual(["node"]);
  const app = join(folder, "app");
  await mkdir(app);
  await install(app);

  const port = await freePort();
  const env: Record<string, string> = { PATH: process.env.PATH ?? "", HOME: folder };
  for (const [name, value] of of("ENV").map((text) => text.split("=", 2))) env[name!] = value!; // each has the form NAME=value
  expect(env.RELATA_HOST).toBe("0.0.0.0");
  env.RELATA_PORT = String(port);
  env.RELATA_HOST = "127.0.0.1"; // the test opens no port to others
  const [program, ...args] = JSON.parse(of("CMD")[0]!) as string[];
  expect(program).toBe("node");
  const child = spawn(
    process.execPath,
    args.map((arg) => (arg === "/models/posts" ? bundle : arg)),
    {
      cwd: app,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += String(chunk)));

  const check = JSON.parse(/CMD (\[.*\])$/.exec(of("HEALTHCHECK")[0]!)![1]!) as string[];
  const isHealthy = () =>
    run(process.execPath, check.slice(1), { env }).then(
      () => true,
      () => false,
    );
  await expect
    .poll(async () => (await isHealthy()) || child.exitCode, {
      timeout: 200_000,
      interval: 500,
      message: log,
    })
    .toBe(true);
  const answer = await fetch(`http://127.0.0.1:${port}/v1/extract`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "Adam Novak met Bo" }),
  });
  expect([answer.status, await answer.json()]).toMatchObject([200, { visual: "none" }]);
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  expect([code, log]).toEqual([
    expect.toSatisfy((one) => one === 0 || one === 143),
    expect.not.stringContaining("Error"),
  ]);
}, 600_000);

test("The compose file gives the container nothing to write to and no rights, and a token is required.", async () => {
  const text = await readFile(join(EXAMPLES, "compose.yaml"), "utf8");
  for (const line of [
    "read_only: true",
    "user: node",
    "- ALL",
    "- no-new-privileges:true",
    "- ./models:/models:ro",
  ])
    expect(text).toContain(line);
  expect(text).toContain("RELATA_TOKENS: ${RELATA_TOKENS:?");
  expect(text).toContain('"127.0.0.1:8080:8080"');
});

test("The unit is one that systemd accepts, and its command is that of the package.", async () => {
  const unit = join(EXAMPLES, "relata.service");
  const text = await readFile(unit, "utf8");
  const { bin } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    bin: { relata: string };
  };
  expect(text).toContain(`/opt/relata/node_modules/relata/${bin.relata.replace("./", "")} serve `);
  const analyze = (await Promise.all(["/usr/bin", "/bin"].map((path) => readdir(path))))
    .flat()
    .includes("systemd-analyze");
  if (!analyze) return;
  const verified = await run("systemd-analyze", ["verify", "--man=no", unit]).then(
    ({ stderr }) => stderr,
    (error: { stderr: string }) => error.stderr,
  );
  // The machine that runs tests does not have to have Node and the package where the unit expects them.
  const faults = verified
    .split("\n")
    .filter((line) => line.includes("relata.service") && !/not executable|No such file/.test(line));
  expect(faults).toEqual([]);
});
