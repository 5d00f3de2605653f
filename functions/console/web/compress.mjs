// Writes a Brotli and a gzip copy beside each file of the build that is worth compressing.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = new URL("dist/", import.meta.url);
const files = readdirSync(folder, { recursive: true }).filter((file) => /\.(html|js|css|svg)$/.test(file));
for (const file of files) {
  const path = new URL(file, folder);
  const content = readFileSync(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  writeFileSync(new URL(`${file}.br`, folder), brotliCompressSync(content, { params }));
  writeFileSync(new URL(`${file}.gz`, folder), gzipSync(content, { level: 9 }));
}
