// The relation model at work: I2SRM's graphs compiled for a runtime, the parameters they share, and how batches are run.
import {
  AdamW,
  type DeviceTensor,
  MAX_USEFUL_THREADS,
  type ParameterGroup,
  Parameters,
  type Runtime,
  type Session,
  type SessionOptions,
} from "../../engine/index.ts";
import { EngineError, TrainingError } from "../../errors.ts";
import { gradients, type HostTensor, serialize, type Tensor, ZERO_INPUT_PREFIX } from "../../graph/index.ts";
import {
  type MreModelOptions,
  mixupPlan,
  mixupPool,
  mreForward,
  mreTraining,
  withoutMixing,
} from "../../models/i2srm/index.ts";
import { Dropout, type ParameterDeclaration, ParameterScope } from "../../nn/index.ts";
import { type StepAddress, type StepResult, stream, type TrainingModel } from "../../training/index.ts";
import { DropoutMasks, mixupInputs, textInputs, type VisualShape, visualInputs } from "./batch-inputs.ts";
import type { RelationExample } from "./examples.ts";

/** Where a graph's declared dropout masks are drawn from and which session runs it. */
interface CompiledStep {
  readonly session: Session;
  readonly masks: DropoutMasks;
}

export interface RelationModelOptions {
  readonly graph: MreModelOptions;
  readonly padId: number;
  /** Rates and decay of the encoder and of everything else. */
  readonly groups: { readonly weightDecay: number; readonly headLearningRateScale: number };
  /** Without, there are no gradients and no training graphs. */
  readonly trainable: boolean;
  /** onnxruntime's settings for the training graphs: configuration entries, a profile. */
  readonly stepSession?: Pick<SessionOptions, "config" | "profile">;
}

/** Rows scored at once when predicting; batches are sorted by length, so padding is small. */
const PREDICTION_BATCH = 32;

/** Class scores of one example, in the order of the label set. */
export type Logits = Float32Array;

export class RelationModel implements TrainingModel<RelationExample> {
  readonly parameters: Parameters;
  readonly declarations: ReadonlyMap<string, ParameterDeclaration>;
  readonly #options: RelationModelOptions;
  readonly #runtime: Runtime;
  readonly #visualShape: VisualShape | undefined;
  readonly #steps = new Map<boolean, Promise<CompiledStep>>();
  #prediction: Promise<Session> | undefined;
  /** Tokens whose rows of the word table's gradient are not zero; undefined before the first step. */
  #touched: ReadonlySet<bigint> | undefined;
  /** Weights on a device with memory of its own; a model that is trained changes them on the host at every step. */
  #deviceWeights: ReadonlyMap<string, DeviceTensor> | undefined;

  constructor(runtime: Runtime, options: RelationModelOptions) {
    this.#runtime = runtime;
    this.#options = options;
    const { graph, trainable } = options;
    if (graph.visual) {
      const { promptLength, objects } = graph.i2srm.prefix;
      this.#visualShape = { ...graph.visual, pictures: 1 + objects, promptLength };
    }
    const scope = new ParameterScope();
    // The training graph declares everything that is trained; a model that only predicts needs less.
    if (trainable) mreTraining(scope, graph, new Dropout(false), this.#mixes);
    else mreForward(scope, graph, new Dropout(false));
    this.declarations = scope.table;
    this.parameters = Parameters.create(
      [...scope.table.values()].map(({ name, shape }) => ({ name, shape, group: groupOf(name) })),
      parameterGroups(options.groups),
      { trainable },
    );
  }

  get #mixes(): boolean {
    return this.#options.graph.i2srm.mixup.enabled;
  }

  lengthOf(example: RelationExample): number {
    return example.input.length;
  }

  /** An optimiser over this model's parameters, for up to `accumulation` micro-batches per step; dispose of it. */
  optimizer(accumulation = 1): AdamW {
    const threads = Math.min(this.#runtime.threads, MAX_USEFUL_THREADS);
    return new AdamW(this.parameters, { accumulation, threads });
  }

  async step(examples: readonly RelationExample[], at: StepAddress): Promise<StepResult> {
    const { i2srm } = this.#options.graph;
    const batch = examples.length;
    const labels = examples.map((example) => labelOf(example));
    const address = [at.seed, at.step] as const;
    const rows = i2srm.attention.enabled ? 2 * batch : batch;
    const pool = this.#mixes ? mixupPool(rows, i2srm.mixup.delta).length : 0;
    const permutation = stream(...address, `${at.microStep}/mixup/permutation`).permutation(pool);
    const planned = mixupPlan(batch, i2srm.attention.enabled, i2srm.mixup, [...permutation]);
    const mixing = this.#mixes && planned.mixedA.length > 0;
    const plan = mixing ? planned : withoutMixing(batch, i2srm.attention.enabled);
    const lambda = stream(...address, `${at.microStep}/mixup/lambda`).beta(
      i2srm.mixup.alpha,
      i2srm.mixup.alpha,
    );

    const { session, masks } = await this.#compiledStep(mixing);
    const text = textInputs(examples, this.#options.padId);
    const sizes = new Map([
      ["batch", batch],
      ["length", text.input_ids!.shape[1]!],
    ]);
    const inputs = {
      ...text,
      ...(this.#visualShape ? visualInputs(examples, this.#visualShape) : {}),
      ...mixupInputs(plan, labels, lambda),
      ...masks.fill(sizes, at),
    };
    const outputs: Record<string, HostTensor | "allocate"> = {};
    this.#zeroTouchedRows(text.input_ids!.data as BigInt64Array);
    for (const { name } of session.outputs) {
      outputs[name] = name.startsWith(GRADIENT)
        ? this.parameters.gradient(name.slice(GRADIENT.length))
        : "allocate";
    }
    const results = await session.run(this.#select(session, inputs), outputs);
    const terms: Record<string, number> = {};
    for (const [name, value] of Object.entries(results)) {
      if (!name.startsWith(GRADIENT) && name !== "loss") terms[name] = value.data[0] as number;
    }
    return { loss: results.loss!.data[0] as number, terms };
  }

  /** Class scores of each example, in order. `onProgress` gets the number of examples done. */
  async predict(
    examples: readonly RelationExample[],
    onProgress?: (done: number) => void,
  ): Promise<Logits[]> {
    const session = await this.#predictionSession();
    const order = examples
      .map((_, i) => i)
      .sort((a, b) => examples[b]!.input.length - examples[a]!.input.length);
    const scores = new Array<Logits>(examples.length);
    for (let start = 0; start < order.length; start += PREDICTION_BATCH) {
      const indices = order.slice(start, start + PREDICTION_BATCH);
      const batch = indices.map((i) => examples[i]!);
      const inputs = {
        ...textInputs(batch, this.#options.padId),
        ...(this.#visualShape ? visualInputs(batch, this.#visualShape) : {}),
      };
      const { logits } = await session.run(this.#select(session, inputs));
      const width = logits!.shape[1]!;
      indices.forEach((i, row) => {
        const own = (logits!.data as Float32Array).slice(row * width, (row + 1) * width);
        if (!own.every(Number.isFinite)) throw nonFiniteScores(examples[i]!.id);
        scores[i] = own;
      });
      onProgress?.(Math.min(start + PREDICTION_BATCH, order.length));
    }
    return scores;
  }

  /** Ends the profile of the training graphs that have run; the paths of its files. */
  async endProfiling(): Promise<string[]> {
    const steps = await Promise.all(this.#steps.values());
    return steps.map(({ session }) => session.endProfiling());
  }

  /** Releases the compiled graphs. */
  async dispose(): Promise<void> {
    for (const step of this.#steps.values()) await (await step).session.dispose();
    await (await this.#prediction)?.dispose();
    for (const tensor of this.#deviceWeights?.values() ?? []) await tensor.dispose();
    this.#deviceWeights = undefined;
    this.#steps.clear();
    this.#prediction = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** The inputs a session wants: those of the batch, and the parameters by name. */
  #select(
    session: Session,
    batch: Readonly<Record<string, HostTensor>>,
  ): Record<string, HostTensor | DeviceTensor> {
    const weights = this.#weightsOnDevice();
    return Object.fromEntries(
      session.inputs.map(({ name }) => [
        name,
        name.startsWith(ZERO_INPUT_PREFIX)
          ? this.parameters.gradient(name.slice(ZERO_INPUT_PREFIX.length))
          : (batch[name] ?? weights?.get(name) ?? this.parameters.weight(name)),
      ]),
    );
  }

  /** Uploads the weights of a model that only predicts, once. */
  #weightsOnDevice(): ReadonlyMap<string, DeviceTensor> | undefined {
    if (this.#options.trainable || this.#runtime.device === "cpu") return undefined;
    this.#deviceWeights ??= new Map(
      this.parameters.names().map((name) => [name, this.#runtime.upload(this.parameters.weight(name))]),
    );
    return this.#deviceWeights;
  }

  /**
   * The word table's gradient is written in place, for the batch's tokens only, so the rows of the batch before are zeroed here: far less
   * than zeroing and copying the whole table.
   */
  #zeroTouchedRows(ids: BigInt64Array): void {
    const { data, shape } = this.parameters.gradient(WORD_TABLE);
    const width = shape[1]!;
    if (this.#touched === undefined) data.fill(0);
    else for (const id of this.#touched) data.fill(0, Number(id) * width, (Number(id) + 1) * width);
    this.#touched = new Set(ids);
  }

  #compiledStep(mixing: boolean): Promise<CompiledStep> {
    let compiled = this.#steps.get(mixing);
    if (!compiled) {
      compiled = this.#compileStep(mixing);
      this.#steps.set(mixing, compiled);
    }
    return compiled;
  }

  async #compileStep(mixing: boolean): Promise<CompiledStep> {
    const scope = new ParameterScope();
    const dropout = new Dropout(true);
    const { loss, plainLoss, mixedLoss, semanticLoss } = mreTraining(
      scope,
      this.#options.graph,
      dropout,
      mixing,
    );
    const parameters = [...scope.table.values()];
    const outputs: Record<string, Tensor> = { loss, classification: plainLoss };
    if (mixedLoss) outputs.mixed = mixedLoss;
    if (semanticLoss) outputs.semantic = semanticLoss;
    gradients(
      loss,
      parameters.map(({ tensor }) => tensor),
    ).forEach((gradient, i) => {
      const { name } = parameters[i]!;
      if (gradient === undefined) {
        throw new TrainingError({
          code: "training/untrained-parameter",
          message: `step: the loss does not depend on '${name}'`,
          place: name,
          remedy: "Switch off the part of the model that this parameter belongs to.",
        });
      }
      outputs[`${GRADIENT}${name}`] = gradient;
    });
    const { bytes } = serialize(outputs, {
      spelling: this.#spelling,
      graphName: "relation-step",
      zeroInputs: true,
    });
    const session = await this.#runtime.createSession(bytes, {
      label: mixing ? "step with mixup" : "step",
      ...this.#options.stepSession,
    });
    return { session, masks: new DropoutMasks(dropout.sites) };
  }

  #predictionSession(): Promise<Session> {
    this.#prediction ??= (async () => {
      const { logits } = mreForward(new ParameterScope(), this.#options.graph, new Dropout(false));
      const { bytes } = serialize({ logits }, { spelling: this.#spelling, graphName: "relation-prediction" });
      return this.#runtime.createSession(bytes, { label: "prediction" });
    })();
    return this.#prediction;
  }

  get #spelling() {
    return this.#runtime.device === "webgpu" ? ("webgpu" as const) : ("cpu" as const);
  }
}

const GRADIENT = "gradient/";
const WORD_TABLE = "encoder.embeddings.word_embeddings.weight";

/** A NaN is larger than nothing, so it would pass for the first label. */
function nonFiniteScores(id: string): EngineError {
  return new EngineError({
    code: "engine/non-finite-scores",
    message: `predict: the scores of '${id}' are not finite numbers`,
    place: id,
    remedy:
      "The weights or the picture's features hold NaN or infinity: use an earlier model, or train again.",
    fault: "work",
  });
}

function labelOf(example: RelationExample): number {
  if (example.label !== undefined) return example.label;
  throw new TrainingError({
    code: "training/missing-label",
    message: `step: '${example.id}' has no label`,
    place: example.id,
    remedy: "Train on labelled documents only.",
  });
}

/** Biases and normalisation are not decayed; everything outside the text encoder learns at the heads' rate. */
function groupOf(name: string): string {
  const part = name.startsWith("encoder.") ? "encoder" : "heads";
  const decays = !/(^|\.)(bias|in_proj_bias)$|LayerNorm\.|\.norm\d\./.test(name);
  return `${part}/${decays ? "decay" : "no-decay"}`;
}

function parameterGroups({
  weightDecay,
  headLearningRateScale,
}: RelationModelOptions["groups"]): ParameterGroup[] {
  return [
    { name: "encoder/decay", weightDecay, learningRateScale: 1 },
    { name: "encoder/no-decay", weightDecay: 0, learningRateScale: 1 },
    { name: "heads/decay", weightDecay, learningRateScale: headLearningRateScale },
    { name: "heads/no-decay", weightDecay: 0, learningRateScale: headLearningRateScale },
  ];
}
