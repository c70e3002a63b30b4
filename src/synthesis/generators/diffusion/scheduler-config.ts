// scheduler/scheduler_config.json of a diffusers folder: which scheduler, with which settings. Refuses
// unsupported settings by name, because a picture from a partly supported scheduler looks almost right.
import { SynthesisError } from "../../../base/errors.ts";
import { checkShape, VALUES_SHOWN } from "../../../base/schema-issues.ts";
import { ddim } from "./ddim.ts";
import { euler } from "./euler.ts";
import { eulerAncestral } from "./euler-ancestral.ts";
import { pndm } from "./pndm.ts";
import type { Scheduler, SchedulerOpener } from "./scheduler.ts";
import { type SchedulerConfig, schedulerSettings } from "./scheduler-settings.ts";

export const SCHEDULER_NAMES = ["ddim", "pndm", "euler", "euler-ancestral"] as const;
export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

/** Class names in scheduler_config.json, and the timestep spacing that each has where the file names none. */
const CLASSES: Readonly<
  Record<SchedulerName, { readonly className: string; readonly spacing: "leading" | "linspace" }>
> = {
  ddim: { className: "DDIMScheduler", spacing: "leading" },
  pndm: { className: "PNDMScheduler", spacing: "leading" },
  euler: { className: "EulerDiscreteScheduler", spacing: "linspace" },
  "euler-ancestral": { className: "EulerAncestralDiscreteScheduler", spacing: "linspace" },
};

const OPENERS: Readonly<Record<SchedulerName, SchedulerOpener>> = {
  ddim,
  pndm,
  euler,
  "euler-ancestral": eulerAncestral,
};

/** A scheduler by name with its settings, from which one for any number of steps is made. */
export interface SchedulerChoice {
  readonly name: SchedulerName;
  readonly config: SchedulerConfig;
}

/** Settings that change the result and are not supported, with the only value they may have. */
const ONLY: Readonly<
  Record<string, { readonly value: unknown; readonly schedulers: readonly SchedulerName[] }>
> = {
  thresholding: { value: false, schedulers: ["ddim"] },
  skip_prk_steps: { value: true, schedulers: ["pndm"] },
  use_karras_sigmas: { value: false, schedulers: ["euler"] },
  use_exponential_sigmas: { value: false, schedulers: ["euler"] },
  use_beta_sigmas: { value: false, schedulers: ["euler"] },
  interpolation_type: { value: "linear", schedulers: ["euler"] },
  timestep_type: { value: "discrete", schedulers: ["euler"] },
};

/**
 * Reads the content of scheduler_config.json.
 *
 * @param place the file, for errors
 * @param wanted a scheduler to use in place of the one the file names, with the file's noise schedule; Stable Diffusion's
 * schedulers can be exchanged in this way
 * @throws SynthesisError `synthesis/unknown-scheduler`, `synthesis/bad-scheduler`
 */
export function readSchedulerConfig(
  json: Readonly<Record<string, unknown>>,
  place: string,
  wanted?: SchedulerName,
): SchedulerChoice {
  const name = wanted ?? namedIn(json, place);
  const parsed = checkShape(schedulerSettings, json, { whole: "the whole file", wording: VALUES_SHOWN });
  if (!parsed.success) throw badScheduler(place, parsed.faults.join("; "), json);
  requireSupported(json, name, place);
  const { trained_betas: trained, ...fields } = parsed.data;
  if (fields.prediction_type === "sample" && (name === "pndm" || name === "euler-ancestral")) {
    throw badScheduler(place, `prediction_type "sample" is not defined for ${name}`, fields.prediction_type);
  }
  return {
    name,
    config: {
      ...fields,
      trained_betas: trained ?? undefined,
      timestep_spacing: fields.timestep_spacing ?? CLASSES[name].spacing,
      set_alpha_to_one: fields.set_alpha_to_one ?? name === "ddim",
      num_train_timesteps: trained?.length ?? fields.num_train_timesteps,
    },
  };
}

/**
 * The scheduler for a number of steps.
 *
 * @throws SynthesisError `synthesis/too-many-steps`
 */
export function openScheduler({ name, config }: SchedulerChoice, steps: number): Scheduler {
  return OPENERS[name](config, steps);
}

function namedIn(json: Readonly<Record<string, unknown>>, place: string): SchedulerName {
  const className = String(json._class_name ?? "");
  const name = SCHEDULER_NAMES.find((known) => CLASSES[known].className === className);
  if (name !== undefined) return name;
  const known = SCHEDULER_NAMES.map((each) => CLASSES[each].className).join(", ");
  throw new SynthesisError({
    code: "synthesis/unknown-scheduler",
    message: `${place} names the unknown scheduler ${JSON.stringify(className)}; known: ${known}`,
    place,
    value: className,
    remedy: `Set \`scheduler\` to one of ${SCHEDULER_NAMES.join(", ")}; it then uses the noise schedule of this file.`,
  });
}

function requireSupported(json: Readonly<Record<string, unknown>>, name: SchedulerName, place: string): void {
  for (const [field, { value, schedulers }] of Object.entries(ONLY)) {
    const given = json[field];
    if (!schedulers.includes(name) || given === undefined || given === null || given === value) continue;
    throw badScheduler(
      place,
      `${field} must be ${JSON.stringify(value)}, but is ${JSON.stringify(given)}`,
      given,
    );
  }
}

function badScheduler(place: string, problem: string, value: unknown): SynthesisError {
  return new SynthesisError({
    code: "synthesis/bad-scheduler",
    message: `${place} cannot be used: ${problem}`,
    place,
    value,
    remedy: `Set \`scheduler\` to another of ${SCHEDULER_NAMES.join(", ")}, or correct the file.`,
  });
}
