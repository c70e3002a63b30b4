// Orders the test files: slow ones start first, so that no worker ends with a long one.
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take more than a few seconds, the slowest first; the others keep vitest's order. */
const SLOW = [
  "test/cli/mi2rage.test.ts",
  "test/cli/mi2rage-broken.test.ts",
  "test/cli/mi2rage-entities.test.ts",
  "test/newcomer/first-hour.test.ts",
  "test/docs/run-blocks.test.ts",
  "test/cli/train.test.ts",
  "test/cli/world.test.ts",
  "test/cli/experiment.test.ts",
  "test/synthesis/shared-store.test.ts",
  "test/cli/broken-input.test.ts",
  "test/cli/extract.test.ts",
  "test/training/killed-student.test.ts",
  "test/cli/encoder-reference.test.ts",
  "test/training/resume-after-kill.test.ts",
  "src/experiments/quickstart/quickstart.test.ts",
  "test/cli/synthesize.test.ts",
  "src/extract/batch/run-batch.test.ts",
  "test/synthesis/killed-synthesis.test.ts",
  "src/experiments/run-experiment.test.ts",
  "test/cli/quickstart.test.ts",
  "src/extract/extractor.test.ts",
  "src/extract/export-bundle.test.ts",
];

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = SLOW.findIndex((name) => moduleId.endsWith(`/${name}`));
      return at === -1 ? SLOW.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b)); // a stable sort
  }
}
