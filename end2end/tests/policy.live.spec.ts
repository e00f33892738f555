// The content security policy: every page, the WASM included, lives under it, and what it must stop is stopped. The
// fixture fails a test on any error in the console; here each violation is listened for as well.
import { ADMIN_TOKEN, expect, live, server, test, type Store } from "../fixtures.ts";

const pages: [Store, string][] = [
  ["demo", "/"],
  ["demo", "/?compare=on&from=now-7d"],
  ["demo", "/agents?view=cards"],
  ["demo", "/agents/coder-03"],
  ["demo", "/swarms/nightly-etl"],
  ["demo", "/tasks"],
  ["demo", "/events"],
  ["demo", "/explore?fn=p95,count&group=model"],
  ["demo", "/patterns"],
  ["demo", "/healing?from=now-7d"],
  ["demo", "/exports"],
  ["demo", "/system"],
  ["crew", "/sessions/crew-memory?expired=on"],
  ["empty", "/"],
  ["hostile", "/"],
];

for (const [store, path] of pages) {
  test(`${store}${path} breaks no rule of its policy`, async ({ open, page }) => {
    await page.addInitScript(() => {
      const violations: string[] = [];
      Object.assign(window, { violations });
      document.addEventListener("securitypolicyviolation", (event) => {
        violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    await open(store, path);
    await page.mouse.move(700, 420); // crosshairs and tooltips are made by script
    await page.waitForTimeout(300); // what comes late comes now; nothing says that nothing will come
    expect(await page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual([]);
  });
}

test.describe("what the policy stops", () => {
  test.use({ expectedErrors: [/Content Security Policy/] });

  test("a script and a style that somebody slipped in do nothing", async ({ open, page }) => {
    await open("demo");
    const ran = await page.evaluate(async () => {
      const script = document.createElement("script");
      script.textContent = "window.slipped = true";
      document.body.append(script);
      const button = document.createElement("button");
      button.setAttribute("onclick", "window.clicked = true");
      document.body.append(button);
      button.click();
      const image = await fetch("http://127.0.0.1:9/").then(() => true, () => false);
      return { slipped: "slipped" in window, clicked: "clicked" in window, image };
    });
    expect(ran).toEqual({ slipped: false, clicked: false, image: false });
  });
});

test("followers and downloads work for who is logged in", async ({ page }) => {
  await page.goto(`${server("guarded")}/login`);
  await page.getByLabel("Admin token").fill(ADMIN_TOKEN);
  await page.getByRole("button", { name: "Log in" }).click();
  await live(page);
  await expect(page.locator(".live")).toContainText("updated");
  const tasks = page.locator('[data-tile="tasks"] .figure');
  const before = Number(await tasks.getAttribute("title")); // other devices send one, too
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
  const body = JSON.stringify({ kind: "task", task_id: `new-${Date.now()}`, agent_id: "worker-2", result: "success" });
  expect((await fetch(`${server("guarded")}/api/v1/ingest`, { method: "POST", headers, body })).status).toBe(200);
  await expect(tasks).toHaveAttribute("title", `${before + 1}`);
  await page.locator("summary").filter({ hasText: "Export" }).click();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Tasks as CSV", exact: true }).click(),
  ]);
  expect(file.suggestedFilename()).toContain("tasks");
});
