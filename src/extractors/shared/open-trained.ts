// Opens the parts of every trained model's folder: tokenizer, weights, calibration, and the visual channel from training.
import { join } from "node:path";
import { stampsOf } from "../../encoders/text/registered.ts";
import { parseTextConfig } from "../../encoders/text/table.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { loadTokenizer } from "../../encoders/tokenizing/load-tokenizer.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { loadWeights, openWeights } from "../../encoders/weights.ts";
import { Runtime } from "../../engine/runtime.ts";
import type { Thresholds } from "../../evaluation/thresholds.ts";
import { requireStamped } from "../../extensions/extension.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import type { reopenVisual } from "../../visual/open-visual.ts";
import { locatedVisual, type SavedVisual } from "../../visual/saved-visual.ts";
import type { OpenedVisual } from "../../visual/visual-channel.ts";
import type { Calibration } from "./calibration.ts";
import { readCalibration } from "./calibration-file.ts";
import type { GraphModel } from "./graph-model.ts";
import type { LentEncoder } from "./lent-encoder.ts";
import type { LoadOptions } from "./runtime-options.ts";
import { readThresholds } from "./thresholds-file.ts";

/** A model ready to predict. */
export interface TrainedModel<Model> {
  readonly encoder: TextEncoderConfig;
  readonly tokenizer: TextTokenizer;
  readonly model: Model;
  /** Undefined for a text-only model. */
  readonly visual: OpenedVisual | undefined;
  /** Undefined for a model that was never calibrated. */
  readonly calibration: Calibration | undefined;
  /** Undefined for a model without thresholds. */
  readonly thresholds: Thresholds | undefined;
  dispose(): Promise<void>;
}

/** The common fields of every model's config.json. */
interface SavedModel {
  readonly encoder: Readonly<Record<string, unknown>>;
  readonly visual: SavedVisual | null;
}

/** A model's folder and how to open it. */
export interface TrainedFolder {
  readonly folder: string;
  readonly config: SavedModel;
  /** Prompt positions per picture and crops that the visual channel must provide. */
  readonly prompt: { readonly promptLength: number; readonly objects: number };
  readonly options: LoadOptions;
  /** Opens the visual channel; pass your own to share it between models. */
  readonly openVisual: typeof reopenVisual;
}

/**
 * Opens `folder` with the model that `create` builds from its config.
 *
 * @throws DataError `data/bad-calibration`, `data/bad-thresholds`; EncoderError for missing or wrong weights; EngineError for damaged files; ExtensionError
 * `extension/missing`
 */
export async function openTrained<
  Model extends Pick<GraphModel<never>, "declarations" | "ownDeclarations" | "parameters" | "dispose">,
>(
  { folder, config, prompt, options, openVisual }: TrainedFolder,
  create: (
    runtime: Runtime,
    encoder: TextEncoderConfig,
    tokenizer: TextTokenizer,
    calibration: Calibration | undefined,
    lent: LentEncoder | undefined,
  ) => Model,
): Promise<TrainedModel<Model>> {
  const { onOtherVersion = options.onNotice } = options;
  const extensions = await loadExtensions(options.extensions);
  const calibration = await readCalibration(folder);
  const thresholds = await readThresholds(folder, calibration);
  const encoder = parseTextConfig(config.encoder, join(folder, "config.json"), extensions);
  for (const notice of requireStamped(stampsOf(config.encoder), extensions, "the model"))
    onOtherVersion?.(notice);
  const tokenizer = await (options.tokenizers?.load(folder) ?? loadTokenizer(folder));
  const runtime = await Runtime.open(options);
  try {
    const visual = await openVisual(runtime, locatedVisual(config.visual, folder), prompt, {
      extensions,
      onOtherVersion,
    });
    const lent = await options.encoders?.lend(folder);
    const model = create(runtime, encoder, tokenizer, calibration, lent?.encoder);
    const own = model.ownDeclarations;
    const source = lent && own ? lent.weights.source : await openWeights(folder);
    loadWeights(own ?? model.declarations.values(), source, {
      into: ({ name }) => model.parameters.weight(name),
    });
    return {
      encoder,
      tokenizer,
      model,
      visual,
      calibration,
      thresholds,
      async dispose() {
        try {
          await model.dispose();
          await visual?.dispose();
        } finally {
          await runtime.dispose(); // also releases the rest
        }
      },
    };
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}
