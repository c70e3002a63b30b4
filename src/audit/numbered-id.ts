// Ids that a reader made because the file has none.
import { basename, extname } from "node:path";

/** Whether an id is made of the file's name and the row's number, as in `train-0`. */
export function isNumberedId(id: string, file: string, index: number): boolean {
  return id === `${basename(file, extname(file))}-${index}`;
}
