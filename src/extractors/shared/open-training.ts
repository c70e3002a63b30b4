// Opens what every training needs, cheapest checks first: text encoder, runtime, documents, visual channel.
import type { OnPreparation } from "../../base/progress.ts";
import { textWeightNames } from "../../encoders/needed-weights.ts";
import { maximumLength } from "../../encoders/text/table.ts";
import { openTextEncoder } from "../../encoders/text-encoder.ts";
import { openWeights } from "../../encoders/weight-source.ts";
import { Runtime } from "../../engine/runtime.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { extensionsWith } from "../../extensions/load-extensions.ts";
import { openVisual } from "../../visual/open-visual.ts";
import type { OpenedVisual, VisualInput } from "../../visual/visual-channel.ts";
import type { TrainRequest } from "../requests.ts";
import { downloadOptions } from "./download-options.ts";
import { stoppable } from "./prepare-documents.ts";
import { runtimeOptions } from "./runtime-options.ts";
import type { ModelSetting, Split } from "./training-task.ts";

/** Disposing of it releases the runtime; the user of the channel disposes of the channel, once everything is prepared. */
export interface OpenedTraining<Data> extends AsyncDisposable {
  readonly runtime: Runtime;
  readonly data: Data;
  /** Undefined for text only. */
  readonly channel: OpenedVisual | undefined;
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
  read: (onPreparation: OnPreparation, extensions: Extensions) => Promise<Data>,
): Promise<OpenedTraining<Data>> {
  const { config, runFolder } = request;
  const onPreparation = stoppable(request);
  const extensions = await extensionsWith(request.extensions, config.extensions);
  const encoder = await openTextEncoder(
    config.encoder,
    downloadOptions(config.encoder, {
      ...request,
      extensions,
    }),
  );
  await openWeights(encoder.folder, textWeightNames(encoder.config)); // finds a damaged file before the pictures are encoded
  const runtime = await Runtime.open(runtimeOptions(config.training));
  try {
    const data = await read(onPreparation, extensions);
    const download = downloadOptions(config.visual.encoder ?? "", { ...request, extensions });
    const channel = await openVisual(runtime, config, encoder, runFolder, download);
    const { captions, pictures } = config.data;
    return {
      runtime,
      extensions,
      data,
      channel,
      visualOf: (split) => channel && { channel, sources: { captions: captions[split], pictures } },
      setting: {
        config,
        encoder,
        maxLength: Math.min(config.training.maxLength, maximumLength(encoder.config)),
        visual: channel?.saved ?? null,
        objects: channel?.objects ?? 0,
      },
      onPreparation,
      [Symbol.asyncDispose]: () => runtime.dispose(),
    };
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}
