// The settings of a scheduler, spelt as in scheduler_config.json: their schema, and the form that schedulers read.
import { z } from "zod";

// Fields keep the file's spelling. A field that is not in the file gets the value of diffusers' class, except for the two that
// its Stable Diffusion pipeline corrects in files of the time before they existed: steps_offset is then 1, and latents are not clipped.
export const schedulerSettings = z.object({
  num_train_timesteps: z.number().int().positive().default(1000),
  beta_start: z.number().positive().lt(1).default(0.0001),
  beta_end: z.number().positive().lt(1).default(0.02),
  beta_schedule: z.enum(["linear", "scaled_linear", "squaredcos_cap_v2"]).default("linear"),
  trained_betas: z.array(z.number().positive().lt(1)).min(1).nullish(),
  prediction_type: z.enum(["epsilon", "v_prediction", "sample"]).default("epsilon"),
  timestep_spacing: z.enum(["leading", "linspace", "trailing"]).optional(),
  steps_offset: z.number().int().nonnegative().default(1),
  set_alpha_to_one: z.boolean().optional(),
  clip_sample: z.boolean().default(false),
  clip_sample_range: z.number().positive().default(1),
  rescale_betas_zero_snr: z.boolean().default(false),
  final_sigmas_type: z.enum(["zero", "sigma_min"]).default("zero"),
});

/** The settings that schedulers read, every default filled in. */
export interface SchedulerConfig
  extends Omit<
    z.output<typeof schedulerSettings>,
    "trained_betas" | "timestep_spacing" | "set_alpha_to_one"
  > {
  readonly trained_betas: readonly number[] | undefined;
  readonly timestep_spacing: "leading" | "linspace" | "trailing";
  readonly set_alpha_to_one: boolean;
}
