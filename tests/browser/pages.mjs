// Opens every page of the main job in Chromium, with scripts off as a citizen may have them, then looks
// at each: axe-core, width, size. Standard input: {issuer, elections, etatCivil, petiteEnfance, account, born, entry, folder}; prints JSON.
import { readFileSync } from 'node:fs';
import { judge as judged, launch } from './look.mjs';

const town = JSON.parse(readFileSync(0, 'utf8'));

const browser = await launch();
const citizen = await browser.newContext({ javaScriptEnabled: false, ignoreHTTPSErrors: true, locale: 'fr-FR' });
const judge = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'fr-FR', bypassCSP: true });
const page = await citizen.newPage();
let bytes = 0;
page.on('response', async (r) => { try { bytes += (await r.body()).length; } catch { /* a redirect has none */ } });
const results = [];

async function look(name) {
  const found = { ...await judged(page, judge, name), bytes };
  if (town.folder) {
    await page.setViewportSize({ width: 380, height: 800 });
    await page.screenshot({ path: `${town.folder}/${String(results.length + 1).padStart(2, '0')}-${name}.png`, fullPage: true });
  }
  results.push(found);
  bytes = 0;
}

const click = async (selector) => { await Promise.all([page.waitForLoadState('load'), page.click(selector)]); };
async function open(url) { bytes = 0; await page.goto(url); }

async function signIn(password) {
  await page.fill('#identifiant', town.account.email);
  await page.fill('#mot-de-passe', password);
  await click('#se-connecter');
}

await open(town.elections + '/');
await look('elections-home');
await open(town.elections + '/vos-donnees');
await look('elections-data');
await open(town.elections + '/accessibilite');
await look('elections-accessibility');
await open(town.elections + '/inscription');
await look('login');
await signIn('ce-n-est-pas-lui');
await look('login-refused');
await signIn(town.account.password);
await look('notice');
await click('main form button');
await look('form');
await page.fill('[name=adresse]', '14 rue des Halles');
await page.fill('[name=annee]', '2062');
await click('main form .actions button');
await look('form-errors');
await page.fill('[name=code-postal]', '44990');
await page.fill('[name=jour]', '4');
await page.fill('[name=mois]', '9');
await page.fill('[name=annee]', '2019');
await page.check('[name=ailleurs][value=non]');
await page.check('[name=attestation]');
await click('main form .actions button');
await look('receipt');
const receipt = page.url();
await open(town.elections + '/demandes');
await look('filings');
await click('ul.list a');
await look('filing');
await open(town.elections + '/nulle-part');
await look('not-found');

// Without an account: état civil gives a number and a code.
async function fill(values) {
  for (const [name, value] of Object.entries(values)) await page.fill(`[name=${name}]`, value);
}
const delivery = { destinataire: 'Jeanne Moreau', adresse: '14 rue des Halles', 'code-postal': '44990', ville: 'Sérigny' };
await open(town.etatCivil + '/');
await look('etat-civil-home');
await open(town.etatCivil + '/?lang=en');
await look('etat-civil-home-english');
await open(town.etatCivil + '/?lang=fr');
await open(town.etatCivil + '/vos-donnees');
await look('etat-civil-data');
await open(town.etatCivil + '/naissance-extrait');
await look('extract-form');
await open(town.etatCivil + '/deces');
await look('death-form');
await page.fill('[name=nom]', 'Renaud');
await page.$eval('main form', (f) => f.setAttribute('novalidate', ''));
await click('main form .actions button');
await look('death-form-errors');
await fill({ ...delivery, prenoms: 'Paule', annee: '1998' });
await page.check('[name=ici][value=oui]');
await click('main form .actions button');
await look('death-receipt');
const number = (await page.innerText('main')).match(/EC-\d{4}-[\d\s\u00a0\u202f]*\d/)[0];
const code = (await page.innerText('main')).match(/\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/)[0];
await open(town.etatCivil + '/suivi');
await look('follow');
await fill({ numero: number, code: 'AAAA-BBBB-CCCC' });
await click('#suivre');
await look('follow-refused');
await fill({ numero: number, code });
await click('#suivre');
await look('follow-found');

// With the account, by SAML: without a script the assertion waits for a button.
async function enter(url) {
  await open(url);
  for (let i = 0; i < 3 && page.url().startsWith(town.issuer); i++) {
    await click(await page.$('#continuer') ? '#continuer' : 'main form button');
  }
}
await open(town.etatCivil + '/naissance-copie');
await look('copy-choose');
await enter(town.etatCivil + '/naissance-copie/moi');
await look('copy-form');
await fill({ ...delivery, parent1: 'Paule Renaud' });
await page.check('[name=ici][value=oui]');
await page.check('[name=attestation]');
await click('main form .actions button');
await look('copy-receipt');
await open(town.etatCivil + '/naissance-copie/proche');
await look('copy-relative-form');
await open(town.etatCivil + '/demandes');
await look('etat-civil-filings');
await click('ul.list a');
await look('etat-civil-filing');

await open(town.petiteEnfance + '/');
await look('petite-enfance-home');
await open(town.petiteEnfance + '/vos-donnees');
await look('petite-enfance-data');
await enter(town.petiteEnfance + '/preinscription');
await look('preinscription-form');
await page.fill('[name=enfant-nom]', 'Moreau');
await page.$eval('main form', (f) => f.setAttribute('novalidate', ''));
await click('main form .actions button');
await look('preinscription-errors');
await page.check('[name=ne][value=oui]');
await fill({ 'enfant-prenoms': 'Colin', ...town.born, adresse: '14 rue des Halles', 'code-postal': '44990', commune: 'Sérigny', ...town.entry,
  arrivee: '08:30', depart: '17:15' });
await page.check('[name=lundi]');
await page.check('[name=collectif]');
await page.check('[name=attestation]');
await click('main form .actions button');
await look('preinscription-receipt');
await open(town.petiteEnfance + '/demandes');
await click('ul.list a');
await look('preinscription-filing');

await open(town.issuer + '/');
await look('account-home');
await open(town.issuer + '/mon-compte');
await look('account');
await open(town.issuer + '/oidc/logout');
await look('logout-confirm');
await open(town.issuer + '/oidc/authorize?client_id=personne');
await look('oidc-error');
await open(town.elections + '/demandes');
await click('#se-deconnecter');
await look('logged-out');
await browser.close();
process.stdout.write(JSON.stringify({ results, receipt }));
