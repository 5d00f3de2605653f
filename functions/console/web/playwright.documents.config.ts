import config from "./playwright.config";

/** What the documents show and say: screenshots and measurements. One at a time, because the measurements are of time. */
export default { ...config, testMatch: ["**/screenshots.ts", "**/measure.ts"], workers: 1 };
