// Accessibility, as far as a machine can tell (axe-core), in both themes.
import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { expect, server, test, type Store } from "../fixtures.ts";

const pages: [Store, string][] = [
  ["demo", "/"],
  ["demo", "/agents/coder-03"],
  ["demo", "/swarms/nightly-etl"],
  ["empty", "/"],
  ["demo", "/?compare=on"],
  ["demo", "/tasks"],
  ["demo", "/agents"],
  ["demo", "/swarms"],
  ["demo", "/explore?fn=p95,count&group=model"],
  ["demo", "/exports"],
  ["demo", "/system"],
  ["demo", "/alerts"],
  ["alarms", "/alerts?rule[kind]=aggregate"],
  ["old", "/"],
  ["demo", "/agents?view=cards"],
  ["demo", "/swarms/nightly-etl?from=now-7d"],
  ["demo", "/sessions?from=now-7d"],
  ["demo", "/healing?from=now-7d"],
  ["old", "/healing"],
  ["demo", "/patterns"],
  ["crew", "/agents/beater"],
  ["crew", "/swarms/crew"],
  ["crew", "/sessions/crew-memory?expired=on"],
];

/** What axe finds on the page, a line each. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing on the login page, before and after a wrong token (${colorScheme})`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${server("guarded")}/login`);
    expect(await findings(page)).toEqual([]);
    await page.getByLabel("Admin token").fill("not-the-token-of-this-server");
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page.getByRole("alert")).toContainText("not the token");
    expect(await findings(page)).toEqual([]);
  });

  for (const [store, path] of pages) {
    test(`axe finds nothing on ${store}${path} (${colorScheme})`, async ({ open, page }) => {
      await page.emulateMedia({ colorScheme });
      await open(store, path);
      expect(await findings(page)).toEqual([]);
    });
  }
}
