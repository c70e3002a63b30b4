// Explains in words how reliable a calibration is, for the console and for reports.

import { counted } from "../../base/counted.ts";
import { type Calibration, calibrated, supported, type ViewTrust } from "./calibration.ts";
import { formatProbability } from "./format-probability.ts";

/** Below these, probabilities say little about other texts. */
const FEW = { instances: 50, errors: 5 };

/** The temperature and the reason for it. */
export function describeTemperature(calibration: Calibration): string {
  const { temperature, fitted = temperature, decision, texts } = calibration;
  const bound = calibration.atBound ? ", the end of the searched range" : "";
  const kept = `temperature 1 kept: the fitted one (${fitted.toFixed(3)}${bound})`;
  switch (decision) {
    case undefined:
    case "fitted":
      return `temperature ${temperature.toFixed(3)}${bound}`;
    case "too-few":
      return `temperature 1 kept: ${counted(texts ?? 0, "text")} with a prediction ${texts === 1 ? "is" : "are"} too few to fit another one`;
    case "not-better":
      return `${kept} is not significantly better on texts that it was not fitted on`;
    case "less-calibrated":
      return `${kept} raises the calibration error on texts that it was not fitted on`;
    default:
      return decision satisfies never;
  }
}

/** The trust in views and the reason for it. */
export function describeTrust({ value, decision, fitted, atBound, loss, texts }: ViewTrust): string {
  const bound = atBound ? ", the end of the searched range" : "";
  const best = `${fitted.toFixed(2)}${bound}`;
  switch (decision) {
    case "fitted":
      return `${best}${loss === null ? "" : `: on texts that it was not fitted on, the loss falls from ${loss.before.toFixed(3)} to ${loss.after.toFixed(3)} nats`}`;
    case "not-better":
      return `1 kept: the fitted one (${best}) is not significantly better on texts that it was not fitted on`;
    case "too-few":
      return `1 kept: ${counted(texts, "text")} with a view ${texts === 1 ? "is" : "are"} too few to fit another one`;
    case "fixed":
      return `${value.toFixed(2)}, as set; the best one for the validation documents is ${best}`;
    default:
      return decision satisfies never;
  }
}

/** What the probabilities are based on, and their highest possible value. */
export function describeSupport(calibration: Calibration): string {
  const { instances, errors, texts } = calibration;
  const from = texts === undefined ? "" : ` in ${counted(texts, "text")}`;
  const wrong = errors === undefined ? "" : `, ${errors} of them wrong`;
  return `${counted(instances, "validation prediction")}${from}${wrong}; no probability is above ${formatProbability(supported(1, calibrated(calibration)))}`;
}

/** Why probabilities are unreliable; undefined if there is enough data. */
export function fewNote({ instances, errors }: Calibration): string | undefined {
  if (instances < FEW.instances)
    return `${counted(instances, "validation prediction is", "validation predictions are")} too few to judge the model's confidence: use more validation documents`;
  if (errors !== undefined && errors < FEW.errors)
    return `${counted(errors, "wrong validation prediction is", "wrong validation predictions are")} too few to judge where the model is wrong: do not rely on probabilities near 1`;
  return undefined;
}

/** Returns all of it as lines for the console. */
export function calibrationLines(calibration: Calibration): string[] {
  const { expectedCalibrationError: error } = calibration;
  const few = fewNote(calibration);
  return [
    ...(calibration.trust === undefined ? [] : [`trust in views: ${describeTrust(calibration.trust)}`]),
    `calibration: ${describeTemperature(calibration)}`,
    `  from ${describeSupport(calibration)}`,
    ...(error === null
      ? []
      : [
          `  expected calibration error ${error.before.toFixed(4)} before and ${error.after.toFixed(4)} after (fitted on one half of the texts, measured on the other)`,
        ]),
    ...(few === undefined ? [] : [`  warning: ${few}`]),
  ];
}
