// What makes a model's training steps: onnxruntime in this process, or ranks of PyTorch.
import { counted } from "../../base/counted.ts";
import type { Config } from "../../config/schema.ts";
import type { Optimizer } from "../../engine/adamw.ts";
import { TorchEngine } from "../../torch/torch-engine.ts";
import type { TorchOptions } from "../../torch/torch-options.ts";
import type { Environment } from "../../training/environment.ts";
import type { TrainingModel } from "../../training/model.ts";
import type { GraphModel } from "./graph-model.ts";

/** A model and its optimiser as the trainer takes them; disposing of it releases the optimiser. */
export interface Trainer<Example> extends AsyncDisposable {
  readonly model: TrainingModel<Example>;
  readonly optimizer: Optimizer;
}

/** Starts PyTorch's processes, if the configuration trains with them; dispose of them. @throws the codes of `TorchEngine.open` */
export async function openTorch(
  training: Config["training"],
  signal: AbortSignal | undefined,
): Promise<TorchEngine | undefined> {
  const settings = torchSettings(training, 0);
  return settings && TorchEngine.open({ ...settings, signal });
}

/** How a configuration starts PyTorch on machine `nodeRank`; undefined if it does not. */
export function torchSettings(training: Config["training"], nodeRank: number): TorchOptions | undefined {
  if (training.engine !== "torch") return undefined;
  const { device, threads, torch = {} } = training;
  const { processes, nodes = 1, rendezvous, python, precision, compile } = torch;
  return {
    ...{ python, processes, threads, precision, compile },
    device: device === "cuda" ? "cuda" : "cpu", // the configuration has been checked
    ...(nodes > 1 && rendezvous !== undefined ? { nodes: { count: nodes, rank: nodeRank, rendezvous } } : {}),
  };
}

/** Opens what trains `model`: the ranks of `torch`, or onnxruntime without them. */
export function openTrainer<Example>(
  model: GraphModel<Example>,
  { accumulation }: Config["training"],
  torch: TorchEngine | undefined,
): Trainer<Example> {
  if (torch === undefined) {
    const optimizer = model.optimizer(accumulation);
    return { model, optimizer, [Symbol.asyncDispose]: () => optimizer.dispose() };
  }
  const trained = model.trainedBy(torch);
  return { model: trained, optimizer: trained.optimizer, [Symbol.asyncDispose]: async () => {} };
}

/** The part of a run's environment that is about PyTorch. */
export function describeTorch(
  { torch: settings }: Config["training"],
  torch: TorchEngine | undefined,
): Pick<Environment, "torch"> {
  if (torch === undefined) return {};
  const { versions, ranks } = torch;
  const precision = settings?.precision ?? "fp32";
  return {
    torch: `${versions.torch}, ${versions.device}, ${precision}, ${counted(ranks, "process", "processes")}`,
  };
}
