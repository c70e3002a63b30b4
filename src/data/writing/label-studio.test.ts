import { describe, expect, it } from "vitest";
import { labelStudioTask } from "./label-studio.ts";
import { labelStudioConfig } from "./label-studio-config.ts";

const post = {
  id: "p1",
  text: "😀 Ann met Bo",
  image: "a b.jpg",
  entities: [
    { start: 3, end: 6, label: "PER", probability: 0.75 },
    { start: 11, end: 13, label: "PER", probability: 0.25 },
  ],
  relations: [{ head: 0, tail: 1, label: "met", probability: 0.5 }],
  meta: { likes: 3, author: "x.png", tokens: [[0, 2]] },
};

describe("a task for Label Studio", () => {
  it("has a prediction with scores where the document has probabilities, and counts code points", () => {
    const { annotations, predictions } = labelStudioTask(post, { modelVersion: "m1" });
    expect(annotations).toBeUndefined();
    expect(predictions).toMatchObject([
      {
        model_version: "m1",
        score: 0.5, // the mean of 0.75, 0.25 and 0.5
        result: [
          { value: { start: 2, end: 5, text: "Ann", labels: ["PER"] }, score: 0.75 },
          { value: { start: 10, end: 12, text: "Bo" }, score: 0.25 },
          { type: "relation", from_id: "entity-1", to_id: "entity-2", labels: ["met"], score: 0.5 },
        ],
      },
    ]);
  });

  it("can be made an annotation whatever its probabilities", () => {
    expect(labelStudioTask(post, { as: "annotation" }).predictions).toBeUndefined();
    expect(labelStudioTask({ ...post, entities: [], relations: [] }).annotations).toEqual([{ result: [] }]);
  });

  it("keeps beside the text what Label Studio has no field for", () => {
    const { data } = labelStudioTask(post, { pictureAddress: "/data/local-files/?d=pictures/" });
    expect(data).toEqual({
      text: post.text,
      image: "/data/local-files/?d=pictures/a%20b.jpg",
      likes: 3,
      relata: { id: "p1", image: "a b.jpg", meta: { author: "x.png", tokens: [[0, 2]] } },
    });
  });
});

describe("a labeling configuration", () => {
  it("has every label, with the characters of XML escaped", () => {
    const config = {
      entities: new Set(['a"<&>']),
      relations: new Set<string>(),
      categories: new Set(["x"]),
      hasPictures: false,
    };
    expect(labelStudioConfig(config)).toBe(`<View>
  <Labels name="label" toName="text">
    <Label value="a&#34;&#60;&#38;&#62;"/>
  </Labels>
  <Choices name="category" toName="text" choice="single">
    <Choice value="x"/>
  </Choices>
  <Text name="text" value="$text"/>
</View>
`);
  });
});
