// Not a test: takes the README's picture when asked to (scripts/screenshot).
import { test } from "../fixtures.ts";

if (process.env.SCREENSHOT) {
  test("screenshot", async ({ open, page }) => {
    await page.setViewportSize({ width: 1440, height: 1000 });
    await open("demo", "/?from=now-7d");
    await page.locator("[data-panel] canvas[data-painted]").nth(3).waitFor();
    await page.screenshot({ path: "../docs/overview.png" });
  });
}
