// A model for any task: its compiled graphs, the parameters they share, and the code that runs batches.

import type { WeightSource } from "../../encoders/weight-source.ts";
import { loadWeights } from "../../encoders/weights.ts";
import { AdamW, MAX_USEFUL_THREADS } from "../../engine/adamw.ts";
import { type ParameterGroup, Parameters } from "../../engine/parameters.ts";
import { type Precision, Prediction } from "../../engine/prediction.ts";
import type { Runtime, SessionOptions } from "../../engine/runtime.ts";
import type { Session } from "../../engine/session.ts";
import { elementCount, type HostTensor } from "../../graph/host-tensor.ts";
import { ZERO_INPUT_PREFIX } from "../../graph/lowering.ts";
import { listOperators } from "../../graph/operator-list.ts";
import { serialize } from "../../graph/serialize.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { Dropout } from "../../nn/dropout.ts";
import { adaptedWeights, isAdapter } from "../../nn/low-rank.ts";
import { type ParameterDeclaration, ParameterScope } from "../../nn/parameter-scope.ts";
import type { TorchEngine } from "../../torch/torch-engine.ts";
import type { StepAddress, StepResult, TrainingModel } from "../../training/model.ts";
import { type EncoderAdapters, isTrainedWith, requireAdapted, savedParameters } from "./adapters.ts";
import { DropoutMasks } from "./batch-inputs.ts";
import type { LentEncoder } from "./lent-encoder.ts";
import { groupOf } from "./parameter-groups.ts";
import { batchesOf, type PredictionTask, type Predictor, predictExamples } from "./predict-examples.ts";
import { GRADIENT, type StepTask, stepGraph } from "./step-graph.ts";
import { TorchModel } from "./torch-model.ts";

type Inputs = Record<string, HostTensor>;

/** A table of which a batch reads only a few rows. */
export interface SparseTable {
  /** Name of the parameter, [rows, width]. */
  readonly parameter: string;
  /** Names of the int64 graph inputs with the rows that a batch reads. */
  readonly rows: readonly string[];
}

/** What differs between tasks. */
export interface TaskGraph<Example> extends PredictionTask<Example>, StepTask<Example> {
  readonly name: string;
  /** The large table whose gradient is zeroed by rows, if it is trained; any other table's gradient is zeroed as a whole. */
  readonly sparseTable: SparseTable;
  /** Declares the whole model if its graphs start above frozen layers, which are saved with it but not trained. */
  declareFrozen?(scope: ParameterScope): void;
  /** Work that inputs need: states of frozen layers of texts that were never read. */
  beforePrediction?(
    runtime: Runtime,
    model: GraphModel<never>,
    examples: readonly Example[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<void>;
  /** Scores of a batch, float32 [batch, ...]. */
  predictionGraph(scope: ParameterScope): Tensor;
  /** Further outputs of prediction, float32 [batch, ...] each: how the layers use the pictures. Absent for a model whose layers see none. */
  pictureUseGraph?(scope: ParameterScope): Readonly<Record<string, Tensor>>;
  /** The part of the model that a parameter belongs to, with a learning rate of its own. */
  partOf(parameter: string): string;
  /** Made by `parameterGroups` from the parts. */
  readonly groups: readonly ParameterGroup[];
}

export interface GraphModelOptions {
  /** If absent, there are no gradients and no training graphs. */
  readonly trainable: boolean;
  /** onnxruntime's settings for the training graphs: configuration entries, a profile. */
  readonly stepSession?: Pick<SessionOptions, "config" | "profile"> | undefined;
  /** Trained in place of the text encoder's weights; for training only. */
  readonly adapters?: EncoderAdapters | undefined;
  /** The text encoder that it shares with other models, and its adapters; for prediction only. Absent: all weights are its own. */
  readonly lent?: LentEncoder | undefined;
  /** How to predict; "int8" is for models that are not trained further. Default "fp32". */
  readonly precision?: Precision | undefined;
}

/** Keeps onnxruntime from undoing how the gradients of weights are written (`weightGradient` of graph/operators/matrix.ts). */
const KEEP_TRANSPOSES = { "optimization.disable_specified_optimizers": "GemmTransposeFusion" };

/** Where a graph's dropout masks come from, and its session. */
interface CompiledStep {
  readonly session: Session;
  readonly masks: DropoutMasks;
}

export class GraphModel<Example> implements TrainingModel<Example>, Predictor<Example> {
  readonly declarations: ReadonlyMap<string, ParameterDeclaration>;
  readonly #task: TaskGraph<Example>;
  readonly #options: GraphModelOptions;
  readonly #runtime: Runtime;
  readonly #trained: ReadonlySet<string>;
  #parameters: Parameters | undefined;
  readonly #steps = new Map<string, Promise<CompiledStep>>();
  readonly #prediction: Prediction;
  /** Made when it is first asked for: it holds the weights a second time. */
  #pictureUse: Prediction | undefined;
  /** Rows of the sparse table's gradient that are not zero; undefined before the first step. */
  #touched: ReadonlySet<bigint> | undefined;

  constructor(runtime: Runtime, task: TaskGraph<Example>, options: GraphModelOptions) {
    this.#runtime = runtime;
    this.#task = task;
    this.#options = options;
    const { trainable, adapters } = options;
    const scope = this.#scope();
    // The training graph declares everything that is trained; a model that only predicts needs less.
    if (trainable) task.trainingGraph(scope, new Dropout(false), undefined);
    if (adapters) requireAdapted(scope.table.keys(), adapters);
    const trained = new Set([...scope.table.keys()].filter((name) => isTrainedWith(adapters, name)));
    if (!trainable) task.predictionGraph(scope);
    task.declareFrozen?.(new ParameterScope("", scope.table)); // layers below the graph have no adapters
    this.declarations = scope.table;
    this.#trained = trained;
    this.#prediction = this.#predicting("prediction", () => ({
      scores: task.predictionGraph(this.#scope()),
    }));
  }

  #scope(): ParameterScope {
    const { adapters, lent } = this.#options;
    return new ParameterScope("", new Map(), adapters ?? lent?.adapters);
  }

  #predicting(what: string, graph: () => Readonly<Record<string, Tensor>>): Prediction {
    return new Prediction(this.#runtime, {
      graph,
      weightNames: [...this.declarations.keys()],
      weight: (name) => this.parameters.weight(name),
      frozen: !this.#options.trainable,
      label: `${this.#task.name}-${what}`,
      precision: this.#options.precision,
      shared: this.#options.lent?.constants,
    });
  }

  /** Allocated on first use: the declarations already tell how much memory a model needs. */
  get parameters(): Parameters {
    const { trainable, lent } = this.#options;
    this.#parameters ??= Parameters.create(
      [...this.declarations.values()].map(({ name, shape }) => ({
        name,
        shape,
        group: groupOf(isAdapter(name) ? "heads" : this.#task.partOf(name), shape),
        frozen: trainable && !this.#trained.has(name),
        values: lent?.weight({ name, shape }),
      })),
      this.#task.groups,
      { trainable },
    );
    return this.#parameters;
  }

  /** Those that are not lent to the model; undefined for a model that was lent nothing. */
  get ownDeclarations(): readonly ParameterDeclaration[] | undefined {
    const { lent } = this.#options;
    return lent && [...this.declarations.values()].filter((one) => lent.weight(one) === undefined);
  }

  /** Those that a trained model is read into: all but adapters, which are added to the weights that they belong to. */
  get savedDeclarations(): readonly ParameterDeclaration[] {
    return [...this.declarations.values()].filter(({ name }) => !isAdapter(name));
  }

  /** What a model folder holds where it is not `parameters` themselves: a weight with an adapter has the name of a frozen one. */
  savedWeights(): Readonly<Record<string, HostTensor<"float32">>> | undefined {
    return this.#options.adapters && savedParameters(this.parameters);
  }

  /** Reads a saved model's weights, which hold what the adapters had learnt. @throws the codes of `loadWeights` */
  loadSaved(source: WeightSource): void {
    loadWeights(this.savedDeclarations, source, { into: ({ name }) => this.parameters.weight(name) });
    for (const { up } of adaptedWeights(this.declarations.keys())) this.parameters.weight(up).data.fill(0);
  }

  /** Number of elements in all trained parameters. */
  get trainedElements(): number {
    return [...this.#trained].reduce(
      (sum, name) => sum + elementCount(this.declarations.get(name)!.shape),
      0,
    );
  }

  lengthOf(example: Example): number {
    return this.#task.lengthOf(example);
  }

  /** Creates an optimiser for this model's parameters, for up to `accumulation` micro-batches per step; dispose of it. */
  optimizer(accumulation = 1): AdamW {
    const threads = Math.min(this.#runtime.threads, MAX_USEFUL_THREADS);
    return new AdamW(this.parameters, { accumulation, threads });
  }

  /** Throws unless PyTorch's program knows the operators of the training graph. @throws EngineError `torch/unknown-operator` */
  requireRunnableBy(engine: TorchEngine): void {
    engine.requireOperators(listOperators(stepGraph(this.#task, undefined, this.#options.adapters).outputs));
  }

  /** The same model with its steps under PyTorch. Its parameters are this model's, brought up to date before they are read. */
  trainedBy(engine: TorchEngine): TorchModel<Example> {
    return new TorchModel(this.#task, this.parameters, engine);
  }

  async step(examples: readonly Example[], at: StepAddress): Promise<StepResult> {
    const { variant, inputs, sizes } = this.#task.planStep(examples, at);
    const { session, masks } = await this.#compiledStep(variant);
    const outputs: Record<string, HostTensor | "allocate"> = {};
    this.#zeroGradients(session, inputs, at.microStep);
    for (const { name } of session.outputs) {
      outputs[name] = name.startsWith(GRADIENT)
        ? this.parameters.gradient(name.slice(GRADIENT.length))
        : "allocate";
    }
    const all = { ...inputs, ...masks.fill(sizes, at) };
    const results = await session.run(this.#select(session, all), outputs);
    const terms: Record<string, number> = {};
    for (const [name, value] of Object.entries(results)) {
      if (!name.startsWith(GRADIENT) && name !== "loss") terms[name] = value.data[0] as number;
    }
    return { loss: results.loss!.data[0] as number, terms };
  }

  /** Returns the scores of each example, in order. `onProgress` gets the number of finished examples. */
  async predict(examples: readonly Example[], onProgress?: (done: number) => void): Promise<Float32Array[]> {
    await this.prepare(examples);
    return predictExamples(this.#task, this.#prediction, examples, onProgress);
  }

  /**
   * Returns the task's outputs that tell how the layers use the pictures: a row of each for every example, in order. Undefined for a model
   * whose layers see none. The first call compiles a graph of its own, which holds the weights again.
   */
  async pictureUse(
    examples: readonly Example[],
  ): Promise<readonly Readonly<Record<string, Float32Array>>[] | undefined> {
    const task = this.#task;
    const graph = task.pictureUseGraph?.bind(task);
    if (graph === undefined) return undefined;
    await this.prepare(examples);
    this.#pictureUse ??= this.#predicting("picture-use", () => graph(this.#scope()));
    const rows: Record<string, Float32Array>[] = examples.map(() => ({}));
    await this.#pictureUse.runAll(
      batchesOf(task, examples),
      (batch) => task.predictionInputs(batch.map((i) => examples[i]!)),
      (batch, outputs) => {
        for (const [name, { data }] of Object.entries(outputs)) {
          const width = data.length / batch.length;
          batch.forEach((i, row) => {
            rows[i]![name] = (data as Float32Array).slice(row * width, (row + 1) * width);
          });
        }
      },
    );
    return rows;
  }

  /** Computes what the inputs of these examples need. */
  async prepare(
    examples: readonly Example[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<void> {
    await this.#task.beforePrediction?.(
      this.#runtime,
      this as unknown as GraphModel<never>,
      examples,
      onProgress,
    );
  }

  /** Ends the profile of the training graphs and returns the paths of its files. */
  async endProfiling(): Promise<string[]> {
    const steps = await Promise.all(this.#steps.values());
    return steps.map(({ session }) => session.endProfiling());
  }

  /** Releases the compiled graphs. */
  async dispose(): Promise<void> {
    const steps = await Promise.allSettled(this.#steps.values()); // one that failed to compile holds nothing
    this.#steps.clear();
    for (const step of steps) if (step.status === "fulfilled") await step.value.session.dispose();
    await this.#prediction.dispose();
    await this.#pictureUse?.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Returns the inputs of a training graph: those of the batch, and the parameters by name. */
  #select(session: Session, batch: Readonly<Inputs>): Inputs {
    return Object.fromEntries(
      session.inputs.map(({ name }) => [
        name,
        name.startsWith(ZERO_INPUT_PREFIX)
          ? this.parameters.gradient(name.slice(ZERO_INPUT_PREFIX.length))
          : (batch[name] ?? this.parameters.weight(name)),
      ]),
    );
  }

  /** Gradients that the graph adds rows to: each starts from zeros. */
  #zeroGradients(session: Session, inputs: Readonly<Inputs>, microStep: number): void {
    const { parameter, rows } = this.#task.sparseTable;
    for (const { name } of session.inputs) {
      if (!name.startsWith(ZERO_INPUT_PREFIX)) continue;
      const table = name.slice(ZERO_INPUT_PREFIX.length);
      if (table === parameter) this.#zeroTouchedRows(table, rowsRead(inputs, rows), microStep);
      else this.parameters.gradient(table).data.fill(0);
    }
  }

  /**
   * Zeroes the rows of the previous batch, which costs far less than zeroing the whole table. After a step of several micro-batches they
   * are those of all of them, because the optimiser leaves the sum there.
   */
  #zeroTouchedRows(table: string, rows: ReadonlySet<bigint>, microStep: number): void {
    const { data, shape } = this.parameters.gradient(table);
    const width = shape[1]!;
    if (this.#touched === undefined) data.fill(0);
    else for (const row of this.#touched) data.fill(0, Number(row) * width, (Number(row) + 1) * width);
    this.#touched = microStep === 0 ? rows : new Set([...(this.#touched ?? []), ...rows]);
  }

  #compiledStep(variant: string): Promise<CompiledStep> {
    let compiled = this.#steps.get(variant);
    if (!compiled) {
      compiled = this.#compileStep(variant);
      this.#steps.set(variant, compiled);
    }
    return compiled;
  }

  async #compileStep(variant: string): Promise<CompiledStep> {
    const { outputs, sites } = stepGraph(this.#task, variant, this.#options.adapters);
    const { bytes } = serialize(outputs, {
      spelling: this.#runtime.spelling,
      graphName: `${this.#task.name}-step`,
      zeroInputs: true,
    });
    const session = await this.#runtime.createSession(bytes, {
      label: `step ${variant}`,
      ...this.#options.stepSession,
      config: { ...KEEP_TRANSPOSES, ...this.#options.stepSession?.config },
    });
    return { session, masks: new DropoutMasks(sites) };
  }
}

/** The rows that a batch reads; not every graph has every one of the inputs. */
function rowsRead(inputs: Readonly<Inputs>, names: readonly string[]): ReadonlySet<bigint> {
  return new Set(names.flatMap((name) => [...((inputs[name]?.data ?? []) as BigInt64Array)]));
}
