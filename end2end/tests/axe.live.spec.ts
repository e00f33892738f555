// Accessibility, as far as a machine can tell (axe-core), in both themes.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Store } from "../fixtures.ts";

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

for (const colorScheme of ["light", "dark"] as const) {
  for (const [store, path] of pages) {
    test(`axe finds nothing on ${store}${path} (${colorScheme})`, async ({ open, page }) => {
      await page.emulateMedia({ colorScheme });
      await open(store, path);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
      expect(found).toEqual([]);
    });
  }
}
