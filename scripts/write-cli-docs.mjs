// Writes docs/cli.md from the program's own command tree; with --check only compares it. Needs the build (dist/).
import { createOutput } from "../dist/cli/output.js";
import { createProgram } from "../dist/cli/program.js";
import { markdownTable, writeOrCheck } from "./generated-files.mjs";

const INTRODUCTION = `# Command line

<!-- Generated from src/cli/ by \`node scripts/write-cli-docs.mjs\`; do not edit by hand. -->

Run \`npx relata <command>\`; in this repository \`node dist/cli/main.js <command>\`. \`relata help <command>\` prints the same text as this page.

- **Output.** A command prints its result on stdout and everything else (notes, progress, errors) on stderr. With \`--json\` the result is one JSON
  document and an error is one JSON object; nothing else is printed on stdout. Progress is a bar on a terminal, and otherwise an occasional plain line.
  \`NO_COLOR\` and \`FORCE_COLOR\` are obeyed.
- **Errors** read \`error[code]: what is wrong\`, then where, then what to do. Codes are stable; [errors.md](errors.md) lists them, and
  \`relata explain <code>\` prints one. \`RELATA_DEBUG=1\` adds the stack.
- **Exit codes.** 0: done. 1: the work failed. 2: wrong usage or input. 128 + n: ended by signal n. The first SIGINT or SIGTERM stops long work at the
  next safe point (training writes a checkpoint), a second one stops at once.
`;

const program = createProgram({
  output: createOutput({ json: false }),
  signal: new AbortController().signal,
  allowForStopping: () => undefined,
});

function usage(command) {
  const path = [];
  for (let at = command; at !== null; at = at.parent) path.unshift(at.name());
  return `${path.join(" ")} ${command.usage()}`;
}

function defaultOf(option) {
  const value = option.defaultValueDescription ?? option.defaultValue;
  return value === undefined ? "" : `\`${String(value)}\``;
}

function section(command) {
  const help = command.createHelp();
  const rows = help.visibleOptions(command).map((option) => {
    const choices = option.argChoices ? ` (${option.argChoices.join(", ")})` : "";
    return [`\`${option.flags}\``, `${option.description}${choices}`, defaultOf(option)];
  });
  const operands = command.registeredArguments.map((one) => [`\`${one.name()}\``, one.description, ""]);
  const parts = [
    `## \`${usage(command)}\``,
    sentence(command.description()),
    markdownTable(["argument or option", "meaning", "default"], [...operands, ...rows]),
  ];
  return parts.join("\n\n");
}

/** Returns a help description as a sentence. */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Returns commands that do something themselves, in the order of the help. */
function leaves(command) {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

writeOrCheck({
  "docs/cli.md": `${[INTRODUCTION.trimEnd(), ...leaves(program).map(section)].join("\n\n")}\n`,
});
