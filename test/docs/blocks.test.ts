// Checks every fenced block of README and the pages: shell with the program's own parser, TypeScript with the compiler, JSON with its schema.
// run-blocks.test.ts and first-hour.test.ts run the blocks that can be run.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command, CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { createOutput } from "../../src/cli/output.ts";
import { createProgram } from "../../src/cli/program.ts";
import { presetNamed } from "../../src/experiments/presets/presets.ts";
import { allBlocks, commandsOf, placeOf } from "./fenced-blocks.ts";
import { requireFields } from "./known-fields.ts";
import { papersQuestions } from "./papers-questions.ts";
import { type Program, programsOf } from "./shell-words.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BLOCKS = allBlocks();
const inLanguage = (...languages: readonly string[]) =>
  BLOCKS.filter(({ language }) => languages.includes(language)).map(
    (block) => [placeOf(block), block] as const,
  );

/** Kinds of blocks, and what checks them. `text` is output or a list of files: nothing to type. */
const LANGUAGES: Readonly<Record<string, string>> = {
  sh: "here, and run-blocks.test.ts",
  ts: "typed-blocks.test.ts",
  js: "typed-blocks.test.ts",
  json: "json-blocks.test.ts",
  python: "nobody: it is for the user's Python",
  typescript: "the compiler: a declaration that it wrote, in the reference",
  text: "nobody: it is output",
};

/** Programs that are not ours, and why the pages mention them. */
const FOREIGN: Readonly<Record<string, string>> = {
  "/usr/bin/time": "measures the memory of another command",
  awk: "cuts a data set",
  cat: "feeds a pipe",
  cd: "enters a folder",
  cp: "copies a file",
  curl: "asks a server",
  docker: "builds and starts a container",
  du: "adds up the size of a folder",
  git: "fetches the repository",
  grep: "picks lines of a log",
  head: "cuts a data set",
  kill: "sends a signal to a server",
  ln: "points a link to another model",
  mkdir: "makes a folder",
  "optimum-cli": "exports other people's detectors",
  pip: "fetches a provider of onnxruntime",
  printf: "writes a request",
  tail: "cuts a data set",
  unzip: "unpacks it",
  yolo: "exports other people's detectors",
};

it("have a language that something checks", () => {
  expect(BLOCKS.length).toBeGreaterThan(40);
  const unknown = BLOCKS.filter(({ language }) => !Object.hasOwn(LANGUAGES, language));
  expect(unknown.map((block) => `${placeOf(block)}: ${block.language}`)).toEqual([]);
});

describe("a block of shell", () => {
  it.each(inLanguage("sh"))("at %s can be typed unchanged", (_, { code }) => {
    const programs = commandsOf(code).flatMap(programsOf);
    expect(programs.length).toBeGreaterThan(0);
    for (const program of programs) check(program);
  });

  it("would not pass with an unknown option, command, argument, field, preset or script", () => {
    for (const line of [
      "relata train relata.config.json --run runs/first",
      "relata train --encoder x --no-such-option",
      "relata extrakt models/posts",
      "relata train --set training.epoch=3",
      "relata experiment run no-such-preset --config relata.config.json",
      "npm run no-such-script",
      "node scripts/no-such-file.mjs",
      "wget https://example.org",
    ])
      expect(() => programsOf(line).map(check), line).toThrow();
  });
});

describe("the papers' questions", () => {
  const questions = papersQuestions();

  it("are 52, numbered in order, each with a command and what it showed", () => {
    expect(questions.map(({ number }) => number)).toEqual(Array.from({ length: 52 }, (_, i) => i + 1));
    expect(questions.filter(({ commands }) => commands.length === 0).map(({ number }) => number)).toEqual([]);
    expect(questions.filter(({ seen }) => seen.length < 20).map(({ number }) => number)).toEqual([]);
  });

  it.each(questions.map((question) => [question.number, question] as const))(
    "question %i: its command can be typed",
    (_, { commands }) => {
      for (const program of commands.flatMap(programsOf)) check(program);
    },
  );
});

/** @throws an error that names what cannot be typed */
function check({ name, args, elided }: Program): void {
  const [first = "", ...rest] = args;
  if (name === "npx") check({ name: first, args: rest, elided });
  else if (name === "relata") parse(args, elided);
  else if (name === "node" && first === "dist/cli/main.js") parse(rest, elided);
  else if (name === "npm") checkNpm(args);
  else if (name === "node" || name === "python3") requireFile(args.find((arg) => !arg.startsWith("-")));
  else if (name === "vitest") args.filter((arg) => arg.includes("/")).forEach(requireFile);
  else if (!Object.hasOwn(FOREIGN, name)) throw new Error(`${name} is neither ours nor listed`);
}

function checkNpm(args: readonly string[]): void {
  const [verb = "", name = ""] = args;
  if (["install", "ci", "pack"].includes(verb)) return;
  const script = verb === "run" ? args.slice(1).find((arg) => !arg.startsWith("-")) : verb;
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
  if (!Object.hasOwn(scripts, script ?? "")) throw new Error(`npm ${verb} ${name}: there is no such script`);
}

function requireFile(path: string | undefined): void {
  if (path === undefined || !existsSync(join(ROOT, path))) throw new Error(`there is no ${path}`);
}

/** Parses with the program's own commands and options, without running anything. @throws CommanderError, ConfigError */
function parse(args: readonly string[], elided: boolean): void {
  const program = createProgram({
    output: createOutput({ json: false }),
    signal: new AbortController().signal,
    allowForStopping: () => undefined,
  });
  for (const command of [program, ...below(program)]) {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    if (command.commands.length > 0 && !isRunnable(command)) continue;
    command.action(() => {
      const { set, extension } = command.opts<{ set?: readonly unknown[]; extension?: unknown }>();
      if (set !== undefined) requireFields(set.map(fieldOf));
      const known = extension === undefined; // extending.test.ts runs what an extension defines
      if (known && command.name() === "run" && command.parent?.name() === "experiment")
        presetNamed(command.args[0] ?? "");
    });
  }
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    const { code } = error as CommanderError;
    // `...` may replace missing arguments.
    if (!(elided && ["commander.missingMandatoryOptionValue", "commander.missingArgument"].includes(code)))
      throw error;
  }
}

function below(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...below(child)]);
}

/** A group of commands that does something itself: `relata synthesize plan.json`. */
function isRunnable(command: Command): boolean {
  return command.registeredArguments.length > 0;
}

/** The value of `--set field=value`, as text or as returned by the option parser. */
function fieldOf(assignment: unknown): string {
  return (Array.isArray(assignment) ? String(assignment[0]) : String(assignment)).split("=")[0] ?? "";
}
