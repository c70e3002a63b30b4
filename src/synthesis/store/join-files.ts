// Joins files end to end into one, some at a time. If killed, the next call continues after the last part that is known to be on the disk.
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { replaceFile, syncFolder } from "../../base/atomic-file.ts";
import { isCode } from "../../base/system-errors.ts";
import { readWholeText, streamWholeFile } from "../../base/whole-file.ts";

/** Bytes after which what was joined is forced to the disk and noted: a second or two of work. */
const NOTED_BYTES = 1 << 28;

const progressSchema = z.strictObject({
  /** Number of whole parts in the unfinished file. */
  parts: z.int().nonnegative(),
  /** Their bytes. */
  bytes: z.int().nonnegative(),
});
type Progress = z.output<typeof progressSchema>;

/**
 * Joins parts, and names the result when it is on the disk.
 *
 * @param unfinished the file that grows; its progress is beside it
 * @param notedBytes bytes after which progress is noted
 */
export async function joinFiles(
  parts: readonly string[],
  unfinished: string,
  path: string,
  notedBytes: number = NOTED_BYTES,
): Promise<void> {
  await mkdir(dirname(unfinished), { recursive: true });
  const progress = `${unfinished}.progress.json`;
  const known = await readProgress(progress);
  const file = await open(unfinished, known === undefined ? "w" : "r+");
  try {
    let { bytes } = await resumeAt(file, known);
    let noted = bytes;
    for (let part = known?.parts ?? 0; part < parts.length; part++) {
      for await (const chunk of await streamWholeFile(parts[part]!)) {
        // within the list
        await writeAt(file, chunk as Buffer, bytes);
        bytes += (chunk as Buffer).length;
      }
      if (bytes - noted < notedBytes) continue;
      await file.sync();
      await replaceFile(progress, (note) => note.writeFile(JSON.stringify({ parts: part + 1, bytes })));
      noted = bytes;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  await syncFolder(dirname(path)); // a name is on the disk before the next file gets its own
  await rm(progress, { force: true });
}

/** Cuts off what was written after the note. */
async function resumeAt(file: FileHandle, known: Progress | undefined): Promise<Progress> {
  const progress = known ?? { parts: 0, bytes: 0 };
  await file.truncate(progress.bytes);
  return progress;
}

async function writeAt(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}

/** Undefined if there is no note. A note without its file cannot be: the file is on the disk first, and the note is removed last. */
async function readProgress(path: string): Promise<Progress | undefined> {
  try {
    return progressSchema.parse(JSON.parse(await readWholeText(path)));
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
