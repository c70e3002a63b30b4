// What a person at a terminal sees, at several widths: the program runs under `script`, which gives it a pseudo-terminal.
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawWorld, PERSONS_ALONE } from "../../src/world/generate.ts";
import { writeTinyBert } from "../../src/world/tiny-encoders.ts";
import { worldVocabulary } from "../../src/world/vocabulary.ts";
import { writeWorld } from "../../src/world/write.ts";
import { CLI } from "./run-cli.ts";

const WORLD = { ...PERSONS_ALONE, train: 64, validation: 32, test: 1 };
const hasScript = spawnSync("script", ["--version"]).status === 0;

let cwd: string;
beforeAll(async () => {
  if (!hasScript) return;
  cwd = await mkdtemp(join(tmpdir(), "relata-terminal-"));
  await writeWorld(cwd, WORLD);
  await writeTinyBert(join(cwd, "bert"), worldVocabulary(drawWorld(WORLD)), 1);
}, 60_000);
afterAll(() => hasScript && rm(cwd, { recursive: true }));

interface Shown {
  /** Everything that was written, line breaks and control sequences included. */
  readonly raw: string;
  /** What is on the screen at the end, a line each, however wide. */
  readonly lines: readonly string[];
}

/** Runs `relata` in a terminal; sends Ctrl-C as soon as the output holds `interruptAt`. */
function atTerminal(columns: number, args: readonly string[], interruptAt?: string): Promise<Shown> {
  const command = ["stty", "cols", `${columns}`, ";", "exec", process.execPath, CLI, ...args].join(" ");
  const child = spawn("script", ["-qfec", command, "/dev/null"], {
    cwd,
    env: { ...process.env, TERM: "xterm" },
  });
  let raw = "";
  let sent = false;
  child.stdout.on("data", (data: Buffer) => {
    raw += data.toString();
    if (interruptAt === undefined || sent || !raw.includes(interruptAt)) return;
    sent = true;
    child.stdin.write("\u0003");
  });
  return new Promise((resolve) => {
    child.on("close", () => resolve({ raw, lines: screenOf(raw) }));
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by them
const SEQUENCE = /\u001b\[([0-9;?]*)([A-Za-z])|\u001b[78]|[\r\n]|[^\u001b\r\n]+/g;

/** Draws output like a terminal without wrapping. */
function screenOf(raw: string): string[] {
  const lines = [""];
  let [row, column] = [0, 0];
  for (const [whole, argument = "", command] of raw.matchAll(SEQUENCE)) {
    const line = lines[row] ?? "";
    if (whole === "\n") {
      row++;
      lines[row] ??= "";
    } else if (whole === "\r") column = 0;
    else if (command === "A") row = Math.max(0, row - Number(argument || 1));
    else if (command === "G") column = Number(argument || 1) - 1;
    else if (command === "K") lines[row] = argument === "2" ? "" : line.slice(0, column);
    else if (command === "J") lines.splice(row, lines.length, line.slice(0, column));
    else if (!whole.startsWith("\u001b")) {
      lines[row] = line.padEnd(column).slice(0, column) + whole + line.slice(column + whole.length);
      column += whole.length;
    }
  }
  return lines.map((line) => line.trimEnd()).filter((line) => line !== "");
}

/** Every drawing of a bar. */
const barsOf = ({ raw }: Shown) =>
  [...raw.matchAll(SEQUENCE)].map(([text]) => text).filter((text) => /\[[=-]+\]/.test(text));

const TRAIN =
  "train --encoder bert --train train.jsonl --validation validation.jsonl --relations relations.json".split(
    " ",
  );
const SMALL = "--text-only --learning-rate 1e-3 --threads 1 --max-length 48".split(" ");

describe.skipIf(!hasScript)("at a terminal (skipped where there is no script command)", () => {
  it.each([60, 200])(
    "of %i columns, bars never wrap, have one remaining time and leave nothing behind",
    async (columns) => {
      const shown = await atTerminal(columns, [
        ...TRAIN,
        ...SMALL,
        "--epochs",
        "2",
        "--run",
        `run-${columns}`,
      ]);
      expect(shown.raw.indexOf("reading the configuration")).toBeOneOf([0, 1, 2, 3, 4, 5, 6]); // after control sequences alone
      const bars = barsOf(shown);
      expect(bars.length).toBeGreaterThan(2);
      for (const bar of bars) {
        expect(`${bar}^C`.length).toBeLessThan(columns);
        expect(bar.match(/ left/g)?.length ?? 0).toBeLessThanOrEqual(1);
      }
      expect(shown.lines.filter((line) => /\[[=-]+\]/.test(line))).toEqual([]);
      expect(shown.lines.filter((line) => line.startsWith("visual channel:"))).toHaveLength(1);
      const evaluations = shown.lines.filter((line) => /^step \d+, epoch/.test(line));
      expect(evaluations).toHaveLength(2);
      for (const line of evaluations) {
        expect(line).toMatch(/: micro_f1 [\d.]+, precision [\d.]+, recall [\d.]+( \(best\))?$/);
        expect(line.length).toBeLessThan(80);
      }
      expect(shown.lines.at(-1)).toMatch(/^next: /);
    },
    60_000,
  );

  it("what follows Ctrl-C begins on a line of its own", async () => {
    const args = [...TRAIN, ...SMALL, "--epochs", "500", "--run", "stopped"];
    const { lines } = await atTerminal(80, args, "training [");
    expect(lines).toContain("SIGINT: stopping at the next safe point; repeat to stop immediately");
    expect(lines.filter((line) => /\[[=-]+\]/.test(line))).toEqual([]);
    expect(lines.at(-1)).toBe("resume with: relata train --run stopped --resume");
  }, 60_000);
});
