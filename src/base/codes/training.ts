// Codes of training: options, batches, checkpoints and numerical failures.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata/training`. */
export const TRAINING_CODES = {
  "training/bad-batching": {
    means: "No batch size was given, or one of the batching options is not a whole number from 1.",
    remedy: "Set `size.examples` or `size.tokens`, and every other batching option to 1 or more.",
  },
  "training/bad-distribution": {
    means: "A beta distribution was asked for with a parameter that is not positive and finite.",
    remedy: "Give positive parameters, for example Beta(1, 1).",
  },
  "training/bad-dropout": {
    means: "A dropout probability is below 0 or not below 1.",
    remedy: "Give a probability such as 0.1, or 0 to switch dropout off.",
  },
  "training/bad-length": {
    means: "An example has no tokens, or a length that is not a whole number.",
    remedy: "Count the tokens of each example, special tokens included. The least is 1.",
  },
  "training/bad-options": {
    means: "A training option is outside its range, or options need each other and one is missing.",
    remedy: "Set the option that the message names, or leave it out for its default.",
  },
  "training/bad-random-address": {
    means: "A seed, a step or a site of the random numbers is not a whole number in its range.",
    remedy: "Give whole numbers from 0 for the argument that the message names.",
  },
  "training/bad-schedule": {
    means:
      "The learning-rate schedule is unknown, has a warm-up out of range, or has both a warm-up ratio and warm-up steps.",
    remedy:
      "Use `linear`, `cosine` or `constant`, with a warm-up ratio or a number of warm-up steps, not both.",
  },
  "training/checkpoint-mismatch": {
    means:
      "A run was to be resumed with other settings, data or model sizes than it was started with. Nothing was changed.",
    remedy:
      "Resume with the settings of the start (leave changed options out), or begin a new run in another folder with `--run`.",
  },
  "training/corrupt-checkpoint": {
    means: "A checkpoint's content does not agree with its checksum, or a part of it is missing.",
    remedy:
      "Delete the folder of this checkpoint to resume from an older one, or begin again in a new run folder.",
    fault: "work",
  },
  "training/example-over-budget": {
    means: "One example alone has more tokens than a whole batch may have.",
    remedy: "Raise the token budget (`training.tokenBudget`), or lower `training.maxLength`.",
  },
  "training/missing-label": {
    means: "An example without a label or without tags reached a training step.",
    remedy: "Train on annotated documents only.",
  },
  "training/no-examples": {
    means: "There is nothing to train on: every document was left out, or the list is empty.",
    remedy: "Check the training file and the account of what was left out of it.",
  },
  "training/no-such-metric": {
    means: "The metric that decides on the best model is missing from an evaluation, or is not a number.",
    remedy: "Choose a metric that the evaluation always gives; the message lists those it gave.",
  },
  "training/non-finite-gradient": {
    means:
      "The norm of the gradient became NaN or infinite. Training stopped before the weights were touched.",
    remedy:
      "Begin again with lower learning rates, the highest first. Also look at the examples that the message names: broken features do the same.",
    fault: "work",
  },
  "training/non-finite-loss": {
    means: "The loss became NaN or infinite. Training stopped before the weights were touched.",
    remedy:
      "Begin again with lower learning rates, the highest first. Also look at the examples that the message names: broken features do the same.",
    fault: "work",
  },
  "training/not-enough-memory": {
    means:
      "The run would need more memory than is free, by the estimate in the message. It was refused before it began.",
    remedy:
      "Use smaller batches or shorter texts (`training.tokenBudget`, `training.batchSize`, `training.maxLength`), a smaller encoder, or more memory.",
    fault: "work",
  },
  "training/run-folder-in-use": {
    means: "A fresh run was asked for in a folder that already holds one.",
    remedy: "Add `--resume` to continue that run, or name another folder with `--run`.",
  },
  "training/unknown-checkpoint-version": {
    means: "The checkpoint was written by a version of relata whose format this one does not read.",
    remedy: "Resume with the version that wrote it, or begin again in a new run folder.",
  },
  "training/untrained-parameter": {
    means: "The loss does not depend on one of the model's parameters, so it would never be trained.",
    remedy: "Switch off the part of the model that the parameter belongs to.",
  },
} satisfies CodeTable;
