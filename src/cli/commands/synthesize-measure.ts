// `relata synthesize measure <store>`: measures how far generated views drift from real ones, and how varied they are.

import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { MeasuredViews } from "../../report/views/measure-views.ts";
import type { CommandContext } from "../context.ts";
import { MeasureProgress } from "../measure-progress.ts";
import { formatTable } from "../table.ts";

interface Options {
  readonly encoder: string;
  readonly pictureEncoder?: string | undefined;
  readonly clip?: string | undefined;
  readonly centre: boolean;
  readonly pictures?: string | undefined;
  readonly real?: string | undefined;
  readonly scores?: string | undefined;
  readonly report?: string | undefined;
}

export function synthesizeMeasureCommand(context: CommandContext): Command {
  return new Command("measure")
    .description("measure drift and diversity of a store's views, and their information about the label")
    .argument("<store>", "folder of a complete store")
    .requiredOption(
      "--encoder <place>",
      "text encoder that compares texts and captions: a folder or a hub id, or the folder of a trained model, such as runs/first/model-best",
    )
    .option(
      "--picture-encoder <place>",
      "picture encoder that compares pictures: a ResNet, CLIP, SigLIP, ViT or DINOv2 folder, a hub id, a .json description of an ONNX file, or the folder of a relation model that was trained with pictures",
    )
    .option(
      "--clip <place>",
      "CLIP model that compares texts with pictures: a folder or a hub id; also the picture encoder, if none is named",
    )
    .option("--no-centre", "compare embeddings as they are, without subtracting their mean over the store")
    .option(
      "--pictures <folder>",
      "the real pictures, for a store made from pictures; files are found by their content",
    )
    .option(
      "--real <file>",
      "documents with real pairs, such as the validation documents: their pictures (of --pictures) or texts are compared with the generated ones",
    )
    .option("--scores <folder>", "scores of these views, written by `relata score-views`")
    .option("--report <file>", "also write a page with charts")
    .action((store: string, options: Options) => run(store, options, context));
}

async function run(store: string, options: Options, { output, signal }: CommandContext): Promise<void> {
  const { measureViews } = await import("../../report/views/measure-views.ts");
  const progress = new MeasureProgress(output);
  let measures: MeasuredViews;
  try {
    measures = await measureViews({
      store,
      ...options,
      signal,
      onProgress: (what, done, total) => progress.show(what, done, total),
    });
  } finally {
    progress.stop();
  }
  if (options.report !== undefined) {
    const { measureReport } = await import("../../report/views/measure-report.ts");
    const { writeReport } = await import("../../report/write-report.ts");
    await writeReport(options.report, measureReport(measures));
  }
  output.result(measures, () => describe(measures, options.report));
}

function describe(measures: MeasuredViews, report: string | undefined): string {
  const { instances, views, drift, diversity, crossModal, shift, information, retention } = measures;
  const { measured, rejected, notMeasured } = views;
  const lines = [
    `${counted(measured, "view")} of ${counted(instances, "instance")} measured, ${rejected} rejected, ${notMeasured} not measured (broken, or no encoder given)`,
    "",
    `drift: 1 - cosine similarity to the origin${centredNote(measures)}`,
    formatTable(
      ["view", "space", "origin", "step", "round", "views", "mean", "unrelated", "nearer", "low", "high"],
      drift.flatMap(({ kind, space, origin, steps }) =>
        steps.map(({ step, round, count, mean, unrelated, nearer }) => [
          kind,
          space,
          origin,
          step,
          round,
          count,
          mean,
          unrelated?.mean ?? "-",
          ...meanAndInterval(nearer),
        ]),
      ),
    ),
    "unrelated: to the origins of other instances; nearer: unrelated minus mean, with its 95 % interval; 0 when nothing of the origin is left",
    "",
    "diversity of an instance's views, mean over instances",
    formatTable(
      [
        "round",
        "space",
        "instances",
        "views",
        "distance",
        "unrelated",
        "Vendi",
        "unrelated",
        "distinct-1",
        "distinct-2",
      ],
      diversity.map((row) => [
        String(row.round),
        row.space,
        row.views.count,
        row.views.mean.toFixed(1),
        row.meanPairwiseDistance.mean,
        row.unrelated?.meanPairwiseDistance.mean ?? "-",
        row.vendi.mean,
        row.unrelated?.vendi.mean ?? "-",
        row.distinct1?.mean.toFixed(4) ?? "-",
        row.distinct2?.mean.toFixed(4) ?? "-",
      ]),
    ),
    "unrelated: as many views of the same rounds, each of another instance",
  ];
  if (crossModal !== undefined) {
    lines.push(
      "",
      "texts against pictures: cosine in the joint space",
      formatTable(
        ["view", "against", "step", "round", "views", "cosine", "unrelated", "above", "low", "high"],
        crossModal.map(({ kind, origin, step, round, count, mean, unrelated, above }) => [
          kind,
          origin === "real" ? "the real view" : "what it was made from",
          step,
          round,
          count,
          mean,
          unrelated?.mean ?? "-",
          ...meanAndInterval(above),
        ]),
      ),
    );
  }
  if (shift !== undefined) {
    lines.push(
      "",
      "shift: can a classifier tell generated views from real ones? (0.5: no; the control: one half of the real views against the other)",
      formatTable(
        [
          "round",
          "space",
          "real",
          "generated",
          "AUC",
          "low",
          "high",
          "chance, 95 %",
          "p",
          "MMD^2",
          "effective share",
          "heaviest tenth",
        ],
        shift.map(({ round, space, real, generated, auc, interval, permuted, pValue, mmd, weights }) => [
          String(round),
          space,
          real,
          generated,
          auc,
          ...interval,
          permuted.upper,
          pValue,
          mmd,
          weights.effectiveShare,
          weights.heaviestTenth,
        ]),
      ),
    );
  }
  if (information !== undefined) {
    lines.push(
      "",
      "information about the label in bits: I(S;Y) >= H(Y) - CE",
      formatTable(
        ["round", "views", "H(Y)", "bound", "low", "high"],
        information.map(({ round, information: { views: count, labelEntropy, bound } }) => [
          String(round),
          count,
          labelEntropy.bits,
          bound.bits,
          ...bound.interval.bits,
        ]),
      ),
    );
  }
  if (retention !== undefined) {
    lines.push(
      "",
      "label retention: share of views with which a teacher that was not trained on the example predicts the gold label",
      formatTable(
        ["round", "views", "right", "share", "low", "high"],
        retention.byRound.map(({ round, views: count, right, share, interval }) => [
          String(round),
          count,
          right,
          share,
          ...interval,
        ]),
      ),
    );
  }
  if (report !== undefined) lines.push("", `report: ${report}`);
  return lines.join("\n");
}

function centredNote({ centred }: MeasuredViews): string {
  return centred.length === 0
    ? ", embeddings as they are"
    : `, embeddings of ${centred.join(" and ")} less their mean`;
}

type Estimate = MeasuredViews["diversity"][number]["vendi"];

/** Three cells. */
function meanAndInterval(one: Estimate | undefined): readonly (number | string)[] {
  return [one?.mean ?? "-", ...(one?.interval ?? ["-", "-"])];
}
