// The command tree of `relata`. Command files load their dependencies when they run, so `--help` is fast.
import { Command } from "commander";
import type { ErrorCode } from "../base/codes/error-code.ts";
import { packageVersion } from "../base/package-version.ts";
import { activeCommand } from "./commands/active.ts";
import { annotateCommand } from "./commands/annotate.ts";
import { auditCommand } from "./commands/audit.ts";
import { benchCommand } from "./commands/bench.ts";
import { cardCommand } from "./commands/card.ts";
import { cleanCommand } from "./commands/clean.ts";
import { convertCommand } from "./commands/convert.ts";
import { describeCommand } from "./commands/describe.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { experimentCommand } from "./commands/experiment.ts";
import { explainCommand } from "./commands/explain.ts";
import { exportCommand } from "./commands/export.ts";
import { extractCommand } from "./commands/extract.ts";
import { importCommand } from "./commands/import.ts";
import { initCommand } from "./commands/init.ts";
import { parityCommand } from "./commands/parity.ts";
import { pullCommand } from "./commands/pull.ts";
import { pushCommand } from "./commands/push.ts";
import { quickstartCommand } from "./commands/quickstart.ts";
import { reportCommand } from "./commands/report.ts";
import { scoreViewsCommand } from "./commands/score-views.ts";
import { serveCommand } from "./commands/serve.ts";
import { synthesizeCommand } from "./commands/synthesize.ts";
import { thresholdsCommand } from "./commands/thresholds.ts";
import { trainCommand } from "./commands/train.ts";
import { validateCommand } from "./commands/validate.ts";
import { viewCommand } from "./commands/view.ts";
import { workCommand } from "./commands/work.ts";
import { worldCommand } from "./commands/world.ts";
import type { CommandContext } from "./context.ts";
import { printable, printableJson } from "./printable.ts";
import { styled } from "./style.ts";

const COMMANDS = [
  quickstartCommand,
  initCommand,
  validateCommand,
  describeCommand,
  auditCommand,
  importCommand,
  convertCommand,
  annotateCommand,
  scoreViewsCommand,
  trainCommand,
  evaluateCommand,
  activeCommand,
  experimentCommand,
  reportCommand,
  cleanCommand,
  thresholdsCommand,
  exportCommand,
  cardCommand,
  pushCommand,
  pullCommand,
  extractCommand,
  workCommand,
  serveCommand,
  viewCommand,
  synthesizeCommand,
  parityCommand,
  worldCommand,
  benchCommand,
  doctorCommand,
  explainCommand,
];

const DESCRIPTION =
  "Trains and runs extractors of entities and relations from texts and the pictures posted with them.";
const AFTER_HELP = `
Exit codes: 0 success, 1 the work failed, 2 wrong usage or input, 128 + n ended by signal n.
First time here: relata quickstart`;

/** Builds the program with all commands; parsing throws CommanderError where commander would end the process. */
export function createProgram(context: CommandContext): Command {
  const program = new Command("relata")
    .description(DESCRIPTION)
    .version(packageVersion(), "-v, --version", "print the version")
    .addHelpText("after", AFTER_HELP);
  for (const create of COMMANDS) program.addCommand(create(context));
  for (const command of [program, ...subcommandsOf(program)]) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .configureOutput({
        outputError: (text, write) => write(usageError(text, command, context.output.json)),
      });
    if (command.commands.length === 0) command.option("--json", "print the result as one JSON document");
  }
  return program;
}

function subcommandsOf(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...subcommandsOf(child)]);
}

/** Converts commander's message to the format of all other errors. */
function usageError(text: string, command: Command, json: boolean): string {
  const message = text
    .trim()
    .replace(/^error: /, "")
    .replaceAll("\n", " ");
  const remedy = `See \`${commandLine(command)} --help\`.`;
  if (json)
    return printableJson(
      `${JSON.stringify({ error: { code: "cli/wrong-usage" satisfies ErrorCode, message, remedy, fault: "input" } })}\n`,
    );
  const head = styled(process.stderr, ["red", "bold"], "error[cli/wrong-usage]");
  return printable(`${head}: ${message}\n  ${remedy}\n`);
}

function commandLine(command: Command): string {
  return command.parent === null ? command.name() : `${commandLine(command.parent)} ${command.name()}`;
}
