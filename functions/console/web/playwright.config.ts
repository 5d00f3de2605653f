import { defineConfig } from "@playwright/test";

const inCi = Boolean(process.env.CI);

/** Tests of the console in Chromium, against the real stack on local AWS. `infra/build/console.py e2e` runs them. */
export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalSetup: "./e2e/support/stack.ts",
  fullyParallel: true,
  forbidOnly: inCi,
  // The functions are processes of this machine, too.
  workers: 2,
  // Limits for results that never arrive: a busy machine may be slow.
  timeout: 600_000,
  expect: { timeout: 120_000 },
  reporter: [["list"]],
  use: {
    actionTimeout: 120_000,
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    timezoneId: "America/New_York",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      // The system's browser; without it Playwright starts its own.
      ...(process.env.CONSOLE_BROWSER && { executablePath: process.env.CONSOLE_BROWSER }),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
