// Plain objects of unknown content: what a JSON object or a configuration is before anything has checked it.

export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value has named fields: an object that is not null and not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
