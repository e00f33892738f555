// Every page fits its window, wide or narrow, and keeps to its security policy.
import { expect, linkTo, overflow, server, test, type Store } from "../fixtures.ts";

const pages: [Store, string][] = [
  ["demo", "/"],
  ["demo", "/?from=all"],
  ["demo", "/agents/coder-03"],
  ["demo", "/swarms/nightly-etl"],
  ["hostile", "/"],
  ["old", "/"],
  ["empty", "/"],
  ["demo", "/agents?view=cards"],
  ["demo", "/sessions?from=now-7d"],
  ["demo", "/healing?from=now-7d"],
  ["healers", "/healing"],
  ["demo", "/patterns"],
  ["demo", "/alerts"],
  ["alarms", "/alerts?rule[kind]=aggregate"],
  ["crew", "/agents/beater"],
  ["crew", "/swarms/crew"],
  ["crew", "/sessions/crew-memory?expired=on"],
];

for (const [store, path] of pages) {
  test(`${store}${path} does not scroll sideways`, async ({ open, page }) => {
    await open(store, path);
    expect(await overflow(page)).toBe(0);
  });
}

test("the page of a task does not scroll sideways", async ({ open, page }) => {
  await open("demo");
  await linkTo(page, "tasks").click();
  await expect(page).toHaveURL(/\/tasks\//);
  expect(await overflow(page)).toBe(0);
});

test("the pages are listed, the one shown is marked", async ({ open, page }) => {
  await open("small", "/agents/worker-1");
  const menu = page.locator(".pages-menu summary");
  if (await menu.isVisible()) await menu.click();
  const links = page.getByRole("navigation", { name: "Pages" }).getByRole("link");
  await expect(links).toHaveText(["Overview", "Swarms", "Agents", "Tasks", "Events", "Sessions", "Patterns", "Healing", "Alerts", "Explore", "Exports", "System"]);
  await expect(links.nth(2)).toHaveAttribute("aria-current", "true");
  await links.nth(10).click();
  await expect(page.getByRole("heading", { level: 1, name: "Exports" })).toBeVisible();
});

test("paper is light, whatever the screen is", async ({ open, page }) => {
  await page.emulateMedia({ colorScheme: "dark", media: "print" });
  await open("demo");
  const colours = await page.evaluate(() => [document.documentElement, document.querySelector(".tile")].map((element) => element && getComputedStyle(element).backgroundColor));
  expect(colours).toEqual(["rgb(246, 247, 249)", "rgb(255, 255, 255)"]);
});

test("charts are pictures before the page is live", async ({ request }) => {
  const html = await (await request.get(`${server("demo")}/`)).text();
  expect(html.match(/<svg[^>]*viewBox/g)?.length ?? 0).toBeGreaterThanOrEqual(8); // four panels, narrow and wide
});

test("pages send a strict policy and are not stored", async ({ request }) => {
  const { ...headers } = (await request.get(`${server("demo")}/`)).headers();
  expect(headers["content-security-policy"]).toMatch(/script-src 'self' 'nonce-[^']+' 'wasm-unsafe-eval'/);
  expect(headers["content-security-policy"]).not.toContain("unsafe-inline");
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["x-content-type-options"]).toBe("nosniff");
});

test("the browser module comes compressed and may be kept for ever", async ({ request }) => {
  const html = await (await request.get(`${server("demo")}/`)).text();
  const path = /\/pkg\/[^"']+\.wasm/.exec(html)?.[0];
  expect(path).toBeDefined();
  const answer = await request.get(server("demo") + path, { headers: { "accept-encoding": "br" } });
  expect(answer.headers()["content-encoding"]).toBe("br");
  expect(answer.headers()["cache-control"]).toContain("immutable");
});
