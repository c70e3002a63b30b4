// Reads a queued workflow's state from ComfyUI's history: in progress, failed, or its output files.
import { z } from "zod";
import { SynthesisError } from "../../base/errors.ts";
import { checkShape } from "../../base/schema-issues.ts";
import type { ApiKey } from "./api-key.ts";
import { printable, quoted, unexpectedAnswer } from "./http-answer.ts";

const fileSchema = z.object({
  filename: z.string().min(1),
  subfolder: z
    .string()
    .nullish()
    .transform((folder) => folder ?? ""),
  type: z
    .string()
    .nullish()
    .transform((type) => type ?? "output"),
});

/** A file as `/view` wants it named. */
export type OutputFile = z.output<typeof fileSchema>;

const entrySchema = z.object({
  outputs: z
    .record(z.string(), z.looseObject({ images: z.array(fileSchema).nullish() }).nullable())
    .nullish()
    .transform((outputs) => outputs ?? {}),
  // Older servers have no status: an entry then means that the run is over.
  status: z
    .object({
      status_str: z.string().nullish(),
      completed: z.boolean().nullish(),
      messages: z.array(z.tuple([z.string(), z.unknown()])).nullish(),
    })
    .nullish(),
});
const failureSchema = z.object({
  exception_message: z.string().nullish(),
  exception_type: z.string().nullish(),
  node_type: z.string().nullish(),
  node_id: z.union([z.string(), z.number()]).nullish(),
});

/**
 * The picture that a run made; undefined while it is not finished.
 *
 * @throws SynthesisError `synthesis/server-failed`, `synthesis/unexpected-answer` when it ended without a picture.
 */
export function outputOf(
  entry: unknown,
  outputNode: string | undefined,
  place: string,
  key: ApiKey | undefined,
): OutputFile | undefined {
  const result = checkShape(entrySchema, entry, { whole: "the entry" });
  if (!result.success) throw unexpectedAnswer(place, `history: ${result.faults[0]}`, key);
  const { outputs, status } = result.data;
  if (status?.status_str === "error") throw failed(status.messages ?? [], place, key);
  if (status?.completed === false) return undefined;
  const files = outputNode === undefined ? Object.values(outputs) : [outputs[outputNode]];
  const pictures = files.flatMap((file) => file?.images ?? []);
  // Previews are of type "temp".
  const picture = pictures.find(({ type }) => type === "output") ?? pictures[0];
  if (picture !== undefined) return picture;
  const where = outputNode === undefined ? "no node" : `not node ${outputNode}`;
  throw unexpectedAnswer(place, `the run has ended, but ${where} saved a picture`, key);
}

function failed(
  messages: readonly (readonly [string, unknown])[],
  place: string,
  key: ApiKey | undefined,
): SynthesisError {
  const error = messages.find(([kind]) => kind === "execution_error");
  const details = failureSchema.safeParse(error?.[1]);
  const interrupted = messages.some(([kind]) => kind === "execution_interrupted");
  const said = details.success ? details.data : {};
  const what = interrupted
    ? "was interrupted on the server"
    : `failed in node ${named(said.node_id)} (${named(said.node_type)}): ${quoted(said.exception_message ?? said.exception_type ?? "no reason given", key)}`;
  return new SynthesisError({
    code: "synthesis/server-failed",
    message: `${place}: the workflow ${what}`,
    place,
    remedy: "Run the workflow in ComfyUI by hand, and check the server's log.",
    fault: "work",
  });
}

function named(name: string | number | null | undefined): string {
  return printable(String(name ?? "?")).slice(0, 80);
}
