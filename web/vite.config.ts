// Builds the page into dist/page/: files with hashes in their names, nothing inline, so that a strict content security policy holds.
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/page",
    emptyOutDir: true,
    target: ["es2023", "chrome123", "firefox121", "safari17.5"], // `light-dark()` in style sheets needs these
    assetsInlineLimit: 0, // data: URLs of style sheets are not allowed by the policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
  },
});
