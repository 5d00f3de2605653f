/** Every text of the console: a file for each folder that shows texts, `common` for all, `shell` for what frames the pages. */
export { activity } from "./activity";
export { apps } from "./apps";
export { common } from "./common";
export { login } from "./login";
export { overview } from "./overview";
export { rules } from "./rules";
export { shell } from "./shell";
