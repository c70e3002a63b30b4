// Which of a picture encoder's stages the maps of a picture are made of.
import { ConfigError } from "../base/errors.ts";
import type { PictureEncoder } from "./frozen-encoder.ts";

/** Values on the 2 x 2 grid of a channel. */
const CELLS = 4;

/** A choice of stages: how many channels it has, and how it is taken from the maps of all stages. */
export interface StageChoice {
  readonly channels: number;
  /** Maps `[all channels * 2 * 2]` of one picture -> maps of the chosen stages `[channels * 2 * 2]`. */
  take(maps: Float32Array): Float32Array;
}

/**
 * The stages of `chosen`, numbered from 1 at the bottom, in this order; one may occur several times. Undefined: all, as the encoder joins them.
 *
 * @throws ConfigError `config/no-such-stage`
 */
export function chooseStages(
  { channels, stages = [channels] }: Pick<PictureEncoder, "channels" | "stages">,
  chosen: readonly number[] | undefined,
  place: string,
): StageChoice {
  if (chosen === undefined) return { channels, take: (maps) => maps };
  const ranges = chosen.map((stage) => {
    const own = stages[stage - 1];
    if (own === undefined) throw noSuchStage(stage, stages.length, place);
    const before = stages.slice(0, stage - 1).reduce((sum, one) => sum + one, 0);
    return { start: CELLS * before, end: CELLS * (before + own) };
  });
  const size = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  return {
    channels: size / CELLS,
    take(maps) {
      const taken = new Float32Array(size);
      let at = 0;
      for (const { start, end } of ranges) {
        taken.set(maps.subarray(start, end), at);
        at += end - start;
      }
      return taken;
    },
  };
}

function noSuchStage(stage: number, count: number, place: string): ConfigError {
  const has =
    count === 1
      ? "one stage (only a ResNet, or an ONNX encoder with several maps, has more)"
      : `${count} stages`;
  return new ConfigError({
    code: "config/no-such-stage",
    message: `visual.stages names stage ${stage}, but the picture encoder ${place} has ${has}`,
    place: "visual.stages",
    value: stage,
    remedy: count === 1 ? "Remove visual.stages, or use a ResNet." : `Name stages from 1 to ${count}.`,
  });
}
