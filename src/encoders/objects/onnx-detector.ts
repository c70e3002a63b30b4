// Object detectors defined by an ONNX file and its description: runs the network, reads the described
// layout, and maps boxes back to the picture.

import { EncoderError, RelataError } from "../../base/errors.ts";
import type { Runtime } from "../../engine/runtime.ts";
import type { Session } from "../../engine/session.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import {
  combinedFingerprint,
  modelOfDescription,
  onnxFingerprint,
  readDescription,
  requireNames,
} from "../onnx-file.ts";
import { preprocessInThread } from "../pictures/pixel-threads.ts";
import { type PicturePlacement, placePicture } from "../pictures/placement.ts";
import type { RgbPicture } from "../pictures/rgb-picture.ts";
import { type DetectorDescription, detectorSchema, preprocessingOf } from "./description.ts";
import type { Detection, ObjectDetector } from "./detector.ts";
import { GroundingQueries } from "./grounding-queries.ts";
import {
  type Finding,
  type NamedOutput,
  readBoxes,
  readColumns,
  readFinishedRows,
  readQueries,
  readRows,
} from "./output-layouts.ts";
import { selectObjects } from "./selection.ts";

/** Named in errors. */
/** Side of the black picture that a detector is tested on when it is opened. */
const TRIAL_SIDE = 32;

/**
 * Opens the detector that the .json file at `place` describes, and tests it on a black picture, so that a
 * wrong description fails here.
 *
 * @throws EncoderError `encoder/bad-description`, `encoder/no-model-file`, `encoder/broken-detector` (not an ONNX file that runs, or one
 * that refuses the described input), `encoder/no-such-input`, `encoder/no-such-output`, `encoder/bad-detector-output`,
 * `encoder/detector-not-finite`, and the codes of `onnxFingerprint` and `loadTokenizer`
 */
export async function openObjectDetector(runtime: Runtime, place: string): Promise<ObjectDetector> {
  const description = await readDescription(place, detectorSchema);
  const model = modelOfDescription(place, description.model);
  const queries =
    description.layout === "owl-vit" ? await GroundingQueries.open(place, description) : undefined;
  const fingerprint = combinedFingerprint([
    await onnxFingerprint(model).catch((cause: unknown) => {
      const isBroken = cause instanceof EncoderError && cause.code === "encoder/broken-onnx";
      throw isBroken ? brokenDetector(place, model, "cannot be loaded", cause) : cause;
    }),
    { ...description, model: "", tokenizer: queries?.fingerprint ?? "" }, // the files' content, not their location
  ]);
  const session = await runtime
    .createSession(model, { label: `detector ${model}` })
    .catch((cause: unknown) => {
      throw brokenDetector(place, model, "cannot be loaded", cause);
    });
  const detector = new OnnxDetector(model, description, session, queries, fingerprint);
  try {
    await detector.try();
  } catch (error) {
    await session.dispose();
    throw error instanceof EncoderError
      ? error
      : brokenDetector(place, model, "cannot be run as described", error);
  }
  return detector;
}

class OnnxDetector implements ObjectDetector {
  readonly fingerprint: string;
  readonly usesText: boolean;
  readonly #model: string;
  readonly #description: DetectorDescription;
  readonly #session: Session;
  readonly #queries: GroundingQueries | undefined;
  readonly #classes: readonly string[];

  constructor(
    model: string,
    description: DetectorDescription,
    session: Session,
    queries: GroundingQueries | undefined,
    fingerprint: string,
  ) {
    this.#model = model;
    this.#description = description;
    this.#session = session;
    this.#queries = queries;
    this.fingerprint = fingerprint;
    this.usesText = queries?.usesText ?? false;
    this.#classes = description.layout === "owl-vit" ? [] : (description.classes ?? []);
  }

  /** Checks the names, and that inputs and outputs match the description. */
  async try(): Promise<void> {
    const { inputs, outputs } = this.#session;
    const known = (specs: readonly { readonly name: string }[]) => specs.map(({ name }) => name);
    requireNames(this.#model, "input", this.#inputNames(), known(inputs));
    requireNames(this.#model, "output", this.#outputNames(), known(outputs));
    const black = {
      width: TRIAL_SIDE,
      height: TRIAL_SIDE,
      data: new Uint8Array(3 * TRIAL_SIDE * TRIAL_SIDE),
    };
    await this.#find(black, this.#queries ? ["thing"] : []);
  }

  async detect(picture: RgbPicture, text: string): Promise<Detection> {
    const queries = this.#queries?.of(text) ?? [];
    if (this.#queries && queries.length === 0) return { objects: [], degenerate: 0 };
    const { findings, place } = await this.#find(picture, queries);
    const names = this.#queries ? queries : this.#classes;
    const candidates = findings.map(({ box, score, index }) => ({
      box: {
        left: (box.left - place.left) / place.scaleX,
        top: (box.top - place.top) / place.scaleY,
        right: (box.right - place.left) / place.scaleX,
        bottom: (box.bottom - place.top) / place.scaleY,
      },
      score,
      label: names[index],
    }));
    return selectObjects(candidates, picture, this.#description);
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }

  async #find(
    picture: RgbPicture,
    queries: readonly string[],
  ): Promise<{ readonly findings: Finding[]; readonly place: PicturePlacement }> {
    const preprocessing = preprocessingOf(this.#description);
    const place = placePicture(picture, preprocessing.resize);
    const { data, width, height } = await preprocessInThread(picture, preprocessing);
    const isSingle =
      this.#session.inputs.find(({ name }) => name === this.#description.input)?.shape.length === 3;
    const shape = isSingle ? [3, height, width] : [1, 3, height, width];
    const outputs = await this.#session.run(
      {
        [this.#description.input]: hostTensor("float32", shape, data as Float32Array<ArrayBuffer>),
        ...this.#pixelMask(),
        ...this.#queries?.inputs(queries),
      },
      Object.fromEntries(this.#outputNames().map((name) => [name, "allocate" as const])),
    );
    try {
      return { findings: this.#read(outputs, place), place };
    } catch (error) {
      throw error instanceof EncoderError ? at(this.#model, error) : error;
    }
  }

  #read(outputs: Record<string, HostTensor>, input: PicturePlacement): Finding[] {
    const description = this.#description;
    const threshold = description.scoreThreshold;
    const output = (name: string): NamedOutput => ({ name, tensor: outputs[name] as HostTensor }); // requested above
    switch (description.layout) {
      case "detr": {
        const { activation, noObject = activation === "softmax" } = description;
        const { logits, boxes } = description;
        return readQueries({ logits: output(logits), boxes: output(boxes) }, input, {
          threshold,
          activation,
          noObject,
        });
      }
      case "owl-vit": {
        const { logits, boxes } = description;
        const rules = { threshold, activation: "sigmoid", noObject: false } as const;
        return readQueries({ logits: output(logits), boxes: output(boxes) }, input, rules);
      }
      case "yolo":
        return readColumns(output(description.output), threshold);
      case "yolov5":
        return readRows(output(description.output), threshold);
      case "end-to-end":
        return readFinishedRows(output(description.output), threshold);
      case "boxes": {
        const { boxes, scores, labels } = description;
        const named = labels === undefined ? undefined : output(labels);
        return readBoxes({ boxes: output(boxes), scores: output(scores), labels: named }, threshold);
      }
      default:
        return description satisfies never;
    }
  }

  /** The input of ones, if described. */
  #pixelMask(): Record<string, HostTensor> {
    if (this.#description.layout !== "detr" || this.#description.pixelMask === undefined) return {};
    const { input, height, width } = this.#description.pixelMask;
    return { [input]: hostTensor("int64", [1, height, width], new BigInt64Array(height * width).fill(1n)) };
  }

  #inputNames(): string[] {
    const description = this.#description;
    const more =
      description.layout === "owl-vit"
        ? [description.inputIds, description.attentionMask]
        : Object.keys(this.#pixelMask());
    return [description.input, ...more];
  }

  #outputNames(): string[] {
    const description = this.#description;
    switch (description.layout) {
      case "detr":
      case "owl-vit":
        return [description.logits, description.boxes];
      case "boxes": {
        const { boxes, scores, labels } = description;
        return labels === undefined ? [boxes, scores] : [boxes, scores, labels];
      }
      default:
        return [description.output];
    }
  }
}

/** Adds the model's path before the output's name in the error's location. */
function at(
  model: string,
  { code, message, place, remedy, value, cause, fault }: EncoderError,
): EncoderError {
  return new EncoderError({ code, message, place: `${model}: ${place}`, remedy, value, cause, fault });
}

/** Turns relata's errors into `encoder/broken-detector`; other errors are unchanged. */
function brokenDetector(place: string, model: string, what: string, cause: unknown): unknown {
  if (!(cause instanceof RelataError)) return cause;
  return new EncoderError({
    code: "encoder/broken-detector",
    message: `${model} ${what} (${cause.message})`,
    place,
    value: model,
    remedy:
      "Check that the ONNX file is complete, and that size, inputs and layout in the description are those it was exported with.",
    cause,
  });
}
