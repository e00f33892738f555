// What every test has: the servers' addresses, a way to open a page that waits until it is live, and a
// watch on the console, so that each test also fails on an error nobody asked about.
import { type Page, test as base, expect } from "@playwright/test";

export { expect };

/** The stores that are served; see servers.ts. */
export type Store = "demo" | "hostile" | "old" | "small" | "crew" | "trends" | "posts" | "events" | "healers" | "routine" | "alarms" | "empty" | "guarded" | "fresh" | "real";

/** What opens the store `guarded`. */
export const ADMIN_TOKEN = "the-token-of-the-browser-tests";

/** The address of a store's server. */
export function server(store: Store): string {
  const address = process.env[`SERVER_${store.toUpperCase()}`];
  if (!address) throw new Error(`no server over ${store}.db was started`);
  return address;
}

type Fixtures = {
  /** Opens a page and waits until it is live (with JavaScript off: until it has loaded). */
  open: (store: Store, path?: string) => Promise<void>;
  /** Messages that a test expects; any other error fails it. */
  expectedErrors: RegExp[];
  watch: void;
};

export const test = base.extend<Fixtures>({
  open: async ({ page, javaScriptEnabled }, use) => {
    await use(async (store, path = "/") => {
      await page.goto(server(store) + path);
      if (javaScriptEnabled !== false) await live(page);
    });
  },
  expectedErrors: [[], { option: true }],
  watch: [
    async ({ page, expectedErrors, javaScriptEnabled }, use) => {
      const errors: string[] = [];
      const note = (text: string) => {
        if (!expectedErrors.some((pattern) => pattern.test(text))) errors.push(text);
      };
      page.on("console", (message) => {
        if (message.type() === "error") note(`${message.text()} ${message.location().url}`);
      });
      page.on("pageerror", (error) => note(`${error}`));
      page.on("dialog", (dialog) => {
        note(`a dialog opened: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("requestfailed", (request) => {
        const why = request.failure()?.errorText;
        const unwanted = javaScriptEnabled === false && request.resourceType() === "script";
        if (why !== "net::ERR_ABORTED" && !unwanted) note(`${request.url()}: ${why}`); // aborted: the page was left
      });
      await use();
      expect(errors, "errors in the console").toEqual([]);
    },
    { auto: true },
  ],
});

/** Waits until the browser has taken the page over. */
export async function live(page: Page) {
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
}

/** What is in view, below `main`, and called `title` in full; tables shorten names and hide columns. */
export function titled(page: Page, title: string) {
  return page.locator("main").getByTitle(title, { exact: true }).filter({ visible: true }).first();
}

/** The first link in view that leads to a page of this kind. */
export function linkTo(page: Page, kind: "agents" | "tasks" | "swarms" | "sessions", title?: string) {
  let links = page.locator(`main a[href^="/${kind}/"]`);
  if (title !== undefined) links = links.and(page.getByTitle(title, { exact: true }));
  return links.filter({ visible: true }).first();
}

/** By how many pixels the page can be scrolled sideways. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
