// Answers one question with a relation model: takes text, picture or caption, and two mentions; returns the relation and its probability.

import { DataError } from "../../base/errors.ts";
import { requireTextLength } from "../../base/text-length.ts";
import { inTurns } from "../../base/turns.ts";
import type { Span } from "../../data/document.ts";
import { type VisualFeatures, visualChannelOf } from "../../visual/visual-channel.ts";
import type { RelationPart } from "../parts.ts";
import type { ExtractedRelation, ExtractRequest } from "../requests.ts";
import { calibrated } from "../shared/calibration.ts";
import { probabilitiesOf } from "../shared/class-scores.ts";
import { readingInputs, type TextWithMentions } from "./examples.ts";

/** Returns the relation between the two mentions of a request. */
export async function extractRelation(
  loaded: RelationPart,
  request: ExtractRequest,
  maxTextLength?: number,
): Promise<ExtractedRelation> {
  const { config, labels, tokenizer, markers, model } = loaded;
  const { maxLength, truncation, pairs } = config;
  requireTextLength(request.text, maxTextLength);
  const question = questionOf(request, await inTurns(tokenizer.splittingWords(request.text)));
  const inputFor = await inTurns(
    readingInputs(question, { tokenizer, markers, maxLength, truncation, pairReading: pairs }),
  );
  const input = inputFor({ head: 0, tail: 1 });
  const visual = await visualOf(loaded, request);
  const [logits] = await model.predict([{ id: question.id, input, label: undefined, visual }]);
  const probabilities = probabilitiesOf(logits!, calibrated(loaded.calibration))
    .map((probability, i) => ({ label: labels.labels[i]!, probability }))
    .sort((a, b) => b.probability - a.probability);
  return {
    label: probabilities[0]!.label,
    probability: probabilities[0]!.probability,
    probabilities,
    calibrated: loaded.calibration !== undefined,
    visualChannel: visualChannelOf(config),
    visual: visual === undefined ? "none" : loaded.visual?.saved.kind === "captions" ? "caption" : "picture",
    truncated: input.truncated !== undefined,
  };
}

/** Returns the request's text and its two mentions, the head first. */
function questionOf({ text, head, tail }: ExtractRequest, words: readonly Span[]): TextWithMentions {
  const mention = ({ start, end }: Span, name: string) => {
    const valid =
      Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= text.length;
    if (valid) return { start, end };
    throw new DataError({
      code: "data/span-out-of-range",
      message: `the ${name} [${start}, ${end}) is not a range of the text's ${text.length} UTF-16 units`,
      place: name,
      value: [start, end],
      remedy: "Give half-open offsets inside the text.",
    });
  };
  return { id: "request", text, words, mentions: [mention(head, "head"), mention(tail, "tail")] };
}

/** Computes the features of the request's picture or caption; throws for a picture that the model cannot use. */
async function visualOf(
  loaded: RelationPart,
  { text, image, caption }: ExtractRequest,
): Promise<VisualFeatures | undefined> {
  const { visual } = loaded;
  if (image === undefined && caption === undefined) return undefined;
  if (visual === undefined) throw unwanted(image === undefined ? "caption" : "image", "a text-only model");
  if (image !== undefined) {
    if (visual.featuresOfPicture) return visual.featuresOfPicture(image, text);
    throw unwanted("image", `a model whose visual channel is ${visual.saved.label}`);
  }
  if (visual.featuresOfCaption) return visual.featuresOfCaption(caption!);
  throw unwanted("caption", `a model whose visual channel is ${visual.saved.label}`);
}

function unwanted(what: "image" | "caption", model: string): DataError {
  return new DataError({
    code: "data/unwanted-visual",
    message: `the request has a ${what}, but this is ${model}`,
    place: what,
    remedy: `Omit the ${what}, or use a model that was trained with one.`,
  });
}
