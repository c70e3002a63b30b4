// Opens what every training needs, cheapest checks first: text encoder, runtime, documents, visual channel.
import { ConfigError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import type { Config } from "../../config/schema.ts";
import { textWeightNames } from "../../encoders/needed-weights.ts";
import { maximumLength } from "../../encoders/text/table.ts";
import { openTextEncoder, type TextEncoderFolder } from "../../encoders/text-encoder.ts";
import { openWeights } from "../../encoders/weight-source.ts";
import { Runtime } from "../../engine/runtime.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { extensionsWith } from "../../extensions/load-extensions.ts";
import { openVisual } from "../../visual/open-visual.ts";
import type { OpenedVisual, VisualInput } from "../../visual/visual-channel.ts";
import type { TrainRequest } from "../requests.ts";
import {
  openStart,
  requireNoCaptions,
  requireSameEncoder,
  type StartingConfig,
  type StartingModel,
} from "../start/starting-model.ts";
import { downloadOptions } from "./download-options.ts";
import { stoppable } from "./prepare-documents.ts";
import { predictingSettings, runtimeOptions } from "./runtime-options.ts";
import type { ModelSetting, Split } from "./training-task.ts";

/** Disposing of it releases the channel and the runtime. */
export interface OpenedTraining<Data> extends AsyncDisposable {
  readonly runtime: Runtime;
  readonly data: Data;
  /** The trained model that the run starts from, if any. */
  readonly start: StartingModel | undefined;
  /** Undefined for text only. */
  readonly channel: OpenedVisual | undefined;
  /** Disposes of the channel early, once everything is prepared: its encoder takes memory, its cache a lock. */
  releaseChannel(): Promise<void>;
  /** The channel with the pictures or captions of a split. */
  visualOf(split: Split): VisualInput | undefined;
  readonly setting: ModelSetting;
  /** What a run reads, encodes and models with from outside relata. */
  readonly extensions: Extensions;
  /** Progress that stops the work after the signal is aborted. */
  readonly onPreparation: NonNullable<OnPreparation>;
}

/** Opens a run's parts; `read` reads its documents. @throws the codes of the encoders, `Runtime.open` and `read` */
export async function openTraining<Data>(
  request: TrainRequest,
  read: (
    onPreparation: OnPreparation,
    extensions: Extensions,
    start: StartingModel | undefined,
  ) => Promise<Data>,
  startingConfig?: (folder: string) => Promise<StartingConfig>,
): Promise<OpenedTraining<Data>> {
  const { config, runFolder } = request;
  const onPreparation = stoppable(request);
  const extensions = await extensionsWith(request.extensions, config.extensions);
  const start = await startOf(config, startingConfig, extensions);
  const encoder = await encoderOf(request, extensions, start);
  const runtime = await Runtime.open(runtimeOptions(predictingSettings(config.training)));
  let channel: OpenedVisual | undefined;
  let releasing: Promise<void> | undefined;
  const releaseChannel = async () => {
    releasing ??= channel?.dispose();
    await releasing;
  };
  const release = () => releaseChannel().finally(() => runtime.dispose());
  try {
    const data = await read(onPreparation, extensions, start);
    const download = downloadOptions(config.visual.encoder ?? "", { ...request, extensions });
    const visual = await openVisual(runtime, config, encoder, runFolder, download);
    channel = visual;
    requireCrops(config, visual);
    const { captions, pictures } = config.data;
    return {
      runtime,
      extensions,
      data,
      start,
      channel: visual,
      releaseChannel,
      visualOf: (split) => visual && { channel: visual, sources: { captions: captions[split], pictures } },
      setting: {
        config,
        encoder,
        maxLength: Math.min(config.training.maxLength, maximumLength(encoder.config)),
        visual: visual?.saved ?? null,
        objects: visual?.objects ?? 0,
      },
      onPreparation,
      [Symbol.asyncDispose]: release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A features file may hold no crops, which its configuration does not say. @throws ConfigError `config/contradiction` */
function requireCrops({ model, visual }: Config, channel: OpenedVisual | undefined): void {
  if (model.prefix.wholePicture || channel === undefined || channel.objects > 0) return;
  throw new ConfigError({
    code: "config/contradiction",
    message: `model.prefix.wholePicture is false, but ${visual.features} holds no crops: the prefix would show nothing`,
    place: "model.prefix.wholePicture",
    remedy: "Set model.prefix.wholePicture to true, or name a features file with crops.",
    value: false,
  });
}

function startOf(
  config: Config,
  startingConfig: ((folder: string) => Promise<StartingConfig>) | undefined,
  extensions: Extensions,
): Promise<StartingModel> | undefined {
  if (config.from === undefined) return undefined;
  return openStart(config.from, config, startingConfig, extensions);
}

/** The configured encoder, or that of the model to start from, which the configuration then names in its place. */
async function encoderOf(
  request: TrainRequest,
  extensions: Extensions,
  start: StartingModel | undefined,
): Promise<TextEncoderFolder> {
  const { config } = request;
  if (start !== undefined && config.encoder === config.from) {
    requireNoCaptions(config);
    return start.encoder;
  }
  const download = downloadOptions(config.encoder, { ...request, extensions });
  const encoder = await openTextEncoder(config.encoder, download);
  if (start !== undefined) requireSameEncoder(encoder, start);
  await openWeights(encoder.folder, textWeightNames(encoder.config)); // finds a damaged file before the pictures are encoded
  return encoder;
}
