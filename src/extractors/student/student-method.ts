// MI2RAGE's student as a relation method.
import { studentForward } from "../../models/mi2rage/student.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { RelationMethod } from "../relation/relation-method.ts";
import { averagingPredictor } from "./evaluate-views.ts";
import { expertRows } from "./expert-rows.ts";
import { readsOf, type StudentConfig, studentGraph } from "./model-config.ts";
import { prepareStudents } from "./prepare-students.ts";
import { StudentModel } from "./student-model.ts";
import { mentionsAlone, withMentionsAlone } from "./view-alone.ts";

export function studentMethod(config: StudentConfig): RelationMethod {
  const { promptLength, real } = config.student;
  const reads = readsOf(config.student);
  const isProduct = config.student.combination === "product";
  return {
    prompt: { promptLength, objects: 0 },
    visualIsOptional: real === "text",
    model: (runtime, encoder, { coding, ...setting }) =>
      new StudentModel(runtime, {
        ...setting,
        graph: studentGraph(config, encoder),
        reads,
        experts: isProduct ? expertRows(real, (input) => mentionsAlone(input, coding)) : undefined,
      }),
    async examples({ views, ownVisual, visual, ...request }) {
      const prepared = await prepareStudents({
        ...request,
        real,
        visual: ownVisual ? visual : undefined,
        wanted: views && { store: views.store, hidesOwn: false, visual },
      });
      return reads === "mentions" ? withMentionsAlone(prepared, request) : prepared;
    },
    averaging: (model, labels) => averagingPredictor(model, real, labels.size),
    logits: (scope, encoder, trust) =>
      studentForward(
        scope,
        studentGraph(config, encoder),
        new Dropout(false),
        trust === 1 || isProduct ? "fused" : { trust },
      ),
    described: (trust) => ({
      real,
      ...(isProduct
        ? {
            combination: "product",
            trust,
            /** Each log p is the log-softmax of one run of the graph. */
            scores: "log p(real view) + trust * (log p(mentions, views) - log p(mentions))",
          }
        : {}),
    }),
  };
}
