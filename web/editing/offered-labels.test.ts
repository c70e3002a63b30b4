// Labels that are offered and labels that are new: those of the model come first, and nothing known is called new.
import { expect, it } from "vitest";
import { hasNewLabels, offeredLabels } from "./offered-labels.ts";

const model = { entityTypes: ["PER", "LOC"], relationLabels: ["None", "met"], categories: [] };
const documents = { entities: ["LOC", "EVENT"], relations: ["lives in"], categories: ["news"] };
const offered = offeredLabels(model, documents);

it("offers the model's labels before those of documents, each once, and never None", () => {
  expect(offered).toEqual({
    entities: ["PER", "LOC", "EVENT"],
    relations: ["met", "lives in"],
    categories: ["news"],
  });
});

it("calls only labels new that nobody has", () => {
  const entity = (label: string) => ({ start: 0, end: 3, label });
  const relation = (label: string) => ({ head: 0, tail: 1, label });
  const correction = { entities: [entity("EVENT"), entity("PER")], relations: [relation("None")] };
  expect(hasNewLabels({ ...correction, category: { label: "news" } }, offered)).toBe(false);
  expect(hasNewLabels({ ...correction, entities: [entity("Per")] }, offered)).toBe(true);
  expect(hasNewLabels({ ...correction, relations: [relation("PER")] }, offered)).toBe(true);
  expect(hasNewLabels({ ...correction, category: { label: "sport" } }, offered)).toBe(true);
});
