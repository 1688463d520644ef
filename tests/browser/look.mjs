// One page as it stands, without its session: the same HTML and style, judged where scripts may run, light and
// dark, narrow and with large text. And what an authenticator application would show.
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(process.cwd() + '/');
export const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () => chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP *.localhost 127.0.0.1'],
});

export async function judge(page, context, name) {
  const html = await page.content();
  const css = await (await page.context().request.get(new URL('/guichet.css', page.url()).href)).text();
  const copy = await context.newPage();
  const found = { name, url: page.url(), title: await page.title(), violations: [], wide: [] };
  for (const scheme of ['light', 'dark']) {
    await copy.emulateMedia({ colorScheme: scheme });
    await copy.setContent(html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${css}</style>`));
    await copy.evaluate(axe);
    const report = await copy.evaluate(async () => {
      const r = await globalThis.axe.run(document);
      return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')}`);
    });
    found.violations.push(...report.map((v) => `${scheme}: ${v}`));
  }
  for (const [width, zoom] of [[320, 1], [640, 2], [1280, 1]]) {
    await copy.setViewportSize({ width, height: 800 });
    await copy.evaluate((z) => { document.documentElement.style.fontSize = z === 1 ? '' : '200%'; }, zoom);
    const over = await copy.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) found.wide.push(`${over} px too wide at ${width} px, text at ${zoom * 100} %`);
  }
  await copy.close();
  return found;
}

export function totp(secret, step) {
  const bits = [...secret.replace(/[ =]/g, '').toUpperCase()].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const at = Buffer.alloc(8);
  at.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(at).digest(), from = mac[19] & 15;
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1000000).padStart(6, '0');
}
