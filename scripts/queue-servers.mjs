// Starts a Redis or PostgreSQL of its own on a free port, in a temporary folder, and can kill and restart it. For tests and demonstrations.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_MS = 60_000;
const KINDS = ["redis", "postgres"];

/** The kinds of servers that are installed here. */
export function installedServers() {
  return KINDS.filter((kind) => (kind === "redis" ? has("redis-server") : postgresBin() !== undefined));
}

/** Starts a server with nothing in it. Redis keeps everything in memory, so a killed one has lost everything. */
export async function startServer(kind) {
  const folder = await mkdtemp(join(tmpdir(), `relata-${kind}-`));
  const port = await freePort();
  const server = kind === "redis" ? redis(port, folder) : await postgres(port, folder);
  let child;
  const start = async () => {
    child = spawn(server.command[0], server.command.slice(1), { stdio: "ignore", cwd: folder });
    await answering(port, child);
    await server.ready?.();
  };
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    server.kill?.();
    child.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    url: server.url,
    start,
    kill,
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

function redis(port, folder) {
  return {
    url: `redis://127.0.0.1:${port}`,
    command: ["redis-server", "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
  };
}

async function postgres(port, folder) {
  const bin = postgresBin();
  const data = join(folder, "data");
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];
  if (isRoot) {
    const id = (flag) => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
    await chown(folder, id("-u"), id("-g"));
  }
  await mkdir(join(folder, "socket"));
  if (isRoot) spawnSync("chown", ["postgres", join(folder, "socket")]);
  run(
    [...as, join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "relata", "--no-sync", "-E", "UTF8"],
    folder,
  );
  const url = `postgres://relata@127.0.0.1:${port}/postgres`;
  return {
    url,
    command: [
      ...[...as, join(bin, "postgres"), "-D", data, "-p", String(port), "-h", "127.0.0.1"],
      ...["-k", join(folder, "socket"), "-c", "max_connections=100"],
    ],
    async ready() {
      const { default: pg } = await import("pg");
      for (const end = Date.now() + START_MS; ; await sleep(100)) {
        const client = new pg.Client({ connectionString: url });
        client.on("error", () => undefined);
        try {
          await client.connect();
          await client.end();
          return;
        } catch (error) {
          if (Date.now() > end) throw error;
        }
      }
    },
  };
}

/** Debian keeps the server's programs outside the path. */
function postgresBin() {
  const base = "/usr/lib/postgresql";
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(base, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")));
  if (found !== undefined) return found;
  const { stdout, status } = spawnSync("which", ["initdb"], { encoding: "utf8" });
  return status === 0 ? join(stdout.trim(), "..") : undefined;
}

function has(program) {
  return spawnSync(program, ["--version"]).status === 0;
}

function run([command, ...args], cwd) {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8", cwd });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function answering(port, child) {
  for (const end = Date.now() + START_MS; ; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}`);
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    if (Date.now() > end) throw new Error("the server does not listen");
  }
}
