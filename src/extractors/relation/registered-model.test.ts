// Users' relation readers that break their contract, and the table that finds a saved model's method.
import { describe, expect, it } from "vitest";
import { parseTextConfig } from "../../encoders/text/table.ts";
import { Extensions } from "../../extensions/extension.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { Dropout } from "../../nn/dropout.ts";
import { linearLayer } from "../../nn/layers.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { methodOf } from "./methods.ts";
import { registeredConfig } from "./registered-config.ts";
import { registeredLogits } from "./registered-model.ts";
import { defineRelationReader, type RelationReaderExtension } from "./relation-reader-contract.ts";

const encoderJson = {
  model_type: "bert",
  vocab_size: 30,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
  max_position_embeddings: 16,
};
const config = registeredConfig({
  reader: { kind: "relation-reader", name: "mine", version: "1" },
  relations: ["None", "a", "b"],
  encoder: encoderJson,
  maxLength: 16,
  truncation: "report",
  addedTokens: 4,
  promptLength: 4,
  visual: null,
});
const readerOf = (logits: unknown) =>
  defineRelationReader({ name: "mine", version: "1", logits: logits as RelationReaderExtension["logits"] });

function built(logits: unknown, training = false) {
  const scope = new ParameterScope();
  const encoder = parseTextConfig(encoderJson, "test");
  const dropout = new Dropout(training);
  return {
    scope,
    dropout,
    tensor: registeredLogits(scope, { reader: readerOf(logits), config, encoder }, dropout),
  };
}

const linear: RelationReaderExtension["logits"] = (scope, { head, hidden, relations, dropout }) =>
  linearLayer(scope.at("classifier"), dropout(head, 0.5), hidden, relations);

describe("a user's relation reader", () => {
  it("is built on the text encoder, its parameters below a name of their own", () => {
    const { scope, tensor, dropout } = built(linear, true);
    expect(tensor.shape).toEqual(["batch", 3]);
    const names = [...scope.table.keys()];
    expect(names).toContain("reader.classifier.weight");
    expect(names.filter((name) => !name.startsWith("encoder."))).toHaveLength(2);
    expect(dropout.sites.map(({ name }) => name)).toContain("dropout/reader/0");
  });

  it.each<[string, unknown, string, RegExp]>([
    ["no tensor", () => 5, "extension/bad-answer", /logits gave no tensor/],
    ["a promise", async () => 5, "extension/bad-answer", /logits gave no tensor/],
    [
      "scores of too few labels",
      (scope: ParameterScope, { head, hidden }: { head: Tensor; hidden: number }) =>
        linearLayer(scope, head, hidden, 2),
      "extension/bad-answer",
      /scores are float32 \["batch",2\], not float32 \["batch",3\]/,
    ],
    ["integers", () => input("x", "int64", ["batch", 3]), "extension/bad-answer", /scores are int64/],
    [
      "a fault of shapes",
      (scope: ParameterScope, { head, relations }: { head: Tensor; relations: number }) =>
        linearLayer(scope, head, 9, relations),
      "extension/failed",
      /the relation reader "mine" failed building its graph \(GraphError/,
    ],
  ])("that gives %s is named", (_, logits, code, message) => {
    expect(() => built(logits)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it("is found by the format of the model, and missed by its name", () => {
    const method = methodOf(config, new Extensions([readerOf(linear)]));
    expect(method).toMatchObject({ prompt: { promptLength: 4, objects: 0 }, visualIsOptional: false });
    expect(() => methodOf(config, Extensions.NONE)).toThrow(
      expect.objectContaining({ code: "extension/missing", remedy: expect.stringContaining("--extension") }),
    );
  });
});
