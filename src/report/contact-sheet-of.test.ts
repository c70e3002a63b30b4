import { expect, it } from "vitest";
import type { View } from "../synthesis/view.ts";
import { contactSheetOf } from "./contact-sheet-of.ts";

function picture(instance: string, chain: number, step: number, rejected?: string): View {
  return {
    kind: "picture",
    id: `${instance}/${chain}/${step}`,
    instance,
    chain,
    step,
    round: Math.ceil(step / 2),
    parent: undefined,
    store: "views",
    mediaType: "image/png",
    content: `${instance}${chain}${step}`,
    rejected,
  };
}

function text(instance: string, words: string): View {
  return {
    ...picture(instance, 0, 1),
    kind: "text",
    text: words,
    mediaType: "text/plain",
    mentions: [
      { start: 0, end: 3 },
      { start: 8, end: 10 },
    ],
  } as View;
}

it("takes candidate views by chain and round, and leaves intermediate ones out", async () => {
  const views = [
    picture("a", 0, 1),
    picture("a", 0, 2),
    picture("a", 0, 3, "black-picture"),
    picture("a", 1, 1),
  ];
  const scores = new Map([
    ["a/0/1", { view: "a/0/1", crossEntropy: 0.25, kept: true }],
    ["a/1/1", { view: "a/1/1", crossEntropy: 1.5, kept: false, reason: "above the share kept" }],
  ]);
  const sheet = await contactSheetOf(views, scores, { title: "Views", folder: "/runs" });
  expect(sheet.instances).toHaveLength(1);
  expect(sheet.omitted).toBe(0);
  const [instance] = sheet.instances;
  expect(instance?.views.map(({ content: _, ...rest }) => rest)).toEqual([
    { chain: 0, round: 1, outcome: "kept", crossEntropy: 0.25 },
    { chain: 0, round: 2, outcome: "rejected", reason: "black-picture" },
    { chain: 1, round: 1, outcome: "dropped", crossEntropy: 1.5, reason: "above the share kept" },
  ]);
  expect(instance?.views[0]?.content).toEqual({
    kind: "picture",
    picture: {
      ...{ from: "store", store: "/runs/views", content: "a01" },
      alt: "generated picture, chain 1, round 1",
    },
  });
});

it("marks the mentions of generated texts, and calls views without a selection candidates", async () => {
  async function* views() {
    yield text("a", "Ada met Bo");
  }
  const real = () => ({ label: "peer", content: { kind: "text" as const, text: "real" } });
  const sheet = await contactSheetOf(views(), new Map(), { title: "Views", real });
  expect(sheet.instances).toEqual([
    {
      id: "a",
      label: "peer",
      real: { kind: "text", text: "real" },
      views: [
        {
          chain: 0,
          round: 1,
          outcome: "candidate",
          content: {
            kind: "text",
            text: "Ada met Bo",
            highlights: [
              { start: 0, end: 3, label: "head" },
              { start: 8, end: 10, label: "tail" },
            ],
          },
        },
      ],
    },
  ]);
});

it("shows the first instances, or those asked for in their order, and counts the others", async () => {
  const views = ["a", "b", "c", "d"].map((instance) => picture(instance, 0, 1));
  const first = await contactSheetOf(views, new Map(), { title: "Views", most: 2 });
  expect([first.instances.map(({ id }) => id), first.omitted]).toEqual([["a", "b"], 2]);
  const chosen = await contactSheetOf(views, new Map(), { title: "Views", instances: ["d", "b"] });
  expect([chosen.instances.map(({ id }) => id), chosen.omitted]).toEqual([["d", "b"], 2]);
});
