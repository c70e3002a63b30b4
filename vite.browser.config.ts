// Bundles `relata/web` for pages: one file for the page, one for its worker. onnxruntime-web stays outside: the page brings it.
import { defineConfig, type Plugin } from "vite";

/** The page's bundler, or the browser, finds the worker beside the page's file: this address must stay as it is written. */
const WORKER_URL = 'new URL("./worker.js", import.meta.url)';

function keepingWorkerUrl(): Plugin {
  const MARK = "__RELATA_WORKER_URL__";
  return {
    name: "keep-worker-url",
    enforce: "pre",
    transform: (code) => (code.includes(WORKER_URL) ? code.replace(WORKER_URL, MARK) : undefined),
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle))
        if (file.type === "chunk") file.code = file.code.replace(MARK, WORKER_URL);
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [keepingWorkerUrl()],
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "dist/web",
    emptyOutDir: mode === "index",
    minify: true,
    lib: { entry: `src/browser/${mode}.ts`, formats: ["es"], fileName: () => `${mode}.js` },
    rolldownOptions: { external: [/^onnxruntime-web/], output: { keepNames: true } },
  },
}));
