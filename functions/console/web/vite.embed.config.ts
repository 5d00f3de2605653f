import { defineConfig } from "vite";

/** `embed.js` is one classic script without a hash in its name, because pages of others refer to it. */
export default defineConfig({
  build: {
    target: "es2022",
    emptyOutDir: false,
    copyPublicDir: false,
    lib: { entry: "embed/embed.ts", formats: ["iife"], name: "integrationConsole", fileName: () => "embed.js" },
  },
});
