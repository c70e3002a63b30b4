// Prepares a fresh clone for `npm start` and `npm test`: installs what the lock file names and builds dist/, only when needed.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`relata needs Node 20.19 or newer, this is ${process.versions.node}. Install a newer Node.`);
  process.exit(2);
}

const INSTALL_MARK = "node_modules/.package-lock.json"; // npm writes it at the end of an install

function newestSource(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestSource(path) : statSync(path).mtimeMs);
  }
  return newest;
}

/** Runs a command; a failed command has printed its error, so the process just exits with its code. */
function run(command, args) {
  const { status } = spawnSync(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  console.error(`\`${[command, ...args].join(" ")}\` failed`);
  process.exit(status ?? 1);
}

const installed =
  existsSync(INSTALL_MARK) && statSync(INSTALL_MARK).mtimeMs >= statSync("package-lock.json").mtimeMs;
if (!installed) run("npm", ["ci", "--no-audit", "--no-fund"]);

/** What the steps of a build write last, and the folders and files that they are made of. */
const BUILT = [
  {
    mark: "dist/cli/main.js",
    from: ["src"],
    settings: ["tsconfig.json", "tsconfig.build.json", "scripts/bundle.mjs", "scripts/chunks.mjs"],
  },
  { mark: "dist/web/worker.js", from: ["src"], settings: ["vite.browser.config.ts"] },
  { mark: "dist/page/index.html", from: ["src", "web"], settings: ["web/vite.config.ts"] },
];
const built = BUILT.every(
  ({ mark, from, settings }) =>
    existsSync(mark) &&
    statSync(mark).mtimeMs >=
      Math.max(...from.map(newestSource), ...settings.map((path) => statSync(path).mtimeMs)),
);
if (!built) run("npm", ["run", "--silent", "build"]);
