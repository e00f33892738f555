// The page of alerts is read again every ten seconds, under the hands of whoever works with it.
import { type Locator, type Page } from "@playwright/test";
import { OwnServer } from "../server.ts";
import { expect, live, test } from "../fixtures.ts";

/** A server looks every second, at a rule that has an alert for each agent. */
const SETTINGS = `
[alerts]
interval = "1s"
builtin = false
[[alerts.rules]]
name = "each"
kind = "aggregate"
function = "success_rate"
below = 0.9
per = "agent_id"
severity = "critical"
`;

/** 25 tasks of this agent, none of which succeeded; waits until its alert fires. */
async function fail(own: OwnServer, agent: string) {
  const tasks = Array.from({ length: 25 }, (_, n) => ({ kind: "task", task_id: `${agent}-${Date.now()}-${n}`, agent_id: agent, result: "failure", duration_ms: 100, timestamp: Date.now() - n * 1000 }));
  await own.send(...tasks);
  await expect(async () => {
    const { alerts } = await (await fetch(`${own.address}/api/v1/alerts`)).json();
    expect(alerts.map((alert: { subject: { value: string } }) => alert.subject.value)).toContain(agent);
  }).toPass();
}

const alerts = test.extend<{ own: OwnServer }>({
  own: async ({}, use) => {
    const own = new OwnServer(SETTINGS);
    await own.start();
    await fail(own, "first");
    await use(own);
    await own.remove();
  },
});

/** Opens the page; its ten seconds pass when a test lets them. */
async function open(page: Page, own: OwnServer) {
  await page.clock.install();
  await page.goto(`${own.address}/alerts`);
  await live(page);
}

const readAgain = (page: Page) => page.clock.fastForward(10_000);
const row = (page: Page, agent: string) => page.locator("[data-panel='now'] li").filter({ hasText: `agent ${agent}:` });
const focused = (element: Locator) => element.evaluate((element) => document.activeElement === element);

alerts("a button keeps its focus and its alert, a menu stays open and a selected text selected", async ({ own, page }) => {
  await open(page, own);
  const button = row(page, "first").getByRole("button", { name: "Silence 1 h" });
  await button.focus();
  const menu = page.locator("details.menu").filter({ hasText: "New rule" });
  await menu.evaluate((details: HTMLDetailsElement) => (details.open = true));
  const form = page.locator("[data-panel='silence-form']");
  await form.evaluate((details: HTMLDetailsElement) => (details.open = true));
  await form.getByLabel("Why").evaluate((input: HTMLInputElement) => (input.value = "half a sen"));

  await fail(own, "second");
  await readAgain(page);
  await expect(row(page, "second")).toBeVisible();
  await expect(page.locator("[data-panel='now'] li").first(), "it came before the other one").toContainText("second");
  expect(await focused(button), "the same alert's button").toBe(true);
  expect(await menu.evaluate((details: HTMLDetailsElement) => details.open)).toBe(true);
  expect(await form.evaluate((details: HTMLDetailsElement) => details.open)).toBe(true);
  await expect(form.getByLabel("Why")).toHaveValue("half a sen");

  const rule = page.locator("[data-rule='each']");
  const toggle = rule.getByRole("button", { name: "Switch off" });
  await toggle.focus();
  await page.keyboard.press("Enter");
  const back = rule.getByRole("button", { name: "Switch on" });
  await expect(back).toBeVisible();
  expect(await focused(back), "who switched it off by keyboard can switch it on again").toBe(true);

  await back.press("Enter");
  await expect(toggle).toBeVisible();

  const steps = page.locator("[data-panel='history'] tbody tr");
  await expect(steps, "two fired, were ended by the switch, and fire again").toHaveCount(6);
  await steps.last().locator("td").nth(2).evaluate((cell) => getSelection()!.selectAllChildren(cell));
  const text = await page.evaluate(() => String(getSelection()));
  expect(text).toContain("success rate");
  await fail(own, "third");
  await readAgain(page);
  await readAgain(page);
  expect(await page.evaluate(() => String(getSelection())), "nothing moves under who copies").toBe(text);
  await page.evaluate(() => getSelection()!.removeAllRanges());
  await readAgain(page);
  await expect(row(page, "third")).toBeVisible();
});

alerts.describe("a server that stops", () => {
  alerts.use({ expectedErrors: [/ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE)/] });

  alerts("how long ago something was moves on, and what was read stays when the server is gone", async ({ own, page }) => {
    await open(page, own);
    const since = row(page, "first").locator("time");
    await expect(since).toContainText("just now");
    // The same answers, from five minutes later.
    await page.route("**/rpc/load_alerts*", async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      await route.fulfill({ response, json: { ...json, now: new Date(Date.parse(json.now) + 300_000).toISOString() } });
    });
    await readAgain(page);
    await expect(since).toContainText(/5.min ago/);
    await page.unroute("**/rpc/load_alerts*");
    await own.stop();
    await readAgain(page);
    await expect(page.locator(".page-title")).toContainText("cannot be read: the server does not answer");
    await expect(row(page, "first")).toContainText("success rate");
  });
});
