// An administrator in Chromium: signs in with a code, registers a passkey of a virtual authenticator and signs
// in with that, then does on the pages what they are for; each is looked at. With scripts off all but the keys
// works as well; by keyboard too. Standard input: {admin, account, issuer, citizen, folder}; prints JSON.
import { readFileSync } from 'node:fs';
import { judge, launch, totp } from './look.mjs';

const town = JSON.parse(readFileSync(0, 'utf8'));
const browser = await launch();
const results = [], facts = {};
const judgement = await browser.newContext({ locale: 'fr-FR', bypassCSP: true });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
let lastStep = 0;

async function look(page, name) {
  results.push(await judge(page, judgement, name));
  if (!town.folder) return;
  for (const width of [320, 1100]) {
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: `${town.folder}/admin-${String(results.length).padStart(2, '0')}-${name}-${width}.png`, fullPage: true });
  }
}
const click = async (page, selector) => { await Promise.all([page.waitForNavigation(), page.click(selector)]); };

async function password(page) {
  await page.fill('[name=identifiant]', town.account.login);
  await page.fill('[name=mot-de-passe]', town.account.password);
  await click(page, 'main form button');
}
// A code holds once: the next one when this one has been used.
async function code(page) {
  while (await page.$('#code')) {
    let step = Math.floor(Date.now() / 30000);
    while (step <= lastStep) { await sleep(500); step = Math.floor(Date.now() / 30000); }
    lastStep = step;
    await page.fill('#code', totp(town.account.totp_secret, step));
    await click(page, '#verifier-code');
  }
}

// ---- the key, which needs scripts ----

const scripted = await browser.newContext({ locale: 'fr-FR' });
const first = await scripted.newPage();
const cdp = await scripted.newCDPSession(first);
await cdp.send('WebAuthn.enable');
await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true,
  hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
await first.goto(town.admin + '/');
facts.led_to = new URL(first.url()).pathname;
await password(first);
await look(first, 'factor');
await code(first);
facts.arrived = new URL(first.url()).pathname;
await look(first, 'start');
await first.goto(town.admin + '/agent/ajouter');
await code(first);
await click(first, '#choisir-cle');
await first.fill('#nom', 'Clé de test');
await click(first, '#creer-cle');
facts.key_registered = (await first.content()).includes('Clé de test');
await first.goto(town.admin + '/agent');
await click(first, '#se-deconnecter');
await first.goto(town.admin + '/partenaires');
await password(first);
await click(first, '#utiliser-cle');
facts.by_key = new URL(first.url()).pathname;

// ---- the rest, with scripts off: the same session's cookie in another context ----

const plain = await browser.newContext({ locale: 'fr-FR', javaScriptEnabled: false, storageState: await scripted.storageState() });
const page = await plain.newPage();
await page.goto(town.admin + '/');
const sections = await page.$$eval('nav.sections a', (all) => all.map((a) => a.getAttribute('href')));
facts.sections = sections;
for (const path of sections) {
  await page.goto(town.admin + path);
  await look(page, path.slice(1).replaceAll('/', '-'));
}
await page.goto(town.admin + '/partenaires/openid');
await look(page, 'openid-form');
await page.fill('#name', 'La piscine');
await page.fill('#redirect-uri', 'http://ailleurs.example/retour');
await page.fill('#id', 'piscine');
await click(page, '#voir');
facts.kept = await page.inputValue('#name');
await look(page, 'openid-wrong');
await click(page, '.say.bad a').catch(() => {});
await page.fill('#redirect-uri', 'https://piscine.example/retour');
await click(page, '#voir');
await look(page, 'openid-difference');
await click(page, '#inscrire');
facts.secret = (await page.innerText('#secret')).startsWith('ville_cs_');
await look(page, 'openid-secret');
await click(page, '.actions a.button');
facts.secret_again = (await page.content()).includes('ville_cs_');
await look(page, 'partner');
if (await page.goto(town.admin + '/partenaires/saml').then((r) => r.status() === 200)) {
  await look(page, 'saml-form');
  await page.fill('#metadonnees', '<md:EntityDescriptor');
  await click(page, '#voir');
  facts.metadata_kept = await page.inputValue('#metadonnees');
  await look(page, 'saml-wrong');
  // a file wins over what was pasted, and comes back as text
  await page.setInputFiles('#fichier', { name: 'sp.xml', mimeType: 'text/xml', buffer: Buffer.from('<unfit/>') });
  await click(page, '#voir');
  facts.file_kept = await page.inputValue('#metadonnees');
}
await page.goto(town.admin + '/partenaires/essai?id=piscine');
await click(page, '#preparer');
await look(page, 'trial-link');
const citizen = await (await browser.newContext({ locale: 'fr-FR', javaScriptEnabled: false })).newPage();
await citizen.goto(await page.getAttribute('#lien', 'href'));
await citizen.fill('#identifiant', town.citizen.email);
await citizen.fill('#mot-de-passe', town.citizen.password);
await click(citizen, '#se-connecter');
if (await citizen.$('#continuer')) await click(citizen, '#continuer');
facts.trial = (await citizen.innerText('h1'));
await look(citizen, 'trial-result');
await page.goto(town.admin + '/nulle-part');
await look(page, 'not-found');

// ---- by keyboard alone ----

await page.goto(town.admin + '/partenaires/etat?id=piscine');
await look(page, 'partner-state');
const stops = [];
for (let i = 0; i < 40; i++) {
  await page.keyboard.press('Tab');
  const at = await page.evaluate(() => document.activeElement.id || document.activeElement.getAttribute('href') || document.activeElement.tagName);
  stops.push(at);
  if (at === 'suspendre') break;
}
facts.stops = stops;
await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
facts.disabled = (await page.innerText('main')).includes('suspendu');
await look(page, 'partner-disabled');
await browser.close();
console.log(JSON.stringify({ results, facts }));
