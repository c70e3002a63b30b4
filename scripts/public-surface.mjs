// Lists what the package makes public: every name of every subpath in package.json's `exports`, with its declaration and docstring, from the
// built declarations in dist/. `node scripts/public-surface.mjs` prints the number of names and which have no docstring.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseSync } from "oxc-parser";
import { schemaOf, spellSchema } from "./schema-types.mjs";

/** Tags allowed in a docstring, in the order of the reference. */
const TAGS = ["param", "returns", "throws", "example", "internal"];

/** A parsed declaration file: its text, its statements, and the original names of its imports and exports. */
function readDeclarations(path) {
  const text = readFileSync(path, "utf8");
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
  const file = {
    path,
    text,
    comments,
    declared: new Map(),
    imported: new Map(),
    exported: new Map(),
    stars: [],
  };
  for (const statement of program.body) readStatement(file, statement);
  return file;
}

function readStatement(file, statement) {
  const place = (source) => join(dirname(file.path), source.value).replace(/\.[jt]s$/, ".d.ts");
  const isOwn = (source) => source?.value.startsWith(".");
  switch (statement.type) {
    case "ImportDeclaration":
      if (!isOwn(statement.source)) return;
      for (const { local, imported } of statement.specifiers) {
        file.imported.set(local.name, { path: place(statement.source), name: imported?.name ?? "*" });
      }
      return;
    case "ExportAllDeclaration":
      file.stars.push(place(statement.source));
      return;
    case "ExportNamedDeclaration":
      for (const { local, exported } of statement.specifiers) {
        const target = isOwn(statement.source)
          ? { path: place(statement.source), name: local.name }
          : { path: file.path, name: local.name };
        file.exported.set(exported.name, target);
      }
      if (statement.declaration) declare(file, statement.declaration, statement, true);
      return;
    default:
      declare(file, statement, statement, false);
  }
}

function declare(file, declaration, statement, isExported) {
  const names = declaration.declarations?.map(({ id }) => id.name) ?? [declaration.id?.name];
  for (const name of names.filter((one) => one !== undefined)) {
    const entry = file.declared.get(name) ?? [];
    entry.push({ declaration, statement });
    file.declared.set(name, entry);
    if (isExported) file.exported.set(name, { path: file.path, name });
  }
}

/** Returns the text of a docstring without its stars. */
function docstringBefore({ comments, text }, start) {
  const comment = comments.findLast(({ end }) => end <= start);
  if (comment?.type !== "Block" || !comment.value.startsWith("*")) return undefined;
  if (text.slice(comment.end, start).trim() !== "") return undefined;
  return comment.value
    .slice(1)
    .split("\n")
    .map((line, at) => (at === 0 ? line.trim() : line.replace(/^\s*\* ?/, "").trimEnd()))
    .join("\n")
    .trim();
}

/** Returns a docstring in parts: its description, and its tags. */
export function parseDocstring(text) {
  const [description = "", ...rest] = text.split(new RegExp(`(?:^|(?<=\\s))@(?=(?:${TAGS.join("|")})\\b)`));
  const tags = Object.fromEntries(TAGS.map((tag) => [tag, []]));
  for (const part of rest) {
    const [, tag, body] = /^(\w+)\s*([\s\S]*)$/.exec(part);
    tags[tag].push(body.trim());
  }
  return { description: description.trim(), ...tags };
}

/** Tells whether a class member does not concern users: private, or marked as internal. */
function isHidden(file, member) {
  if (member.key?.type === "PrivateIdentifier" || member.accessibility === "private") return true;
  return /@internal\b/.test(docstringBefore(file, member.start) ?? "");
}

/** Returns the declaration for the reference: without `export declare`, without private and internal members. */
function shownCode({ text, comments }, { declaration, statement }) {
  const hidden = [];
  for (const member of declaration.body?.body ?? []) {
    if (!isHidden({ text, comments }, member)) continue;
    const doc = comments.findLast(
      ({ end }) => end <= member.start && text.slice(end, member.start).trim() === "",
    );
    const start = doc?.start ?? member.start;
    const before = /[ \t]*$/.exec(text.slice(0, start))[0].length;
    hidden.push([start - before, member.end + (text[member.end] === ";" ? 1 : 0) + 1]);
  }
  let code = "";
  let from = statement.start;
  for (const [start, end] of hidden) {
    code += text.slice(from, start);
    from = end;
  }
  code += text.slice(from, statement.end);
  return code
    .replace(/^export (declare )?/, "")
    .replace(/^declare /, "")
    .replace(/^( {4})+/gm, (spaces) => " ".repeat(spaces.length / 2));
}

/** `X` of `(typeof X)[number]`. */
function listedIn({ type, objectType, indexType }) {
  if (type !== "TSIndexedAccessType" || indexType.type !== "TSNumberKeyword") return undefined;
  const query = objectType.type === "TSParenthesizedType" ? objectType.typeAnnotation : objectType;
  return query.type === "TSTypeQuery" ? query.exprName.name : undefined;
}

/** `X` of `keyof typeof X`. */
function keyedBy({ type, operator, typeAnnotation: query }) {
  const isKey = type === "TSTypeOperator" && operator === "keyof" && query.type === "TSTypeQuery";
  return isKey ? query.exprName.name : undefined;
}

/** Longest list of values to spell out. */
const MAX_VALUES = 16;

/** Returns the values of a list, or the keys of a table, as a union; undefined if there are many or they are not all known. */
function spellValues(type) {
  const list = type.type === "TSTypeOperator" ? type.typeAnnotation : type;
  const values =
    list.type === "TSTupleType"
      ? list.elementTypes.map((element) => element.literal?.value)
      : list.members?.map(({ key }) => key?.name ?? key?.value);
  const isKnown = values?.every((value) => typeof value === "string") && values.length <= MAX_VALUES;
  return isKnown ? values.map((value) => JSON.stringify(value)).join(" | ") : undefined;
}

const KINDS = {
  TSInterfaceDeclaration: "interface",
  TSTypeAliasDeclaration: "type",
  ClassDeclaration: "class",
  TSDeclareFunction: "function",
  FunctionDeclaration: "function",
  VariableDeclaration: "constant",
  TSEnumDeclaration: "enum",
};

/** For callers, a constant that contains a function is a function. */
function kindOf({ declaration }) {
  const [first] = declaration.declarations ?? [];
  const isFunction = first?.id.typeAnnotation?.typeAnnotation.type === "TSFunctionType";
  return isFunction ? "function" : KINDS[declaration.type];
}

/** Returns names of types in a declaration, except in its private and internal members. */
function typesIn(file, node, found = new Set()) {
  if (Array.isArray(node)) for (const one of node) typesIn(file, one, found);
  else if (typeof node === "object" && node !== null) {
    if (isMember(node) && isHidden(file, node)) return found;
    if ((schemaOf(node) ?? listedIn(node) ?? keyedBy(node)) !== undefined) return found; // it is spelled out
    if (node.type === "TSTypeReference" && node.typeName.type === "Identifier") found.add(node.typeName.name);
    if (node.type === "TSTypeQuery" && node.exprName.type === "Identifier") found.add(node.exprName.name);
    if (node.type === "TSInterfaceHeritage" && node.expression.type === "Identifier")
      found.add(node.expression.name);
    for (const [key, value] of Object.entries(node)) if (key !== "parent") typesIn(file, value, found);
  }
  return found;
}

const isMember = ({ type }) => type === "MethodDefinition" || type === "PropertyDefinition";

/** Returns members without a docstring that a user of a class or an interface calls or reads. */
function undocumentedMembers(file, { declaration }) {
  return (declaration.body?.body ?? [])
    .filter(({ key, accessibility, type }) => {
      const isMethod = type === "MethodDefinition" || type === "TSMethodSignature";
      return (
        isMethod && accessibility !== "private" && key?.type === "Identifier" && key.name !== "constructor"
      );
    })
    .filter(({ start }) => docstringBefore(file, start) === undefined)
    .map(({ key }) => key.name);
}

/** Returns every subpath of the package with its public names, sorted. */
export function publicSurface(root = ".") {
  const { name: packageName, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const files = new Map();
  const fileAt = (path) => {
    if (!files.has(path)) files.set(path, readDeclarations(path));
    return files.get(path);
  };
  /** Finds where a name is declared, through any number of re-exporting files. */
  const origin = (path, name) => {
    const file = fileAt(path);
    if (file.declared.has(name)) return { path, name };
    const target = file.exported.get(name) ?? file.imported.get(name);
    if (target !== undefined && !(target.path === path && target.name === name)) {
      return origin(target.path, target.name);
    }
    if (file.imported.has(name)) return origin(file.imported.get(name).path, file.imported.get(name).name);
    for (const star of file.stars) {
      const found = origin(star, name);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  /** Returns the declared type of a constant, with the file that declares it. */
  const constantType = (path, name) => {
    const place = origin(path, name);
    if (place === undefined) return undefined;
    const file = fileAt(place.path);
    const [{ declaration }] = file.declared.get(place.name);
    return { file, type: declaration.declarations?.[0].id.typeAnnotation?.typeAnnotation };
  };
  /** Returns a type derived from a schema, a list or a table, as its fields or its values. */
  const spelledOut = (file, { declaration }) => {
    if (declaration.type !== "TSTypeAliasDeclaration") return undefined;
    const { id, typeAnnotation: aliased } = declaration;
    const found = schemaOf(aliased);
    if (found !== undefined) {
      const schema = constantType(file.path, found.schema);
      return `type ${id.name} = ${spellSchema(schema.type, found.mode, schema.file.text)};`;
    }
    const constant = listedIn(aliased) ?? keyedBy(aliased);
    const values = constant && constantType(file.path, constant);
    const spelled = values?.type && spellValues(values.type);
    return spelled && `type ${id.name} = ${spelled};`;
  };
  const namesOf = (path) => {
    const file = fileAt(path);
    return [...new Set([...file.exported.keys(), ...file.stars.flatMap(namesOf)])];
  };

  const subpaths = Object.entries(exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([subpath, { types }]) => {
      const path = join(root, types);
      if (!existsSync(path)) throw new Error(`${path} is missing: run \`npm run build\` first`);
      const entries = namesOf(path).map((name) => {
        const place = origin(path, name);
        if (place === undefined) throw new Error(`${path}: where ${name} is declared was not found`);
        const file = fileAt(place.path);
        const declarations = file.declared.get(place.name);
        const doc = declarations.map(({ statement }) => docstringBefore(file, statement.start)).find(Boolean);
        return {
          name,
          kind: kindOf(declarations[0]),
          doc: doc === undefined ? undefined : parseDocstring(doc),
          code: declarations.map((one) => spelledOut(file, one) ?? shownCode(file, one)).join("\n"),
          source: relative(root, place.path)
            .replace(/^dist\//, "src/")
            .replace(/\.d\.ts$/, ".ts"),
          undocumentedMembers: declarations.flatMap((one) => undocumentedMembers(file, one)),
          place,
          speaksOf: [
            ...typesIn(
              file,
              declarations.map(({ declaration }) => declaration),
            ),
          ].filter((type) => file.declared.has(type) || file.imported.has(type)),
        };
      });
      entries.sort((a, b) => a.name.localeCompare(b.name, "en"));
      const source = types.replace(/^\.\/dist\//, "src/").replace(/\.d\.ts$/, ".ts");
      return { subpath: join(packageName, subpath), source, entries };
    });

  const known = new Set(
    subpaths.flatMap(({ entries }) => entries.map(({ place }) => `${place.path}:${place.name}`)),
  );
  for (const entry of subpaths.flatMap(({ entries }) => entries)) {
    entry.unexportedTypes = entry.speaksOf.filter((type) => {
      const target = origin(entry.place.path, type);
      return target !== undefined && !known.has(`${target.path}:${target.name}`);
    });
  }
  return subpaths;
}

/** Lists public names without a description, one line each. */
export function undocumented(subpaths) {
  return subpaths.flatMap(({ subpath, entries }) =>
    entries.flatMap(({ name, doc, source, undocumentedMembers: members }) => [
      ...(doc === undefined || doc.description === "" ? [`${subpath}: ${name} (${source})`] : []),
      ...members.map((member) => `${subpath}: ${name}.${member} (${source})`),
    ]),
  );
}

if (process.argv[1] === import.meta.filename) {
  const subpaths = publicSurface(process.argv[2]);
  const rows = subpaths.map(({ subpath, entries }) => [
    subpath,
    entries.length,
    entries.filter(({ kind }) => !["interface", "type"].includes(kind)).length,
    entries.filter(({ doc }) => doc === undefined || doc.description === "").length,
    entries.reduce((sum, { undocumentedMembers: members }) => sum + members.length, 0),
    new Set(entries.flatMap(({ unexportedTypes }) => unexportedTypes)).size,
  ]);
  const total = [1, 2, 3, 4, 5].map((column) => rows.reduce((sum, row) => sum + row[column], 0));
  const header = [
    "subpath",
    "names",
    "of them values",
    "no docstring",
    "methods without",
    "types not exported",
  ];
  for (const row of [header, ...rows, ["all", ...total]]) {
    console.log(row.map((cell, at) => (at === 0 ? cell.padEnd(20) : String(cell).padStart(18))).join(""));
  }
  for (const line of undocumented(subpaths)) console.log(`no docstring: ${line}`);
}
