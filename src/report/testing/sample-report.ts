// A small report with a block of every kind, for tests. Its invented numbers differ in their digits.
import sharp from "sharp";
import type { Block, ReportData } from "../report-data.ts";

/** Fields with strings that are not page text but choose how something is shown. */
const CHOICES = new Set(["kind", "tone", "outcome", "role", "scale", "from", "path", "base64"]);

/** Returns the same data with every text changed. */
export function withTexts(data: ReportData, change: (text: string) => string): ReportData {
  return mapTexts(data, change) as ReportData;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, CHOICES.has(key) ? item : mapTexts(item, change)]),
  );
}

/** A square PNG of one colour, as base64. */
export async function samplePicture(side: number, red = 90): Promise<string> {
  const picture = sharp({
    create: { width: side, height: side, channels: 3, background: { r: red, g: 120, b: 180 } },
  });
  return (await picture.png().toBuffer()).toString("base64");
}

/** Every kind of block, most with every optional field. */
export async function sampleReport(): Promise<ReportData> {
  const picture = { from: "base64" as const, base64: await samplePicture(64), alt: "a blue square" };
  const highlights = [
    { start: 0, end: 4, label: "head" },
    { start: 16, end: 22, label: "tail", role: "predicted" as const },
    { start: 16, end: 29, label: "tail", role: "both" as const },
  ];
  const text = "Mila stands near Norvik Tower tonight";
  const charts: Block[] = [
    {
      kind: "lines",
      title: "Loss",
      description: "It falls.",
      x: { label: "step", integer: true },
      y: { label: "loss", scale: "log" },
      curves: [
        {
          name: "text only",
          runs: [
            {
              name: "seed 1",
              points: [
                [10, 3.125],
                [20, 1.5],
                [30, 0.75],
              ],
            },
            {
              name: "seed 2",
              points: [
                [10, 3.375],
                [20, 1.25],
                [40, 0.625],
              ],
            },
          ],
        },
        {
          name: "joint",
          runs: [
            {
              name: "seed 1",
              points: [
                [10, 2.875],
                [20, 0.9375],
              ],
            },
          ],
        },
      ],
      references: [{ name: "chance", value: 2.197 }],
    },
    {
      kind: "dots",
      title: "Ablation",
      description: "Rows leave out a part.",
      x: { label: "micro F1", digits: 4 },
      dots: [
        { name: "full", mean: 0.8125, spread: 0.0123, values: [0.8011, 0.8239], emphasis: true },
        { name: "without mixup", mean: 0.7654, interval: [0.7411, 0.7891], mark: "*" },
        { name: "one run", mean: 0.7001 },
      ],
      references: [
        { name: "ceiling", value: 0.9321 },
        { name: "text-only ceiling", value: 0.9302 },
      ],
      errorBars: "one standard deviation",
    },
    {
      kind: "histogram",
      title: "Scores",
      description: "Kept views score lower.",
      x: { label: "cross-entropy", digits: 2 },
      edges: [0, 0.25, 0.5, 0.75],
      series: [
        { name: "kept", counts: [31, 17, 2] },
        { name: "dropped", counts: [3, 11, 29] },
      ],
      references: [{ name: "H(Y)", value: 0.61 }],
    },
    {
      kind: "calibration",
      title: "Reliability",
      description: "Close to the diagonal.",
      series: [
        {
          name: "before",
          bins: [
            { low: 0.4, high: 0.6, instances: 13, confidence: 0.512, accuracy: 0.385 },
            { low: 0.6, high: 0.8, instances: 0, confidence: 0, accuracy: 0 },
            { low: 0.8, high: 1, instances: 41, confidence: 0.934, accuracy: 0.878 },
          ],
          error: 0.071,
        },
        { name: "after", bins: [{ low: 0.8, high: 1, instances: 54, confidence: 0.861, accuracy: 0.852 }] },
      ],
    },
    {
      kind: "precision-recall",
      title: "Precision and recall",
      description: "Further left with a higher threshold.",
      series: [
        {
          name: "all labels",
          points: [
            { threshold: 0.8123, precision: 0.934, recall: 0.412 },
            { threshold: 0, precision: 0.711, recall: 0.642 },
          ],
          chosen: { threshold: 0.8123, precision: 0.934, recall: 0.412 },
        },
      ],
      references: [{ name: "a precision of 0.9", value: 0.9 }],
    },
  ];
  return {
    title: "A sample",
    subtitle: "Everything that a report can show.",
    notes: [
      { tone: "caution", text: "Captions stand for the pictures." },
      { tone: "info", text: "Generated data." },
    ],
    facts: [
      { label: "micro F1", value: 0.8125, spread: 0.0123, digits: 3, detail: "2 seeds" },
      { label: "direction", value: "text to picture" },
    ],
    sections: [
      { title: "Charts", shortTitle: "Curves", intro: "Drawn on the server.", blocks: charts },
      {
        title: "Tables",
        blocks: [
          { kind: "text", text: "A paragraph." },
          {
            kind: "table",
            title: "Systems",
            columns: [{ header: "system" }, { header: "F1" }, { header: "share", digits: 1, unit: " %" }],
            rows: [
              [
                "joint",
                { mean: 0.8125, spread: 0.0123, mark: "*", best: true, values: [0.8011, 0.8239] },
                51.25,
              ],
              ["text only", { mean: 0.7001 }, null],
              ["none", null, -3.5],
            ],
            legend: "* p < 0.05",
          },
          {
            kind: "table",
            title: "More",
            columns: [{ header: "epoch", digits: 0 }],
            rows: [[1], [2]],
            folded: true,
          },
          {
            kind: "confusion",
            title: "Confusion",
            labels: ["None", "peer", "member_of", "unused"],
            counts: [
              [50, 3, 0, 0],
              [4, 20, 1, 0],
              [2, 0, 9, 0],
              [0, 0, 0, 0],
            ],
            absent: "None",
          },
          { kind: "json", title: "Settings", value: { nested: ["a", 1, null, true] } },
        ],
      },
      {
        title: "Views",
        blocks: [
          {
            kind: "examples",
            title: "Mistakes",
            description: "The surest first.",
            examples: [
              {
                id: "post-1",
                text,
                highlights,
                picture,
                outcome: "wrong",
                gold: "lives_in",
                predicted: [
                  { name: "joint", label: "peer", probability: 0.91 },
                  { name: "text only", label: "None" },
                ],
                remark: "The picture misleads.",
              },
              { id: "post-2", text, outcome: "right", pictureMissing: "the post has no picture" },
            ],
          },
          {
            kind: "contact-sheet",
            title: "Generated",
            description: "Two chains.",
            omitted: 3,
            instances: [
              {
                id: "post-1",
                label: "lives_in",
                real: { kind: "text", text, highlights: highlights.slice(0, 1) },
                views: [
                  {
                    chain: 0,
                    round: 1,
                    content: { kind: "picture", picture },
                    crossEntropy: 0.31,
                    outcome: "kept",
                  },
                  {
                    chain: 0,
                    round: 2,
                    content: { kind: "picture", picture },
                    crossEntropy: 1.72,
                    outcome: "dropped",
                    reason: "above the share",
                  },
                  {
                    chain: 1,
                    round: 1,
                    content: { kind: "text", text: "a crowd" },
                    outcome: "rejected",
                    reason: "mention-lost",
                  },
                  {
                    chain: 1,
                    round: 2,
                    content: { kind: "text", text: "Mila in Norvik" },
                    outcome: "candidate",
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
    config: { training: { epochs: 3, learningRate: 0.0002 }, names: ["a", "b"] },
    fingerprints: { train: "09486f51951baa5c" },
    environment: { node: "20.19.0", processors: 2 },
  };
}
