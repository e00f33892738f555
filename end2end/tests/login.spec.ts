// A server with an admin token: who logs in sees everything, who does not sees one form.
import { type Page } from "@playwright/test";
import { ADMIN_TOKEN, expect, live, server, test } from "../fixtures.ts";

async function logIn(page: Page, token: string) {
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
}

test("a person is asked for the token, led on to the page, and logs out again", async ({ page, javaScriptEnabled }) => {
  await page.goto(`${server("guarded")}/agents?from=all`);
  await expect(page.getByRole("heading", { level: 1, name: "Log in" })).toBeVisible();
  await expect(page.locator("body")).not.toContainText("worker-1");
  await logIn(page, "not-the-token-of-this-server");
  await expect(page.getByRole("alert")).toContainText("not the token");

  await logIn(page, ADMIN_TOKEN);
  await expect(page).toHaveURL(`${server("guarded")}/agents?from=all`);
  if (javaScriptEnabled !== false) await live(page);
  await expect(page.getByRole("link", { name: "worker-1" }).filter({ visible: true }).first()).toBeVisible();
  const [cookie] = (await page.context().cookies()).filter((cookie) => cookie.name === "swarmscope_session");
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });
  expect(cookie.value).not.toContain(ADMIN_TOKEN);

  await page.goto(`${server("guarded")}/login?to=/tasks`);
  await expect(page).toHaveURL(`${server("guarded")}/tasks`); // no form for who is in
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Log in" })).toBeVisible();
  await page.goto(server("guarded"));
  await expect(page).toHaveURL(`${server("guarded")}/login`);
});

test("a link of another site finds one logged in", async ({ page }) => {
  await page.goto(`${server("guarded")}/login`);
  await logIn(page, ADMIN_TOKEN);
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  // Another site: its name differs, so the browser keeps the cookie back at first.
  const elsewhere = "http://elsewhere.example/";
  const link = `<a href="${server("guarded")}/tasks">the alert</a>`;
  await page.route(elsewhere, (route) => route.fulfill({ contentType: "text/html", body: link }));
  await page.goto(elsewhere);
  await page.getByRole("link", { name: "the alert" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Tasks" })).toBeVisible();
});

test.describe("somebody else's session", () => {
  test.use({ expectedErrors: [/401 \(Unauthorized\)/] });

  test("a page whose session ended says so and leads to the form", async ({ page, javaScriptEnabled }) => {
    test.skip(javaScriptEnabled === false, "without JavaScript every step asks the server for a page");
    await page.goto(`${server("guarded")}/login?to=/tasks`);
    await logIn(page, ADMIN_TOKEN);
    await live(page);
    await page.context().clearCookies();
    await page.getByRole("link", { name: "task-1" }).filter({ visible: true }).first().click();
    await expect(page.getByRole("heading", { name: "Log in first" })).toBeVisible();
    await page.getByRole("main").getByRole("link", { name: "Log in" }).click();
    await logIn(page, ADMIN_TOKEN);
    await expect(page).toHaveURL(`${server("guarded")}/tasks/task-1`);
  });
});
