// The settings that teachers' scores of views depend on: runs that agree in them, in their documents and views can share the scores.
import type { Config } from "../../config/schema.ts";

/** The settings that the scores depend on; their values in this order are part of the folder's identity. */
export function teacherSettings(
  { encoder, visual, model, training, synthesis }: Config,
  epochs: number,
): object {
  const { store, real, rounds, chains, asManyAsRounds, withoutViews, selection } = synthesis;
  const { threads: _, library: __, device: ___, metric: ____, evaluateEvery: _____, ...others } = training;
  const { engine: ______, torch: _______, ...decisive } = others;
  const { promptLength, fusion } = model;
  return {
    encoder,
    visual,
    "model.promptLength": promptLength,
    "model.fusion": fusion,
    training: decisive,
    "synthesis.selection.epochs": epochs,
    "synthesis.store": store,
    "synthesis.real": real,
    "synthesis.rounds": rounds,
    "synthesis.chains": chains,
    "synthesis.withoutViews": withoutViews,
    "synthesis.selection.folds": selection.folds,
    "synthesis.selection.reads": selection.reads,
    ...(asManyAsRounds === undefined ? {} : { "synthesis.asManyAsRounds": asManyAsRounds }),
    ...(selection.gate.enabled ? { "synthesis.selection.gate.enabled": true } : {}),
  };
}
