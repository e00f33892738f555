// Alerts: what fires, rules, silences, history and channels. Everything works without JavaScript, too.
import { type APIRequestContext, type Page, expect, overflow, server, test } from "../fixtures.ts";

/** 25 tasks of the last minute, none of which succeeded: enough for the documented rule about success. */
async function fail(request: APIRequestContext) {
  const tasks = Array.from({ length: 25 }, (_, n) => ({
    kind: "task", task_id: `failed-${Date.now()}-${n}-${Math.random()}`, agent_id: "breaker", result: "failure", duration_ms: 100, timestamp: Date.now() - n * 1000,
  }));
  const answer = await request.post(`${server("alarms")}/api/v1/ingest`, { data: tasks });
  expect(answer.ok()).toBe(true);
  await expect(async () => {
    const { counts } = await (await request.get(`${server("alarms")}/api/v1/alerts`)).json();
    expect(counts.firing).toBeGreaterThan(0);
  }).toPass({ timeout: 20_000 });
}

const panel = (page: Page, name: string) => page.locator(`[data-panel='${name}']`);

/** Waits for `check`; without JavaScript the page is loaded again. */
async function eventually(page: Page, javaScriptEnabled: boolean | undefined, check: () => Promise<void>) {
  await expect(async () => {
    if (javaScriptEnabled === false) await page.goto(`${server("alarms")}/alerts`);
    await check();
  }).toPass({ timeout: 20_000 });
}

test("what fires stands first, with its figures, and in the history", async ({ open, page, request, javaScriptEnabled }) => {
  await fail(request);
  await open("alarms", "/alerts");
  const first = panel(page, "now").locator("[data-alert='low_success_rate']");
  await expect(first).toContainText("firing");
  await expect(first).toContainText(/success rate .* %/);
  await expect(panel(page, "history")).toContainText("low_success_rate");
  // Somebody is told after it fires, and the page reads again only from time to time.
  await eventually(page, javaScriptEnabled, () => expect(panel(page, "deliveries")).toContainText("low_success_rate", { timeout: 2000 }));
  expect(await overflow(page)).toBe(0);
});

test("the overview names what fires", async ({ open, page, request }) => {
  await fail(request);
  await open("alarms", "/");
  const alerts = page.getByRole("region", { name: "Alerts" });
  await expect(alerts).toContainText("low_success_rate");
  await alerts.getByRole("link", { name: "All alerts" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Alerts" })).toBeVisible();
});

test("a channel is tried, and says whether it arrived", async ({ open, page, javaScriptEnabled }) => {
  await open("alarms", "/alerts");
  for (const [channel, word] of [["team", "sent"], ["nobody", "failed"]]) {
    await page.locator(`[data-channel='${channel}']`).getByRole("button", { name: "Send a test" }).click();
    await eventually(page, javaScriptEnabled, async () => {
      const row = panel(page, "deliveries").locator("tbody tr").filter({ hasText: channel }).filter({ hasText: "SwarmscopeTest" });
      await expect(row.first()).toContainText(word, { timeout: 2000 });
    });
  }
});

test("a rule is made, tried, switched off, switched on and deleted", async ({ open, page, javaScriptEnabled }, { project, retry }) => {
  const name = `quiet_${project.name}_${retry}`;
  await open("alarms", "/alerts");
  await page.locator("summary").filter({ hasText: "New rule" }).click();
  await page.getByRole("link", { name: "that records come" }).click();
  const editor = panel(page, "editor");
  await editor.getByLabel("Name").fill(name);
  await editor.getByLabel("Looks back").fill("5 minutes");
  await editor.getByRole("button", { name: "Save" }).click();
  await expect(editor.getByRole("alert")).toContainText("`5 minutes` is no length of time");
  await expect(editor.getByLabel("Name")).toHaveValue(name);
  await editor.getByLabel("Looks back").fill("10m");
  await editor.getByRole("button", { name: "Try on history" }).click();
  await expect(panel(page, "tried")).toContainText(/would (not )?have fired/);
  await editor.getByRole("button", { name: "Save" }).click();
  const row = page.locator(`[data-rule='${name}']`);
  await expect(row).toContainText("made here");
  for (const [button, word] of [["Switch off", "switched off"], ["Switch on", "Switch off"]]) {
    await row.getByRole("button", { name: button }).click();
    await eventually(page, javaScriptEnabled, () => expect(row).toContainText(word, { timeout: 2000 }));
  }
  await row.getByRole("button", { name: "Delete" }).click();
  await eventually(page, javaScriptEnabled, () => expect(row).toHaveCount(0, { timeout: 2000 }));
});

test("a rule is silenced, and the silence ended", async ({ open, page, javaScriptEnabled }, { project, retry }) => {
  const why = `repairing ${project.name} ${retry}`;
  await open("alarms", "/alerts");
  await page.locator("summary").filter({ hasText: "Silence alerts" }).click();
  const form = panel(page, "silence-form");
  await form.getByLabel("With the labels").fill("alertname=high_backlog");
  await form.getByLabel("Why").fill(why);
  await form.getByRole("button", { name: "Silence", exact: true }).click();
  const silence = panel(page, "silences").locator("li").filter({ hasText: why });
  await eventually(page, javaScriptEnabled, () => expect(silence).toContainText("silent", { timeout: 2000 }));
  await silence.getByRole("button", { name: "End it" }).click();
  await eventually(page, javaScriptEnabled, () => expect(silence).toContainText("ended", { timeout: 2000 }));
});

test("with no channels the page says how to write one", async ({ open, page }) => {
  await open("empty", "/alerts");
  await expect(panel(page, "channels")).toContainText("Nobody is told of alerts yet");
  await expect(panel(page, "now")).toContainText("Nothing is the matter.");
});
