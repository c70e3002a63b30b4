// The text and the picture of a task of Label Studio.
import { isFields } from "../../../base/fields.ts";
import type { ImageInput } from "../../http/schemas.ts";
import type { ObjectTag } from "./label-config.ts";

/** The value of a task's field: `text`, or `post.text` and `posts[0]` for what is deeper inside. */
function taskValue(data: Readonly<Record<string, unknown>>, field: string): unknown {
  if (Object.hasOwn(data, field)) return data[field];
  let value: unknown = data;
  for (const [, name, index] of field.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined) value = isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    else value = Array.isArray(value) ? value[Number(index)] : undefined;
  }
  return value;
}

/** A task's text; undefined if it has none. */
export function textOfTask(data: Readonly<Record<string, unknown>>, tag: ObjectTag): string | undefined {
  const text = taskValue(data, tag.field);
  return typeof text === "string" ? text : undefined;
}

/** A task's picture, as the API takes it, or why it cannot be read. Neither if the task has none. */
export function pictureOfTask(
  data: Readonly<Record<string, unknown>>,
  tag: ObjectTag,
): { readonly image?: ImageInput; readonly note?: string } {
  const value = taskValue(data, tag.field);
  if (value === undefined || value === null || value === "") return {};
  if (typeof value !== "string") return { note: `its data has no address as ${JSON.stringify(tag.field)}` };
  if (value.startsWith("data:")) return { image: { base64: value } };
  if (/^https?:\/\//i.test(value)) return { image: { url: value } };
  return {
    note: `${JSON.stringify(value.slice(0, 200))} is a file of Label Studio itself; import the task with an address that --picture-urls allows`,
  };
}
