// `relata doctor`: checks the machine, the libraries, the folders and the network, and says what to do.
import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { Finding } from "../../checks/doctor/finding.ts";
import type { CommandContext } from "../context.ts";
import {
  type DeviceOptions,
  PROVIDER_LIBRARY_OPTION,
  PROVIDER_OPTION,
  providerSetting,
} from "../device-options.ts";
import { ExitCode } from "../errors.ts";
import { EXTENSION_OPTION } from "../extension-option.ts";
import type { Output } from "../output.ts";
import type { TextStyle } from "../style.ts";

interface Options extends Omit<DeviceOptions, "device" | "threads"> {
  readonly runs: string;
}

export function doctorCommand(context: CommandContext): Command {
  return new Command("doctor")
    .description("check this machine: Node, libraries, processor, memory, disk, cache, hub, extensions")
    .option("--runs <folder>", "folder in which runs are written", "runs")
    .option("--library <file>", "an onnxruntime shared library to check instead of the bundled one")
    .option(...PROVIDER_OPTION)
    .option(...PROVIDER_LIBRARY_OPTION)
    .option(...EXTENSION_OPTION)
    .addHelpText(
      "after",
      "\nThe exit code is 1 if there is a problem. A note (no network, little memory) is not one: relata works, within limits.",
    )
    .action((options: Options) => doctor(options, context));
}

async function doctor(options: Options, { output, signal }: CommandContext): Promise<void> {
  const { runDoctor } = await import("../../checks/doctor/run-doctor.ts");
  const { pluginOf } = await import("../../extractors/shared/runtime-options.ts");
  const { runs, library, extension: extensions } = options;
  const provider = providerSetting(options);
  const findings: Finding[] = [];
  for await (const finding of runDoctor({
    ...{ runs, library, extensions, signal },
    provider: provider && pluginOf(provider),
  })) {
    findings.push(finding);
    output.line(describe(finding, output));
  }
  const problems = findings.filter(({ state }) => state === "problem").length;
  const notes = findings.filter(({ state }) => state === "note").length;
  if (problems > 0) process.exitCode = ExitCode.workFailed;
  output.result({ healthy: problems === 0, findings }, () =>
    output.style(
      problems > 0 ? "red" : "green",
      `\n${counted(findings.length, "check")}: ${counted(problems, "problem")}, ${counted(notes, "note")}`,
    ),
  );
}

const STYLES: Readonly<Record<Finding["state"], TextStyle>> = { ok: "green", note: "yellow", problem: "red" };
const WIDTH = "problem".length;

function describe({ check, state, says, remedy, code }: Finding, output: Output): string {
  const said = `${output.style(STYLES[state], state.padEnd(WIDTH))}  ${check}: ${says}${code === undefined ? "" : ` [${code}]`}`;
  return remedy === undefined ? said : `${said}\n${" ".repeat(WIDTH + 2)}${remedy}`;
}
