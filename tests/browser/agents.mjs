// An agent in Chromium: the printed code, an application with scripts off, recovery codes, her own page; then,
// with scripts, a key of a virtual authenticator, one that is cancelled, and a browser that has none. Each page
// is looked at. Standard input: {url, account, codes, folder}; prints JSON.
import { readFileSync } from 'node:fs';
import { judge, launch, totp } from './look.mjs';

const town = JSON.parse(readFileSync(0, 'utf8'));
const browser = await launch();
const results = [], facts = {};
const judgement = await browser.newContext({ locale: 'fr-FR', bypassCSP: true });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

let lastStep = 0;
async function freshCode(secret) {
  let step = Math.floor(Date.now() / 30000) - 1;
  while (step <= lastStep) { await sleep(500); step = Math.floor(Date.now() / 30000); }
  lastStep = step;
  return totp(secret, step);
}

async function look(page, name) {
  results.push(await judge(page, judgement, name));
  if (town.folder)
    await page.screenshot({ path: `${town.folder}/agent-${String(results.length).padStart(2, '0')}-${name}.png`, fullPage: true });
}
const click = async (page, selector) => { await Promise.all([page.waitForNavigation(), page.click(selector)]); };
async function password(page) {
  await page.goto(town.url + '/connexion/agent');
  await page.fill('#identifiant', town.account.login);
  await page.fill('#mot-de-passe', town.account.password);
  await click(page, '#se-connecter');
}

// ---- scripts off: the application ----

const plain = await browser.newContext({ locale: 'fr-FR', javaScriptEnabled: false });
const page = await plain.newPage();
await password(page);
await look(page, 'enrol');
await page.fill('#code-inscription', 'AAAA-AAAA-AAAA');
await click(page, '#continuer');
facts.typed_kept = await page.inputValue('#code-inscription');
await look(page, 'enrol-wrong');
await page.fill('#code-inscription', town.codes[0].toLowerCase().replaceAll('-', ' '));
await click(page, '#continuer');
await look(page, 'choose');
await click(page, '#choisir-application');
await look(page, 'application');
facts.picture = await page.locator('svg.qr').count() === 1 && (await page.locator('#ouvrir-application').getAttribute('href')).startsWith('otpauth://totp/');
await page.fill('#code', '000000');
await click(page, '#enregistrer');
await look(page, 'application-wrong');
const secret = (await page.innerText('#secret-lisible')).trim();
await page.fill('#nom', 'Téléphone de service');
await page.fill('#code', await freshCode(secret));
await click(page, '#enregistrer');
await look(page, 'codes');
const codes = await page.locator('ol.codes code').allInnerTexts();
facts.codes = codes.length;
await page.emulateMedia({ media: 'print' });
facts.prints_codes = await page.locator('ol.codes').isVisible() && !(await page.locator('#continuer').isVisible());
await page.emulateMedia({ media: 'screen' });
await page.reload();
facts.shown_once = !(await page.content()).includes(codes[0]);
await page.fill('#code', '111111');
await click(page, '#verifier-code');
await look(page, 'factor-wrong');
await page.fill('#code', await freshCode(secret));
await click(page, '#verifier-code');
facts.home = new URL(page.url()).pathname;
facts.named = (await page.innerText('main')).includes('Téléphone de service');
await look(page, 'home');
await page.goto(town.url + '/agent/secours');
await look(page, 'codes-sure');
await page.goto(town.url + '/agent/ajouter?choix=cle');
await look(page, 'key-without-scripts');
await page.goto(town.url + '/agent');
await click(page, '#se-deconnecter');
await look(page, 'left');
await page.goto(town.url + '/agent');
facts.out = new URL(page.url()).pathname;
await password(page);
await page.click('summary');
await page.fill('#secours', codes[4].toLowerCase());
await click(page, '#verifier-secours');
facts.by_recovery = new URL(page.url()).pathname;

// ---- with scripts: a key ----

const scripted = await browser.newContext({ locale: 'fr-FR', storageState: await plain.storageState() });
const keyed = await scripted.newPage();
const cdp = await scripted.newCDPSession(keyed);
await keyed.addInitScript(() => { if (sessionStorage.getItem('none')) delete globalThis.PublicKeyCredential; });
await keyed.goto(town.url + '/agent/ajouter?choix=cle');
await keyed.evaluate(() => sessionStorage.setItem('none', '1'));
await keyed.reload();
await keyed.click('#creer-cle');
facts.none = await keyed.locator('#cle-absente').isVisible();
await look(keyed, 'key-none');
await keyed.evaluate(() => sessionStorage.removeItem('none'));
await cdp.send('WebAuthn.enable');
const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'usb',
  hasResidentKey: true, hasUserVerification: true, isUserVerified: false, automaticPresenceSimulation: true } });
await keyed.reload();
await keyed.click('#creer-cle');
await keyed.locator('#cle-annulee').waitFor({ state: 'visible', timeout: 20000 });
facts.cancelled = await keyed.locator('#cle-annulee').isVisible();
await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
await keyed.fill('#nom', 'Clé du trousseau');
await click(keyed, '#creer-cle');
facts.key_added = (await keyed.innerText('main')).includes('Clé du trousseau');
await look(keyed, 'home-with-key');
await keyed.goto(town.url + '/agent/ajouter?choix=cle');
await keyed.click('#creer-cle');
await keyed.locator('#cle-connue').waitFor({ state: 'visible', timeout: 20000 });
facts.known = true;
await keyed.goto(town.url + '/agent');
await click(keyed, '#se-deconnecter');
await password(keyed);
await look(keyed, 'factor-with-key');
await keyed.focus('#utiliser-cle');
await Promise.all([keyed.waitForNavigation(), keyed.keyboard.press('Enter')]);
facts.by_key = new URL(keyed.url()).pathname;
await click(keyed, 'a[href^="/agent/retirer"]');
await look(keyed, 'remove');
await click(keyed, '#confirmer');
facts.removed = (await keyed.innerText('main')).includes('C’est retiré');
await browser.close();
console.log(JSON.stringify({ results, facts }));
