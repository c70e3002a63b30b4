// MI2RAGE's student as a relation method.
import { studentForward } from "../../models/mi2rage/student.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { RelationMethod } from "../relation/relation-method.ts";
import { averagingPredictor } from "./evaluate-views.ts";
import { type StudentConfig, studentGraph } from "./model-config.ts";
import { prepareStudents } from "./prepare-students.ts";
import { StudentModel } from "./student-model.ts";

export function studentMethod(config: StudentConfig): RelationMethod {
  const { promptLength, real, blind } = config.student;
  return {
    prompt: { promptLength, objects: 0 },
    visualIsOptional: real === "text",
    model: (runtime, encoder, setting) =>
      new StudentModel(runtime, { ...setting, graph: studentGraph(config, encoder), blind }),
    examples({ views, ownVisual, visual, ...request }) {
      return prepareStudents({
        ...request,
        real,
        visual: ownVisual ? visual : undefined,
        wanted: views && { store: views.store, hidesOwn: false, visual },
      });
    },
    averaging: (model, labels) => averagingPredictor(model, real, labels.size),
    logits: (scope, encoder) =>
      studentForward(scope, studentGraph(config, encoder), new Dropout(false), "fused"),
    described: { real },
  };
}
