// `relata parity`: recomputes golden cases and compares every number.
import { Command } from "commander";
import type { GraphRunner } from "../../checks/parity/graph-run.ts";
import type { CaseOutcome } from "../../checks/parity/run-parity.ts";
import type { CommandContext } from "../context.ts";
import { addDeviceOptions, type DeviceOptions, deviceOptions } from "../device-options.ts";
import { addEngineOptions, type EngineOptions, torchOptions } from "../engine-options.ts";
import { ExitCode } from "../errors.ts";
import type { Output } from "../output.ts";

interface Options extends DeviceOptions, EngineOptions {}

export function parityCommand(context: CommandContext): Command {
  const command = new Command("parity")
    .description("recompute all golden cases in the given folders and compare every number with PyTorch's")
    .argument("<folder...>", "folders that contain cases, at any depth");
  return addEngineOptions(addDeviceOptions(command)).action((folders: string[], options: Options) =>
    parity(folders, options, context),
  );
}

async function parity(
  folders: readonly string[],
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { runParity } = await import("../../checks/parity/run-parity.ts");
  const { knownProvider } = await import("../../engine/known-providers.ts");
  const { providerPrecision = "fp32" } = options;
  const shareOfLargest = knownProvider(options.provider)?.shareOfLargest[providerPrecision] ?? 0;
  if (shareOfLargest > 0) {
    output.line(
      `${options.provider} in ${providerPrecision}: an element may also differ by ${shareOfLargest * 100} % of its tensor's largest`,
    );
  }
  await using opened = await openRunner(options);
  const outcomes = await runParity(folders, {
    runner: opened.runner,
    shareOfLargest,
    signal,
    onCase: (outcome) => output.line(describe(outcome, output)),
  });
  const failed = outcomes.filter((outcome) => !outcome.passed).length;
  if (failed > 0 || outcomes.length === 0) process.exitCode = ExitCode.workFailed;
  const summary = { passed: outcomes.length - failed, failed };
  output.result(
    { ...summary, shareOfLargest, cases: outcomes },
    () => `${summary.passed} passed, ${summary.failed} failed`,
  );
}

/** What computes the graphs; disposing of it releases the engine. */
async function openRunner(options: Options): Promise<AsyncDisposable & { readonly runner: GraphRunner }> {
  const { withOnnxruntime, withTorch } = await import("../../checks/parity/graph-run.ts");
  const torch = torchOptions(options);
  if (torch !== undefined) {
    const { TorchEngine } = await import("../../torch/torch-engine.ts");
    const engine = await TorchEngine.open(torch);
    return { runner: withTorch(engine), [Symbol.asyncDispose]: () => engine.dispose() };
  }
  const { Runtime } = await import("../../engine/runtime.ts");
  const runtime = await Runtime.open(deviceOptions(options));
  return { runner: withOnnxruntime(runtime), [Symbol.asyncDispose]: () => runtime.dispose() };
}

function describe(outcome: CaseOutcome, output: Output): string {
  const { folder, passed, worst, tensors, failedTensors, ofLargest, fault } = outcome;
  const verdict = passed ? output.style("green", "pass") : output.style("red", "FAIL");
  if (worst === undefined) return `${verdict}  ${folder}  ${fault ?? ""}`;
  const detail =
    worst.fault ??
    `${worst.error.toExponential(2)} (${(worst.ofTolerance * 100).toFixed(1)} % of what is allowed; at most ${ofLargest.toExponential(1)} of a tensor's largest)`;
  const count = failedTensors === 0 ? `${tensors} tensors` : `${failedTensors} of ${tensors} tensors differ`;
  return `${verdict}  ${folder}  ${count}, largest error ${detail} in ${worst.name}`;
}
