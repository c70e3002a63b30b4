// The raw post in a task of Label Studio or a row of doccano, whose annotations do not matter when posts are read.
import { type Fields, isFields } from "../../base/fields.ts";
import { withOwnFields } from "../own-fields.ts";
import { MentionUnits } from "./mention-units.ts";
import { imageFieldOf, imageNameOf, otherFields, textFieldOf } from "./task-fields.ts";

/** The fields of a post; the value itself if it is not such a task, or if its text is not found. */
export function postOfTask(value: unknown): unknown {
  if (!isFields(value)) return value;
  if (isRowOfDoccano(value)) return { ...value, entities: undefined, relations: undefined };
  if (!isFields(value.data) || typeof value.text === "string") return value;
  const { id, data } = value;
  const field = textFieldOf(data, [], new MentionUnits("", "code-point", undefined));
  if (field === undefined) return value;
  const image = imageFieldOf(data);
  const name = image === undefined ? undefined : data[image];
  const meta = otherFields(data, [field, image]);
  return withOwnFields({
    ...(typeof id === "string" || typeof id === "number" ? { id: `${id}` } : {}),
    text: data[field],
    ...(typeof name === "string" && { image: imageNameOf(name) }),
    ...(Object.keys(meta).length > 0 && { meta }),
  });
}

function isRowOfDoccano({ text, entities }: Fields): boolean {
  if (typeof text !== "string" || !Array.isArray(entities) || entities.length === 0) return false;
  return entities.every((one) => isFields(one) && "start_offset" in one);
}
