// Chooses the batch of a round from the pool: draws candidates, measures how unsure the model is about them, and picks.
import type { BothConfig, Config } from "../config/schema.ts";
import type { Document } from "../data/document.ts";
import { seededIndex } from "../evaluation/seeded-random.ts";
import { trainedOptions } from "../extractors/shared/runtime-options.ts";
import { chooseBatch } from "./choose-batch.ts";
import { measurePool, type RoundModel } from "./measure-pool.ts";
import { vectorsOfTexts } from "./pool-vectors.ts";
import type { ActiveTask } from "./questions.ts";
import type { ActiveSettings } from "./request.ts";
import type { RoundRecord } from "./run-files.ts";

/** The pool without what is closed, and what chooses from it. */
export interface RoundChoice {
  readonly pool: readonly Document[];
  readonly task: ActiveTask;
  readonly settings: ActiveSettings;
  /** Undefined before there are labels. */
  readonly model: RoundModel | undefined;
  readonly round: number;
  readonly config: Config | BothConfig;
}

/** Chooses the batch; empty if nothing is left. */
export async function chooseRound({
  pool,
  task,
  settings,
  model,
  round,
  config,
}: RoundChoice): Promise<NonNullable<RoundRecord["asked"]>> {
  const started = performance.now();
  const seed = settings.seed * ROUNDS_PER_SEED + round;
  const candidates = drawn(pool, settings.candidates, seed);
  const by = model === undefined && settings.by !== "random" ? "diversity" : settings.by;
  const needsModel = by === "both" || by === "uncertainty" || by === "permuted";
  const uncertainty =
    model === undefined || !needsModel || candidates.length === 0
      ? undefined
      : await measurePool(candidates, task, model);
  const one = config.task === "both" ? config.entities : config;
  const chosen = await chooseBatch(
    {
      count: candidates.length,
      uncertainty,
      vectorsOf: (indices) =>
        vectorsOfTexts(
          indices.map((i) => candidates[i]!.text),
          {
            encoder: one.encoder,
            cache: one.cache!, // the run gives every round one
            options: trainedOptions(one.training),
          },
        ),
    },
    settings.batch,
    by,
    seed,
  );
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return {
    ids: chosen.map((i) => candidates[i]!.id),
    by,
    candidates: candidates.length,
    uncertainty:
      uncertainty === undefined
        ? null
        : { batch: mean(chosen.map((i) => uncertainty[i]!)), candidates: mean(uncertainty) },
    chooseSeconds: (performance.now() - started) / 1000,
  };
}

/** Rounds of one seed draw other numbers than those of the next. */
const ROUNDS_PER_SEED = 1000;

/** At most `most` documents, drawn at random, in the order of the pool. */
function drawn(pool: readonly Document[], most: number, seed: number): readonly Document[] {
  if (pool.length <= most) return pool;
  const random = seededIndex(seed);
  const order = pool.map((_, i) => i);
  for (let i = 0; i < most; i++) {
    const j = i + random(order.length - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order
    .slice(0, most)
    .sort((a, b) => a - b)
    .map((i) => pool[i]!);
}
