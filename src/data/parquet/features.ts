// The features that Hugging Face's datasets records in a Parquet file: the names behind the numbers of a ClassLabel.

/** Replaces the numbers of a column's labels by their names, also within lists and structs. */
export type Naming = (value: unknown) => unknown;

/** How to name the labels of each column that has any, from the metadata `huggingface`; none if it is absent or in another form. */
export function labelNaming(metadata: string | undefined): ReadonlyMap<string, Naming> {
  if (metadata === undefined) return new Map();
  let value: unknown;
  try {
    value = JSON.parse(metadata);
  } catch (error) {
    // Labels then stay numbers, which their reader refuses.
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
  const columns = Object.entries(fieldsOf(fieldsOf(fieldsOf(value).info).features));
  return new Map(
    columns.flatMap(([column, feature]) => {
      const naming = namingOf(feature);
      return naming === undefined ? [] : [[column, naming] as const];
    }),
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** The naming for a feature: a label, a list of features (in either notation), or a struct; undefined if no label is in it. */
function namingOf(feature: unknown): Naming | undefined {
  if (Array.isArray(feature)) return listNaming(namingOf(feature[0]));
  const { _type: type, names, feature: item, ...fields } = fieldsOf(feature);
  if (type === "ClassLabel") {
    return Array.isArray(names) ? (value) => nameOf(value, names) : undefined;
  }
  if (item !== undefined) return listNaming(namingOf(item));
  const inner = Object.entries(fields).flatMap(([name, one]) => {
    const naming = namingOf(one);
    return naming === undefined ? [] : [[name, naming] as const];
  });
  if (type !== undefined || inner.length === 0) return undefined;
  const namings = new Map(inner);
  return (value) =>
    value === null || value === undefined
      ? value
      : Object.fromEntries(
          Object.entries(fieldsOf(value)).map(([name, one]) => [name, namings.get(name)?.(one) ?? one]),
        );
}

/** The number -1 says that there is no label, as in the test parts of benchmarks. */
function nameOf(value: unknown, names: readonly unknown[]): unknown {
  const number = Number(value);
  return number === -1 ? null : (names[number] ?? value);
}

/** Older versions write a list of structs as a struct of lists. */
function listNaming(naming: Naming | undefined): Naming | undefined {
  if (naming === undefined) return undefined;
  return (value) => {
    const rows = rowsOfColumns(value);
    return Array.isArray(rows) ? rows.map(naming) : rows;
  };
}

/** A struct of lists of one length as a list of structs; any other value as it is. */
export function rowsOfColumns(value: unknown): unknown {
  const columns = Object.entries(fieldsOf(value));
  const [, first] = columns[0] ?? [];
  if (!Array.isArray(first)) return value;
  if (!columns.every(([, list]) => Array.isArray(list) && list.length === first.length)) return value;
  return first.map((_, i) =>
    Object.fromEntries(columns.map(([name, list]) => [name, (list as unknown[])[i]])),
  );
}
