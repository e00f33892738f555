// The dashboard in real Chromium, against the release build.
//
// Every `*.spec.ts` runs three times: on a desktop, on a phone 360 px wide, and with JavaScript off,
// because pages must be readable without it. What only a live page can do is in `*.live.spec.ts`.
import { defineConfig } from "@playwright/test";

const live = /.*\.live\.spec\.ts/;
const phone = { width: 360, height: 740 };

export default defineConfig({
  testDir: "tests",
  globalSetup: "./servers.ts",
  workers: 2,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  forbidOnly: !!process.env.CI,
  // On a busy machine a browser is sometimes late. `scripts/test` names every test that needed its second try.
  retries: process.env.CI ? 1 : 0,
  reporter: [["list"]],
  use: {
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox", // CI runs as root
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "desktop" },
    { name: "phone", use: { viewport: phone, hasTouch: true } },
    { name: "no-javascript", testIgnore: live, use: { javaScriptEnabled: false } },
  ],
});
