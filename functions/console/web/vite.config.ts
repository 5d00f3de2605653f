import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The console is served below a path that is known only at run time, so every address is relative. */
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { index: "index.html", login: "login.html" } },
  },
});
