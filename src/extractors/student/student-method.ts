// MI2RAGE's student as a relation method.
import { studentForward } from "../../models/mi2rage/student.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { RelationMethod } from "../relation/relation-method.ts";
import { averagingPredictor } from "./evaluate-views.ts";
import { readsOf, type StudentConfig, studentGraph } from "./model-config.ts";
import { prepareStudents } from "./prepare-students.ts";
import { StudentModel } from "./student-model.ts";
import { withMentionsAlone } from "./view-alone.ts";

export function studentMethod(config: StudentConfig): RelationMethod {
  const { promptLength, real } = config.student;
  const reads = readsOf(config.student);
  return {
    prompt: { promptLength, objects: 0 },
    visualIsOptional: real === "text",
    model: (runtime, encoder, setting) =>
      new StudentModel(runtime, { ...setting, graph: studentGraph(config, encoder), reads }),
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
        trust === 1 ? "fused" : { trust },
      ),
    described: { real },
  };
}
