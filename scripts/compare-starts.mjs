// Times whole runs of the program of two builds in turns, by processor time, most of which is the start of the program where there is little to do:
// node scripts/compare-starts.mjs <dist of one> <dist of the other> [--rounds 21] -- <arguments of relata>
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "21" } },
});
const [first, second, ...args] = positionals;
if (first === undefined || second === undefined || args.length === 0) {
  console.error(
    "usage: node scripts/compare-starts.mjs <dist> <dist> [--rounds 21] -- <arguments of relata>",
  );
  process.exit(2);
}

/** A module that makes a process write its processor time in microseconds to descriptor 3 when it ends. */
const REPORT = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, String(user + system));
  });`)}`;

function run({ program, processor, clock }) {
  const begin = performance.now();
  const { status, output } = spawnSync(process.execPath, ["--import", REPORT, program, ...args], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with code ${status}`);
  clock.push(performance.now() - begin);
  processor.push(Number(output[3]) / 1000);
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
const builds = [first, second].map((dist) => ({
  program: resolve(dist, "cli/main.js"),
  processor: [],
  clock: [],
}));
for (const build of builds) run({ ...build, processor: [], clock: [] }); // the files are in memory then
for (let round = 0; round < Number(values.rounds); round++) {
  for (const build of round % 2 === 0 ? builds : [...builds].reverse()) run(build);
}
for (const { program, processor, clock } of builds) {
  console.log(
    `${program}: processor ${median(processor).toFixed(0)} ms, clock ${median(clock).toFixed(0)} ms (medians of ${values.rounds})`,
  );
}
const [one, two] = builds.map(({ processor }) => median(processor));
console.log(`second / first, by processor time: ${(two / one).toFixed(2)}`);
