// A page of the site, opened in a browser.
import type { BrowserContext, Page } from "playwright-core";

/** Opens a page, does something on it, and throws where the console says anything. */
export async function on<T>(
  context: BrowserContext,
  url: string,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const page = await context.newPage();
  const said: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) said.push(message.text());
  });
  page.on("pageerror", (error) => said.push(error.message));
  try {
    await page.goto(url, { waitUntil: "networkidle" });
    const result = await use(page);
    if (said.length > 0) throw new Error(`${url} says on the console: ${said[0]}`);
    return result;
  } finally {
    await page.close();
  }
}
