// A reference in the benchmark of time to a score: a step server that trains part of an epoch per step and writes its answers to a file.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readWholeText } from "../../base/whole-file.ts";
import type { Course, Turns } from "./score-course.ts";
import type { ScorePoint } from "./scored-training.ts";
import { StepServer } from "./step-server.ts";

const answerSchema = z.looseObject({ answers: z.string(), processorSeconds: z.number().optional() });
const numbers = z.array(z.number());
const fileSchema = z.object({
  answers: z.array(numbers),
  chain: z.object({ start: numbers, end: numbers, transitions: numbers }).nullable(),
});

/** Writes data.json for references. */
export async function writeReferenceData(folder: string, { data }: Course): Promise<void> {
  await writeFile(join(folder, "data.json"), JSON.stringify(data));
}

/** Starts a reference that trains on the examples of `course`. @throws ConfigError `bench/reference-failed` */
export async function startPeer(command: string, folder: string, course: Course): Promise<Turns> {
  const server = await StepServer.start(`${command} --bench ${folder}`);
  const { epochs, parts } = course.data;
  const points: ScorePoint[] = [];
  let seconds = 0;
  let processor: number | undefined = 0;
  return {
    ...{ name: command, preparation: 0, points, description: server.ready },
    async next() {
      if (points.length === epochs * parts) return false;
      const answer = await server.step(points.length);
      seconds += answer.seconds;
      const { answers: path, processorSeconds } = answerSchema.parse(answer);
      processor =
        processor === undefined || processorSeconds === undefined ? undefined : processor + processorSeconds;
      const f1 = await course.score(fileSchema.parse(JSON.parse(await readWholeText(path))));
      const done = (points.length + 1) / parts;
      points.push({ epochs: done, seconds, processorSeconds: processor, f1 });
      return true;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
