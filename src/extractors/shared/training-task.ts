// What differs between training tasks: labels, examples, model.
import type { Json } from "../../base/json.ts";
import type { OnPreparation } from "../../base/progress.ts";
import type { Config } from "../../config/schema.ts";
import type { Document } from "../../data/document.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { TextEncoderFolder } from "../../encoders/text-encoder.ts";
import type { Runtime } from "../../engine/runtime.ts";
import type { Extensions } from "../../extensions/extension.ts";
import type { SavedVisual } from "../../visual/saved-visual.ts";
import type { VisualInput } from "../../visual/visual-channel.ts";
import type { DataAccount } from "../requests.ts";
import type { LabelOrders } from "../start/copy-weights.ts";
import type { StartingConfig } from "../start/starting-model.ts";
import type { Calibration } from "./calibration.ts";
import type { GraphModel } from "./graph-model.ts";
import type { ValidationPredictions } from "./validation-predictions.ts";

export type Split = "train" | "validation";

export interface PreparedSet<Example> {
  readonly documents: readonly Document[];
  readonly examples: readonly Example[];
  readonly account: DataAccount;
}

/** Documents of a split, and what is needed to turn them into examples. */
export interface PreparationRequest<Labels> extends Pick<ModelSetting, "config" | "encoder" | "maxLength"> {
  readonly set: DocumentSet;
  readonly split: Split;
  readonly labels: Labels;
  readonly visual: VisualInput | undefined;
  readonly runtime: Runtime;
  readonly onPreparation: OnPreparation;
}

/** What is needed to create any task's model. */
export interface ModelSetting {
  readonly config: Config;
  readonly encoder: TextEncoderFolder;
  /** Maximum number of tokens per text: the configured number, limited by the encoder. */
  readonly maxLength: number;
  readonly visual: SavedVisual | null;
  /** Crops besides the whole picture that the visual channel can provide. */
  readonly objects: number;
}

/** What is needed to create a model that learns these labels. */
export interface ModelRequest<Labels> extends ModelSetting {
  readonly runtime: Runtime;
  readonly labels: Labels;
  /** The encoder with the configuration's dropout. */
  readonly dropoutEncoder: TextEncoderConfig;
}

/** A model's calibration on validation data, and its answers there with calibrated probabilities. */
export interface CalibratedModel {
  readonly calibration: Calibration;
  readonly predictions: ValidationPredictions;
}

/** Examples that are trained together, in one sequence. */
export interface ExamplePacking<Example> {
  /** Every example is in one pack; packs are what a batch is made of. */
  packs(examples: readonly Example[]): readonly (readonly Example[])[];
  /** Tokens of the pack's sequence. */
  lengthOf(pack: readonly Example[]): number;
}

/** A model in training, and its metrics. */
export interface TrainableModel<Example, Prepared> {
  readonly model: GraphModel<Example>;
  /** Becomes config.json of the model folders. */
  readonly modelConfig: unknown;
  /** Texts per example in a step; absent: one. */
  readonly rowsPerExample?: number;
  /** How examples share sequences in training; absent: each has its own. */
  readonly packing?: ExamplePacking<Example>;
  /** What has an entry per label, and in which parameters; needed to start from a trained model. */
  readonly heads?: Pick<LabelOrders, "axes"> & { readonly entries: readonly string[] };
  /** What `training.batches` puts examples together or apart by: a label, or an entity type. */
  readonly groupOf: (example: Example) => string;
  /** Further files of the model folders, by name; they may differ when a run is resumed. */
  readonly modelFiles?: Readonly<Record<string, string>>;
  /** Returns metrics on prepared data, by their names in `training.metric`. */
  evaluate(prepared: Prepared): Promise<Readonly<Record<string, number>>>;
  calibrate(prepared: Prepared): Promise<CalibratedModel>;
  /** Work that needs the initial weights, before the first step. */
  beforeTraining?(train: Prepared, validation: Prepared, onPreparation: OnPreparation): Promise<void>;
}

/** What differs between training tasks. */
export interface TrainingTask<Example, Labels, Prepared extends PreparedSet<Example> = PreparedSet<Example>> {
  /** Returns the label set, after the labels that the model to start from knows; refuses documents with nothing to learn. */
  labelsOf(config: Config, train: DocumentSet, known: readonly string[]): Promise<Labels>;
  /** Reads a trained model to start from; absent if no run of this task can. @throws DataError `data/not-a-model`, `data/other-model` */
  startingConfig?(folder: string): Promise<StartingConfig>;
  read(
    path: string,
    config: Config,
    onPreparation: OnPreparation,
    extensions: Extensions,
  ): Promise<DocumentSet>;
  prepare(request: PreparationRequest<Labels>): Promise<Prepared>;
  create(request: ModelRequest<Labels>): TrainableModel<Example, Prepared>;
  /** The labels, for the run's record. */
  describe(labels: Labels): Json;
  /** What to know before the first step, one line each. */
  notes?(labels: Labels, train: Prepared, config: Config): readonly string[];
  /** What else the run's record says about its data. */
  record?(train: Prepared): Readonly<Record<string, Json>>;
}
