// Orders the test files: those of a project stand together, because files share a process only with their neighbours; within a project slow ones start
// first, so that no worker ends with a long one.
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Projects by the length of their files: the last one fills what the others leave. */
const PROJECTS = ["program", "commands", "units"];

/** Files that take more than a few seconds, the slowest first; the others keep vitest's order. */
const SLOW = [
  "test/training/every-preset-changes-the-model.test.ts",
  "test/newcomer/first-hour.test.ts",
  "test/browser/page-in-browser.test.ts",
  "test/training/killed-student.test.ts",
  "test/training/trainer.test.ts",
  "test/training/killed-both.test.ts",
  "test/training/resume-after-kill.test.ts",
  "test/browser/web-model.test.ts",
  "test/synthesis/killed-synthesis.test.ts",
  "test/synthesis/shared-store.test.ts",
  "test/docs/run-blocks.test.ts",
  "test/docs/extending.test.ts",
  "test/cli/experiment.test.ts",
  "test/cli/extract.test.ts",
  "test/cli/serve.test.ts",
  "test/cli/killed-extract.test.ts",
  "test/cli/mi2rage.test.ts",
  "test/cli/encoder-families.test.ts",
  "test/cli/train.test.ts",
  "test/cli/broken-input.test.ts",
  "test/cli/world.test.ts",
  "test/cli/mi2rage-broken.test.ts",
  "test/cli/modality-gap.test.ts",
  "test/docs/reference.test.ts",
  "src/experiments/run-experiment.test.ts",
  "src/extract/batch/run-batch.test.ts",
  "src/units/queue/queue.test.ts",
  "src/engine/stress.test.ts",
  "src/extract/both/train-both.test.ts",
  "src/experiments/quickstart/quickstart.test.ts",
  "src/extract/units/extraction-units.test.ts",
  "src/synthesis/run-chains.test.ts",
  "src/encoders/text/families.test.ts",
];

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification): number => {
      const at = SLOW.findIndex((name) => moduleId.endsWith(`/${name}`));
      return PROJECTS.indexOf(project.name) * (SLOW.length + 1) + (at === -1 ? SLOW.length : at);
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b)); // a stable sort
  }
}
