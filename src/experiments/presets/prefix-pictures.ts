// Presets for what the visual prefix is made of: the stages of the picture encoder, and the whole picture or its objects.
import { type Overrides, type Preset, presetError } from "../plan.ts";
import { hasCrops, MOST_CROPS, OFF, requirePictures, variants } from "./i2srm.ts";

const ON = { enabled: true };

/** The prefix from some of the picture encoder's stages, which the paper calls levels. */
export const prefixStages: Preset = {
  name: "prefix-stages",
  description:
    "the visual prefix from all stages of the picture encoder, from each alone, and from each repeated as often as there are stages",
  needsStages: true,
  plan(base, options) {
    const { visual } = base;
    requirePictures("prefix-stages", base);
    const { stages: count = 1 } = options;
    if (visual.kind !== "pictures" || count < 2) throw noStages(visual.kind);
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    const stages = (chosen: readonly number[]): Overrides => ({
      visual: { stages: chosen },
      model: { prefix: ON },
    });
    const variant = variants(options);
    const alone = variants(options, "one stage");
    const repeated = variants(options, "one stage repeated");
    return {
      title: "Stages of the visual prefix",
      description: `The visual prefix from all ${count} stages of the picture encoder, or from fewer. A stage that is repeated ${count} times takes as many places as all stages do, but they all say the same.`,
      reference: "all-stages",
      variants: [
        variant("all-stages", `stages 1 to ${count}`, { visual: { stages: null }, model: { prefix: ON } }),
        ...numbers.map((one) => alone(`stage-${one}`, `stage ${one} alone`, stages([one]))),
        ...numbers.map((one) =>
          repeated(`stage-${one}-repeated`, `stage ${one}, ${count} times`, stages(numbers.map(() => one))),
        ),
        variant("no-prefix", "no prefix: the picture is used by the semantic loss only", {
          visual: { stages: null },
          model: { prefix: OFF },
        }),
      ],
    };
  },
};

function noStages(kind: string) {
  return presetError(
    "experiment/needs-stages",
    kind === "pictures"
      ? "the preset prefix-stages compares the stages of a picture encoder, but this one has a single stage"
      : `the preset prefix-stages compares the stages of a picture encoder, but visual.kind is "${kind}"`,
    'Give a configuration with visual.kind "pictures" and a ResNet, or an ONNX encoder with several maps.',
    kind,
  );
}

/** The whole picture, its crops, both and neither. */
export const objectsOrPicture: Preset = {
  name: "objects-or-picture",
  description: "the visual prefix from the whole picture, from its crops alone, from both and from neither",
  plan(base, options) {
    requirePictures("objects-or-picture", base);
    if (!hasCrops(base)) throw noCrops(base.visual.kind);
    const objects = base.model.objects === 0 ? MOST_CROPS : base.model.objects;
    const variant = variants(options);
    const prefix = (wholePicture: boolean, crops: number) => ({
      model: { objects: crops, prefix: { enabled: true, wholePicture } },
    });
    return {
      title: "Objects or the whole picture",
      description: `The visual prefix shows the whole picture, at most ${objects} crops of it, both or neither. The semantic loss uses the whole picture in every row.`,
      reference: "both",
      variants: [
        variant("both", "the whole picture and its crops", prefix(true, objects)),
        variant("whole-picture", "the whole picture only", prefix(true, 0)),
        variant("crops", "the crops only", prefix(false, objects)),
        variant("neither", "no prefix", { model: { objects: 0, prefix: { ...OFF, wholePicture: true } } }),
      ],
    };
  },
};

function noCrops(kind: string) {
  return presetError(
    "experiment/needs-crops",
    `the preset objects-or-picture compares crops with whole pictures, but there are no crops: ${kind === "pictures" ? "visual.detector is missing" : `visual.kind is "${kind}"`}`,
    'Name an object detector in visual.detector, or set visual.kind to "features" with a file that holds crops.',
    kind,
  );
}
