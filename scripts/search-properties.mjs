// Runs the property tests with new seeds, round after round, until one fails or all rounds are finished: `npm run test:search`.
// A failed property prints the command that repeats it; RELATA_SEED=<seed> npm test runs everything with that seed.
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seed: { type: "string" } },
  allowPositionals: true,
});
const rounds = whole("rounds", values.rounds, 1);
const first = values.seed === undefined ? undefined : whole("seed", values.seed, 0);

function whole(name, text, least) {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least && number < 2 ** 31) return number;
  console.error(`--${name} must be an integer of at least ${least}, got ${text}`);
  process.exit(2);
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith(".test.ts") ? [path] : [];
  });
}

const withProperties = [...testFiles("src"), ...testFiles("test")].filter((file) =>
  /\bfc\.(?:assert|check)\b/.test(readFileSync(file, "utf8")),
);
const files = withProperties.filter(
  (file) => positionals.length === 0 || positionals.some((part) => file.includes(part)),
);
if (files.length === 0) {
  console.error(`no file with properties has ${positionals.join(" or ")} in its path`);
  process.exit(2);
}

for (let round = 0; round < rounds; round++) {
  const seed = first === undefined ? randomInt(2 ** 31) : (first + round) % 2 ** 31;
  console.log(`round ${round + 1} of ${rounds}: seed ${seed}, ${files.length} files with properties`);
  const { status, signal } = spawnSync("npx", ["vitest", "run", "--reporter=dot", ...files], {
    stdio: "inherit",
    shell: process.platform === "win32",
    env: { ...process.env, RELATA_SEED: String(seed), RELATA_PATH: "" },
  });
  if (status === 0) continue;
  console.error(
    `\nseed ${seed} found a fault; the command under "Repeat it with" runs that case alone, this one the whole round:\n  npm run test:search -- --rounds 1 --seed ${seed}${positionals.map((part) => ` ${part}`).join("")}`,
  );
  process.exit(signal === null ? (status ?? 1) : 1);
}
