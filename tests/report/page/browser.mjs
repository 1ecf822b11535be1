// SPDX-License-Identifier: Apache-2.0
// Opens report.html in the installed Chromium and watches what it does. QMN_REPORT_PAGE names the folder that holds node_modules
// (default: where install.sh puts it).
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = process.env.QMN_REPORT_PAGE ?? fileURLToPath(new URL('../../../build/report_page', import.meta.url));
const { chromium } = createRequire(join(resolve(folder), 'package.json'))('playwright-core');

/// Calls use(page, seen): `seen` collects errors and requests. The page is open, and everything in it is drawn.
export async function withPage(file, { width, height = 900, scale = 1, dark = false, everything = true }, use) {
  const browser = await chromium.launch({
    executablePath: process.env.QMN_CHROMIUM ?? '/usr/bin/chromium', headless: true, chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale, colorScheme: dark ? 'dark' : 'light', isMobile: width < 600, hasTouch: width < 600 });
    const page = await context.newPage();
    const seen = { errors: [], requests: [] };
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) seen.errors.push(message.text()); });
    page.on('pageerror', (error) => seen.errors.push(String(error)));
    page.on('request', (request) => { if (!/^(file|data):/.test(request.url())) seen.requests.push(request.url()); });
    await page.goto(pathToFileURL(resolve(file)).href);
    if (everything) await drawEverything(page);
    return await use(page, seen);
  } finally {
    await browser.close();
  }
}

/// Opens what is folded, shows all kinds of tensors, and scrolls through, so that every chart comes near the screen.
async function drawEverything(page) {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('main details')) details.open = true;
    document.querySelector('.switch button[data-kind="all"]').click();
  });
  await page.waitForTimeout(100);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let top = 0; top < height; top += 900) {
    await page.evaluate((y) => scrollTo(0, y), top);
    await page.waitForTimeout(30);
  }
  await page.waitForFunction(() => [...document.querySelectorAll('.chart')].every((place) => place.querySelector('svg') !== null), null, { timeout: 20000 });
  await page.evaluate(() => scrollTo(0, 0));
}
