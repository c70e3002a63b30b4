// Writes a schema to a new file.
import { createExclusively } from "../base/atomic-file.ts";
import { writingTo } from "../base/cannot-write.ts";
import { ConfigError } from "../base/errors.ts";
import type { AnnotationSchemaInput } from "./schema.ts";

/** Writes the schema as JSON. @throws ConfigError `annotate/schema-exists` if the file exists; DataError `data/cannot-write` */
export async function createSchemaFile(path: string, schema: AnnotationSchemaInput): Promise<void> {
  const isCreated = await writingTo(path, () =>
    createExclusively(path, `${JSON.stringify(schema, undefined, 2)}\n`),
  );
  if (isCreated) return;
  throw new ConfigError({
    code: "annotate/schema-exists",
    message: `${path} exists, and is not replaced`,
    place: path,
    remedy: "Name another file, or remove this one.",
  });
}
