// The preset `published`: every value that I2SRM's code publishes for a task. docs/papers.md has the same table, and a test compares the two.

/** What both tasks share. */
const COMMON = {
  model: {
    promptLength: 4,
    promptHidden: 800,
    objects: 3,
  },
  training: {
    learningRate: 3e-5,
    headLearningRate: 3e-5,
    schedule: "linear",
    weightDecay: 0.01,
    accumulation: 1,
    maxGradientNorm: "none",
    maxLength: 80,
    earlyStopping: { enabled: false },
  },
} as const;

/** The published values by task: those for MNRE, and those for Twitter-2015. */
export const PUBLISHED = {
  mre: {
    model: {
      ...COMMON.model,
      semanticLoss: { weight: 0.5 },
      mixup: { rows: "pool", delta: 0.7, unmixedShare: 0.6, alpha: 1 },
      attention: { heads: 4, ffn: 2048, dropout: 0.2 },
    },
    training: { ...COMMON.training, epochs: 25, batchSize: 16, warmupRatio: 0.06 },
  },
  mner: {
    model: {
      ...COMMON.model,
      semanticLoss: { weight: 1 },
      mixup: { rows: "all", alpha: 1 },
      attention: { heads: 4, ffn: 12_000, dropout: 0.3 },
      tagging: { emissionWidth: 150, labelMixing: "round", subwords: "x", constrained: false },
    },
    training: {
      ...COMMON.training,
      epochs: 30,
      batchSize: 8,
      taggerLearningRate: 0.05,
      warmupRatio: 0.01,
    },
  },
} as const;
