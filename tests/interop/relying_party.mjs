// openid-client as a relying party of ours. Standard input: {issuer, client_id, client_secret, redirect_uri,
// post_logout_uri, step, ...}; each call does one step, since the citizen's browser is the test's.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const oidc = await import(pathToFileURL(require.resolve('openid-client')).href);
const input = JSON.parse(readFileSync(0, 'utf8'));
const auth = input.auth === 'post' ? oidc.ClientSecretPost(input.client_secret) : oidc.ClientSecretBasic(input.client_secret);
const config = await oidc.discovery(new URL(input.issuer), input.client_id,
  { client_secret: input.client_secret, id_token_signed_response_alg: input.alg }, auth,
  { execute: input.issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [] });
const say = (o) => process.stdout.write(JSON.stringify(o));

if (input.step === 'start') {
  const verifier = oidc.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier: verifier, expectedNonce: oidc.randomNonce(), expectedState: oidc.randomState() };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: input.redirect_uri, scope: input.scope, nonce: checks.expectedNonce, state: checks.expectedState,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
  say({ url: url.href, checks });
} else if (input.step === 'finish') {
  const tokens = await oidc.authorizationCodeGrant(config, new URL(input.callback), { ...input.checks, idTokenExpected: true });
  const claims = tokens.claims();
  const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  const introspection = await oidc.tokenIntrospection(config, tokens.access_token);
  const refreshed = tokens.refresh_token ? await oidc.refreshTokenGrant(config, tokens.refresh_token) : null;
  const last = refreshed ?? tokens;
  await oidc.tokenRevocation(config, last.access_token);
  const revoked = await oidc.tokenIntrospection(config, last.access_token);
  const logout = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: input.post_logout_uri, state: 'fini' });
  say({ claims, userinfo, introspection, refreshed: refreshed !== null, revoked, logout: logout.href });
} else if (input.step === 'client_credentials') {
  const tokens = await oidc.clientCredentialsGrant(config);
  say({ introspection: await oidc.tokenIntrospection(config, tokens.access_token) });
}
