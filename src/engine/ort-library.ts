// Finds onnxruntime's shared library: the one in the package onnxruntime-node, or the one that the user names.
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { EngineError } from "../base/errors.ts";

/** File names of the library in onnxruntime-node's `bin/napi-v*\/<platform>/<arch>/`, in order of preference. */
const LIBRARY_NAMES: Readonly<Partial<Record<NodeJS.Platform, RegExp>>> = {
  linux: /^libonnxruntime\.so(\.\d+)*$/,
  darwin: /^libonnxruntime(\.\d+)*\.dylib$/,
  win32: /^onnxruntime\.dll$/,
};

/**
 * The absolute path of the library to load: `library` when given, else the one of onnxruntime-node.
 *
 * @throws EngineError `engine/no-library` when the named file does not exist, when onnxruntime-node is not installed, or
 * when it ships no library for this platform.
 */
export function locateLibrary(library?: string): string {
  if (library !== undefined) {
    const path = resolve(library);
    if (existsSync(path)) return path;
    throw new EngineError({
      code: "engine/no-library",
      message: `the library ${path} does not exist`,
      place: "library",
      value: library,
      remedy:
        "Give the path of an onnxruntime shared library, or omit `library` to use the one in onnxruntime-node.",
    });
  }
  const pattern = LIBRARY_NAMES[process.platform];
  const bin = join(packageFolder(), "bin");
  const versions = existsSync(bin) ? readdirSync(bin).filter((name) => name.startsWith("napi-v")) : [];
  for (const version of versions) {
    const folder = join(bin, version, process.platform, process.arch);
    if (pattern === undefined || !existsSync(folder)) continue;
    const names = readdirSync(folder).filter((name) => pattern.test(name));
    const shortest = names.sort((a, b) => a.length - b.length)[0]; // libonnxruntime.1.dylib before libonnxruntime.1.30.0.dylib
    if (shortest !== undefined) return join(folder, shortest);
  }
  throw new EngineError({
    code: "engine/no-library",
    message: `onnxruntime-node has no library for ${process.platform}/${process.arch} in ${bin}`,
    place: "library",
    value: `${process.platform}/${process.arch}`,
    remedy:
      "Download an onnxruntime release for this platform, and pass the path of its library as `library`.",
  });
}

function packageFolder(): string {
  const require = createRequire(import.meta.url);
  try {
    return dirname(require.resolve("onnxruntime-node/package.json"));
  } catch (cause) {
    throw new EngineError({
      code: "engine/no-library",
      message: "the package onnxruntime-node is not installed",
      place: "library",
      remedy: "Run `npm install`, or pass the path of an onnxruntime shared library as `library`.",
      cause,
    });
  }
}
