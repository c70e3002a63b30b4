// The common preparation for training and scoring, on made-up documents.
import { describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import type { ReadReport } from "../../data/report.ts";
import type { OpenedVisual, VisualFeatures } from "../../visual/visual-channel.ts";
import { documentVisuals, requireAnnotations } from "./prepare-documents.ts";

const document = (id: string): Document => ({
  id,
  text: "Ada met Bo",
  entities: [{ start: 0, end: 3, label: "PER" }],
  relations: [],
});
const report: ReadReport = {
  source: "posts.jsonl",
  format: "relata",
  lines: 2,
  blank: 0,
  marks: 0,
  rowLines: 2,
  read: 2,
  accepted: 2,
  rejected: 0,
  leftOut: 0,
  guessed: false,
  counts: {},
  defects: [],
  omitted: 0,
};

describe("requireAnnotations", () => {
  it("refuses documents of which none holds what is to be learned, and no others", () => {
    const documents = [document("a"), { ...document("b"), entities: [] }];
    expect(() => requireAnnotations({ documents, report }, "entities")).not.toThrow();
    expect(() => requireAnnotations({ documents, report }, "relations")).toThrow(
      expect.objectContaining({
        code: "data/no-relations",
        place: "posts.jsonl",
        remedy: expect.stringMatching(/have no relations.*--task mner/),
      }),
    );
    expect(() => requireAnnotations({ documents: [documents[1]!], report }, "entities")).toThrow(
      expect.objectContaining({ code: "data/no-entities" }),
    );
    const some = { documents, report: { ...report, accepted: 1 } };
    expect(() => requireAnnotations(some, "relations")).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining("Check the format") }),
    );
  });
});

describe("documentVisuals", () => {
  const features: VisualFeatures = { maps: [Float32Array.of(1)], pooled: Float32Array.of(2) };
  const broken = [{ image: "b.jpg", code: "encoder/picture-broken" as const, message: "cut off" }];
  const channel: Pick<OpenedVisual, "featuresOf"> = {
    featuresOf: async () => ({ features: [features, undefined], broken }),
  };

  it("gives each document its features, and counts the examples that have none", async () => {
    const [a, b] = [document("a"), document("b")];
    const visual = { channel: channel as OpenedVisual, sources: {} };
    const { visualOf, accountOf } = await documentVisuals([a, b], visual, undefined);
    expect([visualOf(a), visualOf(b)]).toEqual([features, undefined]);
    const examples = [a, b, b].map((one) => ({ visual: visualOf(one) }));
    expect(accountOf(report, examples, 1)).toEqual({
      documents: report,
      examples: 3,
      truncated: 1,
      withoutVisual: 2,
      brokenPictures: broken,
    });
  });

  it("misses no picture where the model reads texts only", async () => {
    const one = document("a");
    const { visualOf, accountOf } = await documentVisuals([one], undefined, undefined);
    expect(visualOf(one)).toBeUndefined();
    expect(accountOf(report, [{ visual: undefined }], 0)).toMatchObject({
      withoutVisual: 0,
      brokenPictures: [],
    });
  });
});
