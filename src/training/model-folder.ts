// Writes model-best and model-last: config.json, model.safetensors and whatever else is needed to load the model.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeSafetensors } from "../engine/safetensors.ts";
import type { Tensors } from "./checkpoint.ts";
import { replaceFolder } from "./durable-folder.ts";

/** What makes weights a model that can be loaded. */
export interface ModelFiles {
  /** Becomes config.json: architecture, label set, tokenizer settings. */
  readonly config: unknown;
  /** Further files by their name in the folder, such as `tokenizer.json`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Replaces the folder in one move; the previous model stays until the new one is complete. */
export async function writeModelFolder(folder: string, files: ModelFiles, weights: Tensors): Promise<void> {
  await replaceFolder(folder, async (writing) => {
    await writeFile(join(writing, "config.json"), `${JSON.stringify(files.config, null, 2)}\n`);
    await writeSafetensors(join(writing, "model.safetensors"), weights, { format: "pt" }); // transformers insists on it
    for (const [name, content] of Object.entries(files.files ?? {})) {
      await mkdir(dirname(join(writing, name)), { recursive: true });
      await writeFile(join(writing, name), content);
    }
  });
}
