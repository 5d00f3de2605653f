import tests from "./playwright.config";

/** Takes the screenshots of the README: `npm run screenshots`. It needs what the tests need. */
export default { ...tests, testMatch: "screenshots.ts" };
