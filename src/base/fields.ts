// Plain objects of unknown content, such as parsed JSON or a configuration before it is checked.

export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value has named fields: an object that is not null and not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
